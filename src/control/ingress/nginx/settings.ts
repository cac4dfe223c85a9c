import type { Cidr } from '../../../base/ip.ts'
import { hostCidr, parseCidrSloppy, parseIp } from '../../../base/ip.ts'
import type { ForwardedHeaders } from '../../../http/proxy.ts'
import { parseFlag } from '../annotations.ts'
import type { Controller } from '../controller.ts'
import { flagIsOn, flagValue } from '../controller.ts'

/** ingress-nginx's flags and the options of its ConfigMap, with their defaults. */
export interface NginxSettings {
  readonly ingressClass: string
  readonly controllerClass: string
  readonly takesClassless: boolean
  readonly watchNamespace?: string
  readonly refusesCatchAll: boolean
  /** `namespace/name` of the Service that answers where no rule does. */
  readonly defaultBackend?: string
  /** `namespace/name` of the Secret. */
  readonly defaultCertificate?: string
  readonly passthrough: boolean
  readonly httpPort: number
  readonly httpsPort: number
  readonly tcpServices?: string
  readonly udpServices?: string
  readonly externalNames: boolean
  readonly config: NginxConfig
}

/** Options of the ConfigMap; mirrors internal/ingress/controller/config. */
export interface NginxConfig {
  readonly proxyProtocol: boolean
  readonly forwardedHeaders: boolean
  readonly sslRedirect: boolean
  readonly forceSslRedirect: boolean
  readonly redirectCode: number
  /** Endpoints that are tried for one request while connections fail. */
  readonly tries: number
  /** Prefixes of paths that are never redirected to https. */
  readonly withoutSslRedirect: readonly string[]
  readonly allowed: readonly string[]
  readonly denied: readonly string[]
  /** Options that are set, may change an answer, and are not modelled. */
  readonly unknown: readonly string[]
}

/** Reads the settings of a running controller. */
export function nginxSettings({ args, configMap = {}, namespace }: Controller): NginxSettings {
  const flag = (name: string) => flagValue(args, name)
  const number = (name: string, fallback: number) => Number(flag(name) ?? fallback) || fallback
  const optional = (key: string, name: string) => {
    const value = flag(name)
    return value === undefined || value === '' ? {} : { [key]: withNamespace(value, namespace) }
  }
  return {
    ingressClass: flag('ingress-class') || 'nginx',
    controllerClass: flag('controller-class') || 'k8s.io/ingress-nginx',
    takesClassless: flagIsOn(args, 'watch-ingress-without-class'),
    refusesCatchAll: flagIsOn(args, 'disable-catch-all'),
    passthrough: flagIsOn(args, 'enable-ssl-passthrough'),
    httpPort: number('http-port', 80),
    httpsPort: number('https-port', 443),
    externalNames: !flagIsOn(args, 'disable-svc-external-name'),
    ...(flag('watch-namespace') && { watchNamespace: flag('watch-namespace') ?? '' }),
    ...optional('defaultBackend', 'default-backend-service'),
    ...optional('defaultCertificate', 'default-ssl-certificate'),
    ...optional('tcpServices', 'tcp-services-configmap'),
    ...optional('udpServices', 'udp-services-configmap'),
    config: nginxConfig(configMap),
  }
}

function withNamespace(value: string, namespace: string): string {
  return value.includes('/') ? value : `${namespace}/${value}`
}

function nginxConfig(data: Readonly<Record<string, string>>): NginxConfig {
  const on = (key: string, fallback = false) => parseFlag(data[key]) ?? fallback
  const list = (key: string, fallback = '') =>
    (data[key] ?? fallback)
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
  return {
    proxyProtocol: on('use-proxy-protocol'),
    forwardedHeaders: on('use-forwarded-headers'),
    sslRedirect: on('ssl-redirect', true),
    forceSslRedirect: on('force-ssl-redirect'),
    redirectCode: Number(data['http-redirect-code'] ?? 308) || 308,
    tries: triesOf(data),
    withoutSslRedirect: list('no-tls-redirect-locations', '/.well-known/acme-challenge'),
    allowed: list('whitelist-source-range'),
    denied: list('denylist-source-range'),
    unknown: Object.keys(data)
      .filter((key) => answering.includes(key) && data[key] !== '' && data[key] !== 'false')
      .toSorted(),
  }
}

/** Mirrors proxy_next_upstream and its tries, of which 0 sets no limit; each try asks the balancer for another endpoint. */
function triesOf(data: Readonly<Record<string, string>>): number {
  const causes = (data['proxy-next-upstream'] ?? 'error timeout').split(/\s+/)
  if (!causes.includes('error') || causes.includes('off')) return 1
  const tries = Number(data['proxy-next-upstream-tries'] ?? 3)
  return tries > 0 ? tries : Number.POSITIVE_INFINITY
}

/** Options that may change which answer a client gets, and that nothing here looks at. */
const answering = [
  'block-cidrs',
  'block-referers',
  'block-user-agents',
  'custom-http-errors',
  'enable-modsecurity',
  'enable-owasp-modsecurity-crs',
  'global-auth-url',
  'global-rate-limit-memcached-host',
  'http-snippet',
  'location-snippet',
  'main-snippet',
  'server-snippet',
  'ssl-reject-handshake',
  'use-port-in-redirects',
]

/**
 * Mirrors the template's `real_ip_header`, `set_real_ip_from` and `proxy_set_header` lines, and what lua_ingress.rewrite
 * makes of X-Forwarded-Proto and of the port in a PROXY protocol header.
 */
export function nginxForwarding(
  { forwardedHeaders, proxyProtocol }: NginxConfig,
  data: Readonly<Record<string, string>>,
): ForwardedHeaders {
  const trusts = forwardedHeaders || parseFlag(data['enable-real-ip']) === true
  const blocks = (data['proxy-real-ip-cidr'] ?? '0.0.0.0/0').split(',')
  return {
    trusted: trusts ? blocks.flatMap((block) => parseBlock(block.trim()) ?? []) : [],
    append: forwardedHeaders && parseFlag(data['compute-full-forwarded-for']) === true,
    believesScheme: forwardedHeaders,
    believesProxiedPort: proxyProtocol,
    sets: [
      'X-Real-IP',
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Forwarded-Port',
      'X-Forwarded-Proto',
      'X-Forwarded-Scheme',
      'X-Scheme',
      'X-Original-Forwarded-For',
    ],
  }
}

/** A block, or one address. */
export function parseBlock(text: string): Cidr | undefined {
  const ip = parseIp(text)
  return ip === undefined ? parseCidrSloppy(text) : hostCidr(ip)
}
