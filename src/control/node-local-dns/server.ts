import type { Report } from '../../base/diagnostic.ts'
import { formatIp } from '../../base/ip.ts'
import type { CoreDns } from '../../dns/coredns/config.ts'
import type { CorefileError, ParsedCorefile } from '../../dns/coredns/corefile/parse.ts'
import { parseCorefile } from '../../dns/coredns/corefile/parse.ts'
import type { KubernetesData } from '../../dns/kubernetes-data.ts'
import type { Cluster, ClusterPod } from '../../model/cluster.ts'
import type { ConfigMap, Container, Located } from '../../model/objects.ts'
import type { ResolvConf } from '../../resolver/resolv-conf.ts'
import { assumedTemplate, expandTemplate, mountedKeys, readKubeDnsConfig } from './corefile.ts'
import type { NodeCacheFlags } from './flags.ts'

/** The CoreDNS in a node-cache; `undefined` if it does not start. */
export type MakeServer = (pod: ClusterPod, container: Container, flags: NodeCacheFlags) => CoreDns | undefined

/** The plugins of the released node-cache (cmd/node-cache/main.go of 1.26). */
const builtIn: readonly string[] = [
  'bind',
  'bufsize',
  'cache',
  'debug',
  'dns64',
  'errors',
  'forward',
  'health',
  'hosts',
  'loadbalance',
  'log',
  'loop',
  'prometheus',
  'pprof',
  'reload',
  'rewrite',
  'template',
  'timeouts',
  'trace',
  'whoami',
]

/** The plugin kubernetes is not built in, so that nothing of the API server is known. */
const kubernetes: KubernetesData = {
  namespaces: new Map(),
  services: new Map(),
  servicesByIp: new Map(),
  slices: new Map(),
  slicesByIp: new Map(),
  podsByIp: new Map(),
}

/** A Corefile, and where its text stands. */
interface Text {
  readonly text: string
  readonly configMap?: Located<ConfigMap>
  readonly key: string
}

/** Reads the Corefile of each node-cache, and tells once what it would not start with. */
export function nodeCacheServers(
  cluster: Cluster,
  resolvConfOf: (pod: ClusterPod) => ResolvConf,
  fail: (pod: ClusterPod, error: string, fix?: string) => void,
  report: Report,
): MakeServer {
  const known = new Map<string, ParsedCorefile>()
  return (pod, container, flags) => {
    const found = corefileOf(cluster, pod, container, flags)
    if (found.text.includes('forward . <nil>')) {
      const service = `Service ${pod.namespace}/${flags.upstreamService}`
      fail(
        pod,
        'plugin/forward: not an IP address or file: "<nil>"',
        `make ${service}, then start the pod again`,
      )
      return undefined
    }
    const parsed = known.get(found.text) ?? parse(found)
    if (!known.has(found.text)) tell(parsed, found, report)
    known.set(found.text, parsed)
    if (parsed.errors.length > 0) return undefined
    const { nameservers, searches } = resolvConfOf(pod)
    return {
      type: 'coredns',
      blocks: parsed.blocks,
      kubernetes,
      nameservers,
      searches,
      addresses: flags.localIps,
    }
  }
}

/** The template with its variables replaced; where no template is mounted, the Corefile as it is. */
function corefileOf(cluster: Cluster, pod: ClusterPod, container: Container, flags: NodeCacheFlags): Text {
  const configMapOf = (name: string) =>
    cluster.configMaps.find(({ ref }) => ref.namespace === pod.namespace && ref.name === name)
  const keysOf = (name: string) => Object.keys(configMapOf(name)?.object.data ?? {})
  const files = mountedKeys(pod.object.spec, container, keysOf)
  const read = (path: string): Text | undefined => {
    const { configMap: name = '', key = '' } = files.get(path) ?? {}
    const configMap = configMapOf(name)
    const text = configMap?.object.data?.[key]
    return text === undefined ? undefined : { text, key, ...(configMap && { configMap }) }
  }
  const usual = configMapOf('node-local-dns')
  const text = usual?.object.data?.['Corefile']
  const template =
    read(flags.baseCorefile) ??
    read(flags.corefile) ??
    (text === undefined || !usual
      ? { text: assumedTemplate(cluster.settings.domain), key: 'Corefile' }
      : { text, key: 'Corefile', configMap: usual })
  if (!read(flags.baseCorefile) && read(flags.corefile)) return template
  return {
    ...template,
    text: expandTemplate(template.text, {
      localIps: flags.localIps.map(formatIp),
      port: flags.port,
      clusterDns: clusterDnsOf(cluster, pod, flags),
      kubeDns: readKubeDnsConfig(configMapOf('kube-dns')?.object.data),
    }),
  }
}

/** The variable KUBE_DNS_UPSTREAM_SERVICE_HOST: the first cluster IP of a Service of the pod's own namespace. */
function clusterDnsOf({ services }: Cluster, { namespace }: ClusterPod, flags: NodeCacheFlags): string {
  const service = services.find((one) => one.namespace === namespace && one.name === flags.upstreamService)
  const [ip] = service?.clusterIps ?? []
  return ip === undefined ? '<nil>' : formatIp(ip)
}

function locator({ configMap, key }: Text) {
  return (line: number, column: number) =>
    configMap?.locateText?.(['data', key], line, column) ??
    configMap?.locate(['data', key]) ?? { file: '(assumed)', line: 1, column: 1 }
}

function parse(found: Text): ParsedCorefile {
  const locate = locator(found)
  const parsed = parseCorefile(found.text, { locate, files: new Map(), environment: new Map() })
  const missing = parsed.blocks.flatMap(({ plugins }) =>
    plugins
      .filter(({ name }) => !builtIn.includes(name))
      .map(({ name, at }): CorefileError => {
        const message = `no action found for directive '${name}' with server type 'dns' (missing a plugin?)`
        return { line: at.line, column: at.column, at, message, fix: 'leave it to the CoreDNS that is asked' }
      }),
  )
  return { ...parsed, errors: [...parsed.errors, ...missing] }
}

function tell({ errors, notices }: ParsedCorefile, { configMap }: Text, report: Report): void {
  const object = configMap ? { object: configMap.ref } : {}
  for (const { message, at, fix } of errors) {
    report('node-cache-fails', `node-cache does not start: ${message}`, {
      at,
      ...object,
      ...(fix !== undefined && { fix }),
    })
  }
  for (const { message, at } of notices) report('corefile-not-modelled', message, { at, ...object })
}
