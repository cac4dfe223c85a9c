import type { ForwardedHeaders, RedirectAction } from '../../../http/proxy.ts'
import type { Controller } from '../controller.ts'
import { flagIsOn, flagValue } from '../controller.ts'
import { parseBlock } from '../nginx/settings.ts'

/** One of Traefik's entry points. */
export interface EntryPoint {
  readonly name: string
  readonly port: number
  /** Whether its routers serve TLS where they do not say so themselves. */
  readonly tls: boolean
  readonly proxyProtocol: boolean
  /** Sends every request on to another entry point. */
  readonly redirect?: RedirectAction
}

/** What the provider `kubernetesIngress` is told. */
export interface TraefikSettings {
  /** Empty for every class of Traefik's, and for Ingresses of no class. */
  readonly ingressClass: string
  readonly namespaces: readonly string[]
  readonly emptyServices: boolean
  readonly externalNames: boolean
  readonly nativeBalancing: boolean
  readonly strictPrefix: boolean
  readonly entryPoints: readonly EntryPoint[]
}

/** Reads the command line. Without entry points it is that of the chart, on the ports of its Service. */
export function traefikSettings({ args }: Controller): TraefikSettings {
  const provider = (name: string) => `providers.kubernetesIngress.${name}`
  return {
    ingressClass: flagValue(args, provider('ingressClass')) ?? '',
    namespaces: (flagValue(args, provider('namespaces')) ?? '').split(',').filter((one) => one !== ''),
    emptyServices: flagIsOn(args, provider('allowEmptyServices')),
    externalNames: flagIsOn(args, provider('allowExternalNameServices')),
    nativeBalancing: flagIsOn(args, provider('nativeLBByDefault')),
    strictPrefix: flagIsOn(args, provider('strictPrefixMatching')),
    entryPoints: entryPointsOf(args),
  }
}

function entryPointsOf(args: readonly string[]): readonly EntryPoint[] {
  const names = args.flatMap((arg) => /^--?entryPoints\.([^.=]+)\.address(?:=|$)/i.exec(arg)?.[1] ?? [])
  const ports = new Map(names.map((name) => [name.toLowerCase(), portOf(args, name)]))
  const entries = names.flatMap((name): readonly EntryPoint[] => {
    const option = (rest: string) => `entryPoints.${name}.${rest}`
    const port = portOf(args, name)
    if (port === undefined || /^(?:traefik|metrics)$/.test(name)) return []
    const redirect = redirectOf(args, name, ports)
    const proxied =
      flagIsOn(args, option('proxyProtocol.insecure')) ||
      flagValue(args, option('proxyProtocol.trustedIPs')) !== undefined
    return [
      {
        name,
        port,
        tls: flagIsOn(args, option('http.tls')) || flagValue(args, option('http.tls.options')) !== undefined,
        proxyProtocol: proxied,
        ...(redirect && { redirect }),
      },
    ]
  })
  return entries.length > 0 ? entries : assumedEntryPoints
}

const assumedEntryPoints: readonly EntryPoint[] = [
  { name: 'web', port: 80, tls: false, proxyProtocol: false },
  { name: 'websecure', port: 443, tls: true, proxyProtocol: false },
]

/** `:8000/tcp`. */
function portOf(args: readonly string[], name: string): number | undefined {
  const text = flagValue(args, `entryPoints.${name}.address`) ?? ''
  const digits = /:(\d+)(?:\/tcp)?$/i.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** `--entryPoints.web.http.redirections.entryPoint.to=websecure`; 301, or 302 if it is not permanent. */
function redirectOf(
  args: readonly string[],
  name: string,
  ports: ReadonlyMap<string, number | undefined>,
): RedirectAction | undefined {
  const option = (rest: string) => flagValue(args, `entryPoints.${name}.http.redirections.entryPoint.${rest}`)
  const to = option('to')
  if (to === undefined) return undefined
  const port = to.startsWith(':') ? Number(to.slice(1)) : ports.get(to.toLowerCase())
  const scheme = option('scheme') === 'http' ? 'http' : 'https'
  return {
    type: 'redirect',
    status: option('permanent') === 'false' ? 302 : 301,
    scheme,
    port: port === undefined ? 'scheme' : port,
    reason: `entry point ${name} redirects to ${to}`,
  }
}

/** Traefik trusts nobody's X-Forwarded headers unless it is told whom to. */
export function traefikForwarding(
  { args }: Controller,
  entryPoints: readonly EntryPoint[],
): ForwardedHeaders {
  const [first] = entryPoints
  const option = (rest: string) => `entryPoints.${first?.name ?? 'web'}.forwardedHeaders.${rest}`
  const insecure = flagIsOn(args, option('insecure'))
  const blocks = insecure ? '0.0.0.0/0,::/0' : (flagValue(args, option('trustedIPs')) ?? '')
  return {
    trusted: blocks.split(',').flatMap((block) => parseBlock(block.trim()) ?? []),
    append: true,
    client: 'peer',
    sets: ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Proto', 'X-Real-IP'],
  }
}
