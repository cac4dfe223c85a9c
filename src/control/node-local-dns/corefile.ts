import type { Container, PodSpec } from '../../model/objects.ts'

/** The Corefile of the addon, for a DaemonSet whose ConfigMap is not in the input. */
export function assumedTemplate(domain: string): string {
  const zones = [
    { zone: domain, cache: ['cache {', '    success 9984 30', '    denial 9984 5', '}'], cluster: true },
    { zone: 'in-addr.arpa', cache: ['cache 30'], cluster: true },
    { zone: 'ip6.arpa', cache: ['cache 30'], cluster: true },
    { zone: '.', cache: ['cache 30'], cluster: false },
  ]
  return zones
    .map(({ zone, cache, cluster }) => {
      const forward = cluster ? ['forward . __PILLAR__CLUSTER__DNS__ {', '    force_tcp', '}'] : [toUpstream]
      const lines = ['errors', ...cache, 'reload', 'loop', 'bind __PILLAR__LOCAL__DNS__', ...forward]
      return [`${zone}:53 {`, ...[...lines, 'prometheus :9253'].map((line) => `    ${line}`), '}', ''].join(
        '\n',
      )
    })
    .join('')
}

const toUpstream = 'forward . __PILLAR__UPSTREAM__SERVERS__'

/** The files of a container that come from ConfigMaps, by their paths: which ConfigMap, and which key of it. */
export function mountedKeys(
  { volumes = [] }: PodSpec,
  { volumeMounts = [] }: Container,
  keysOf: (configMap: string) => readonly string[],
): ReadonlyMap<string, { readonly configMap: string; readonly key: string }> {
  const files = volumeMounts.flatMap(({ name, mountPath = '' }) => {
    const map = volumes.find((one) => one.name === name)?.configMap
    if (!map?.name) return []
    const configMap = map.name
    const items = map.items ?? keysOf(configMap).map((key) => ({ key, path: key }))
    return items.map(
      ({ key = '', path = '' }) => [`${mountPath.replace(/\/$/, '')}/${path}`, { configMap, key }] as const,
    )
  })
  return new Map(files)
}

/** What node-cache takes from the ConfigMap kube-dns, if there is one. */
export interface KubeDnsConfig {
  readonly stubDomains: Readonly<Record<string, readonly string[]>>
  readonly upstreamNameservers: readonly string[]
}

/** Reads it; what is no JSON counts as nothing, with a word in node-cache's log. */
export function readKubeDnsConfig(data: Readonly<Record<string, string>> | undefined): KubeDnsConfig {
  const stubs = fromJson(data?.['stubDomains'])
  const servers = fromJson(data?.['upstreamNameservers'])
  const isRecord = typeof stubs === 'object' && stubs !== null && !Array.isArray(stubs)
  return {
    stubDomains: isRecord
      ? Object.fromEntries(Object.entries(stubs).map(([domain, list]) => [domain, textsOf(list)]))
      : {},
    upstreamNameservers: textsOf(servers),
  }
}

function fromJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return null
  }
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** What stands for the variables of the template. */
export interface PillarValues {
  /** The addresses of `-localip`. */
  readonly localIps: readonly string[]
  readonly port: number
  /** `<nil>`, as Go prints it, if the Service has no variable in the process's environment. */
  readonly clusterDns: string
  readonly kubeDns: KubeDnsConfig
}

/** The whole forward that is replaced, options and all, where name servers are configured: those are asked by UDP. */
const overTcp = `\n    ${toUpstream} {\n            force_tcp\n    }\n`

/** Mirrors updateCorefile of cmd/node-cache: the template with its variables replaced, and the stub domains. */
export function expandTemplate(template: string, values: PillarValues): string {
  const { localIps, port, clusterDns, kubeDns } = values
  const { upstreamNameservers, stubDomains } = kubeDns
  const listen = localIps.join(' ')
  const servers = upstreamNameservers.join(' ')
  const forwarding = servers === '' ? template : template.replaceAll(overTcp, `\n    forward . ${servers}\n`)
  const expanded = forwarding
    .replaceAll('__PILLAR__UPSTREAM__SERVERS__', servers === '' ? '/etc/resolv.conf' : servers)
    .replaceAll('__PILLAR__CLUSTER__DNS__', clusterDns)
    .replaceAll('__PILLAR__LOCAL__DNS__', listen)
    .replaceAll('__PILLAR__DNS__SERVER__', '')
  const stubs = Object.entries(stubDomains).map(([domain, to]) =>
    [
      `\n${domain}:${port} {`,
      'errors',
      'cache 30',
      `bind ${listen}`,
      `forward . ${to.join(' ')}`,
      '}\n',
    ].join('\n'),
  )
  return [expanded, ...stubs].join('')
}
