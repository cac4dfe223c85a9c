import type { Cidr } from '../../../base/ip.ts'
import type { Backend, Filter } from '../../../http/proxy.ts'
import type { Ingress } from '../../../model/ingress-objects.ts'
import type { Located } from '../../../model/objects.ts'
import type { Annotations, AnnotationTable } from '../annotations.ts'
import { annotationsOf, notModelled } from '../annotations.ts'
import { annotationRef } from '../rules.ts'
import type { NginxConfig } from './settings.ts'
import { parseBlock } from './settings.ts'

export const nginxPrefix = 'nginx.ingress.kubernetes.io/'

/** What the annotations of an Ingress say of each of its locations. */
export interface LocationOptions {
  readonly annotations: Annotations
  readonly rewriteTarget?: string
  readonly usesRegex: boolean
  readonly appRoot?: string
  readonly sslRedirect: boolean
  readonly forceSslRedirect: boolean
  readonly keepsSlash: boolean
  /** `return` with this code and address before anything else. */
  readonly redirect?: { readonly status: number; readonly url: string }
  readonly wwwRedirect: boolean
  readonly protocol: Backend['protocol']
  readonly serviceUpstream: boolean
  readonly passthrough: boolean
  readonly aliases: readonly string[]
  readonly defaultBackend?: string
  readonly affinity?: string
  /** Answers every OPTIONS request by itself. */
  readonly cors: boolean
  readonly canary?: CanaryOptions
  /** Refusals, changes, and what is not modelled, in nginx's order. */
  readonly filters: readonly Filter[]
  /** Why every request is answered 503. */
  readonly denied?: string
}

export interface CanaryOptions {
  readonly header: string
  readonly headerValue: string
  readonly headerPattern: string
  readonly cookie: string
  readonly weight: number
  readonly total: number
}

/** Mirrors the parsers of internal/ingress/annotations. */
export function locationOptions(ingress: Located<Ingress>, config: NginxConfig): LocationOptions {
  const annotations = annotationsOf(ingress, [nginxPrefix])
  const { text, flag, list } = annotations
  const redirect = redirectOf(annotations)
  const canary = canaryOf(annotations)
  const { filters, denied } = accessFilters(ingress, annotations, config)
  const rewriteTarget = text('rewrite-target')
  const appRoot = text('app-root')
  const defaultBackend = text('default-backend')
  const vhost = text('upstream-vhost')
  return {
    annotations,
    ...(rewriteTarget && { rewriteTarget }),
    usesRegex: flag('use-regex'),
    ...(appRoot?.startsWith('/') && { appRoot }),
    sslRedirect: flag('ssl-redirect', config.sslRedirect),
    forceSslRedirect: flag('force-ssl-redirect', config.forceSslRedirect),
    keepsSlash: flag('preserve-trailing-slash'),
    ...(redirect && { redirect }),
    wwwRedirect: flag('from-to-www-redirect'),
    protocol: protocols[(text('backend-protocol') ?? 'HTTP').toUpperCase()] ?? 'http',
    serviceUpstream: flag('service-upstream'),
    passthrough: flag('ssl-passthrough'),
    aliases: list('server-alias').map((one) => one.toLowerCase()),
    ...(defaultBackend && { defaultBackend }),
    ...(text('affinity') === 'cookie' && {
      affinity: `cookie ${text('session-cookie-name') ?? 'INGRESSCOOKIE'}`,
    }),
    cors: flag('enable-cors') && ['*', undefined].includes(text('cors-allow-origin')),
    ...(canary && { canary }),
    filters: [
      ...filters,
      ...(vhost ? [{ type: 'rewrite-host' as const, host: vhost }] : []),
      ...notModelled(ingress, table),
      ...config.unknown.map(
        (what): Filter => ({
          type: 'not-modelled',
          what: `option ${what} of the ConfigMap`,
          object: ingress.ref,
        }),
      ),
    ],
    ...(denied !== undefined && { denied }),
  }
}

const protocols: Readonly<Record<string, Backend['protocol']>> = {
  HTTP: 'http',
  HTTPS: 'https',
  AUTO_HTTP: 'http',
  GRPC: 'grpc',
  GRPCS: 'grpcs',
  FCGI: 'fastcgi',
}

/** Mirrors redirect.Parse: a temporary redirect goes before a permanent one. */
function redirectOf({ text, number }: Annotations): LocationOptions['redirect'] {
  const within = (code: number | undefined, last: number, fallback: number) =>
    code !== undefined && code >= 300 && code <= last ? code : fallback
  const temporary = text('temporal-redirect')
  if (temporary) return { status: within(number('temporal-redirect-code'), 307, 302), url: temporary }
  const permanent = text('permanent-redirect')
  if (permanent) return { status: within(number('permanent-redirect-code'), 308, 301), url: permanent }
  return undefined
}

function canaryOf({ text, flag, number }: Annotations): CanaryOptions | undefined {
  if (!flag('canary')) return undefined
  const total = number('canary-weight-total') ?? 100
  return {
    header: text('canary-by-header') ?? '',
    headerValue: text('canary-by-header-value') ?? '',
    headerPattern: text('canary-by-header-pattern') ?? '',
    cookie: text('canary-by-cookie') ?? '',
    weight: number('canary-weight') ?? 0,
    total: Math.max(total, 100),
  }
}

/** The `deny` and `allow` lines of a location. A list that cannot be read closes the location. */
function accessFilters(
  ingress: Located<Ingress>,
  { text, list }: Annotations,
  config: NginxConfig,
): { readonly filters: readonly Filter[]; readonly denied?: string } {
  const allowName =
    text('allowlist-source-range') === undefined ? 'whitelist-source-range' : 'allowlist-source-range'
  const lists = [
    { mode: 'deny' as const, name: 'denylist-source-range', fallback: config.denied },
    { mode: 'allow' as const, name: allowName, fallback: config.allowed },
  ]
  const filters: Filter[] = []
  for (const { mode, name, fallback } of lists) {
    const given = text(name) === undefined ? fallback : list(name)
    const blocks = given.flatMap((one): readonly Cidr[] => {
      const block = parseBlock(one)
      return block ? [block] : []
    })
    if (text(name) !== undefined && blocks.length === 0) {
      return { filters: [], denied: `the annotation ${nginxPrefix}${name} holds no block that can be read` }
    }
    const object = annotationRef(ingress, nginxPrefix + name)
    if (blocks.length > 0) filters.push({ type: 'sources', mode, blocks, status: 403, object })
  }
  return { filters }
}

const table: AnnotationTable = {
  prefixes: [nginxPrefix],
  modelled: [
    'affinity',
    'allowlist-source-range',
    'app-root',
    'backend-protocol',
    'canary',
    'canary-by-cookie',
    'canary-by-header',
    'canary-by-header-pattern',
    'canary-by-header-value',
    'canary-weight',
    'canary-weight-total',
    'default-backend',
    'denylist-source-range',
    'enable-cors',
    'force-ssl-redirect',
    'from-to-www-redirect',
    'permanent-redirect',
    'permanent-redirect-code',
    'preserve-trailing-slash',
    'rewrite-target',
    'server-alias',
    'service-upstream',
    'session-cookie-name',
    'ssl-passthrough',
    'ssl-redirect',
    'temporal-redirect',
    'temporal-redirect-code',
    'upstream-vhost',
    'use-regex',
    'whitelist-source-range',
  ],
  /** How long, how much, how it is logged; which of equal endpoints; what browsers do with the answer. */
  harmless: [
    'affinity-canary-behavior',
    'affinity-mode',
    'client-body-buffer-size',
    'connection-proxy-header',
    'cors-allow-credentials',
    'cors-allow-headers',
    'cors-allow-methods',
    'cors-expose-headers',
    'cors-max-age',
    'custom-headers',
    'enable-access-log',
    'enable-opentelemetry',
    'enable-rewrite-log',
    'http2-push-preload',
    'limit-rate',
    'limit-rate-after',
    'load-balance',
    'opentelemetry-operation-name',
    'opentelemetry-trust-incoming-span',
    'proxy-body-size',
    'proxy-buffer-size',
    'proxy-buffering',
    'proxy-buffers-number',
    'proxy-busy-buffers-size',
    'proxy-connect-timeout',
    'proxy-cookie-domain',
    'proxy-cookie-path',
    'proxy-http-version',
    'proxy-max-temp-file-size',
    'proxy-next-upstream',
    'proxy-next-upstream-timeout',
    'proxy-next-upstream-tries',
    'proxy-read-timeout',
    'proxy-redirect-from',
    'proxy-redirect-to',
    'proxy-request-buffering',
    'proxy-send-timeout',
    'proxy-ssl-ciphers',
    'proxy-ssl-protocols',
    'relative-redirects',
    'session-cookie-change-on-failure',
    'session-cookie-conditional-samesite-none',
    'session-cookie-domain',
    'session-cookie-expires',
    'session-cookie-max-age',
    'session-cookie-path',
    'session-cookie-samesite',
    'session-cookie-secure',
    'ssl-ciphers',
    'ssl-prefer-server-ciphers',
    'upstream-hash-by',
    'upstream-hash-by-subset',
    'upstream-hash-by-subset-size',
    'x-forwarded-prefix',
  ],
}
