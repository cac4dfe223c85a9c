import type { Ip } from '../base/ip.ts'
import { parseIp } from '../base/ip.ts'

/** Thrown for a request that cannot be understood or names what does not exist; the message says what would do. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly code: RequestErrorCode
  readonly fix: string | undefined

  constructor(code: RequestErrorCode, message: string, fix?: string) {
    super(message)
    this.code = code
    this.fix = fix
  }
}

export type RequestErrorCode =
  | 'bad-request'
  | 'unknown-source'
  | 'unknown-destination'
  | 'unknown-node'
  | 'unknown-chain'
  | 'unknown-namespace'
  | 'unknown-object'
  | 'unknown-resource'

/** Who sends. */
export type Source =
  | { readonly type: 'pod'; readonly namespace: string; readonly name: string }
  | { readonly type: 'workload'; readonly kind: string; readonly namespace: string; readonly name: string }
  | { readonly type: 'node'; readonly name: string }
  | { readonly type: 'address'; readonly ip: Ip }
  | { readonly type: 'host'; readonly name: string }
  | { readonly type: 'internet' }

/** What is addressed. `port` is a number, a Service port's name, or left to be found. */
export type Target =
  | { readonly type: 'service'; readonly namespace: string; readonly name: string; readonly port?: string }
  | { readonly type: 'balancer'; readonly namespace: string; readonly name: string; readonly port?: string }
  | { readonly type: 'pod'; readonly namespace: string; readonly name: string; readonly port?: string }
  | { readonly type: 'node'; readonly name: string; readonly port?: string }
  | { readonly type: 'address'; readonly ip: Ip; readonly port?: string }
  | { readonly type: 'name'; readonly name: string; readonly port?: string }

/** The addresses that `internet` stands for as a sender (TEST-NET-3, and the documentation prefix of RFC 3849). */
export const internetAddresses: Readonly<Record<4 | 6, Ip>> = {
  4: 0xcb00710a,
  6: 0x20010db8_00000000_00000000_cb00710an,
}

const workloadKinds: Readonly<Record<string, string>> = {
  deploy: 'Deployment',
  deployment: 'Deployment',
  rs: 'ReplicaSet',
  replicaset: 'ReplicaSet',
  rc: 'ReplicationController',
  replicationcontroller: 'ReplicationController',
  sts: 'StatefulSet',
  statefulset: 'StatefulSet',
  ds: 'DaemonSet',
  daemonset: 'DaemonSet',
  job: 'Job',
}

const sourceForms =
  'pod/[ns/]name, deploy/[ns/]name, node/name, external/address-or-name, internet, or an address'
const targetForms =
  'svc/[ns/]name[:port], pod/[ns/]name:port, node/name:port, ip:port, name:port, or http(s)://host/'

/** Reads FROM. */
export function parseSource(text: string, namespace: string): Source {
  if (text === 'internet') return { type: 'internet' }
  const ip = parseIp(text.replace(/^\[|\]$/g, ''))
  if (ip !== undefined) return { type: 'address', ip }
  const [kind = '', ...rest] = text.split('/')
  if (rest.length === 0 || rest.some((part) => part === '') || rest.length > 2) {
    throw new RequestError('bad-request', `cannot read the sender "${text}"`, `write ${sourceForms}`)
  }
  const [ns, name] = rest.length === 2 ? [rest[0] ?? '', rest[1] ?? ''] : [namespace, rest[0] ?? '']
  const workload = workloadKinds[kind.toLowerCase()]
  if (workload) return { type: 'workload', kind: workload, namespace: ns, name }
  switch (kind.toLowerCase()) {
    case 'pod':
    case 'pods':
    case 'po':
      return { type: 'pod', namespace: ns, name }
    case 'node':
    case 'no':
      return { type: 'node', name: rest.join('/') }
    case 'external': {
      const address = parseIp(name)
      return address === undefined ? { type: 'host', name: rest.join('/') } : { type: 'address', ip: address }
    }
    default:
      throw new RequestError(
        'bad-request',
        `cannot read the sender "${text}": there is no "${kind}"`,
        `write ${sourceForms}`,
      )
  }
}

/** A URL's parts, as an HTTP client uses them. */
export interface Url {
  readonly scheme: 'http' | 'https'
  readonly host: string
  /** As it is written; the scheme's own, if left out. */
  readonly port?: string
  /** With its first slash, not decoded. */
  readonly path: string
  readonly query?: string
}

/** Reads an http(s) URL (RFC 3986); `undefined` for what is none. Throws a RequestError for one that has gone wrong. */
export function parseUrl(text: string): Url | undefined {
  const parts = /^(https?):\/\/([^/?#]+)([^?#]*)(?:\?([^#]*))?/i.exec(text)
  if (!parts || /\s/.test(text)) {
    if (!/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return undefined
    throw new RequestError('bad-request', `cannot read the URL "${text}"`, 'write http(s)://host[:port]/path')
  }
  // A colon without a port stands for the scheme's own.
  const { host, port } = splitPort((parts[2] ?? '').replace(/^.*@/, '').replace(/:$/, ''))
  return {
    scheme: parts[1]?.toLowerCase() === 'https' ? 'https' : 'http',
    host,
    ...(port !== undefined && { port }),
    path: parts[3] === undefined || parts[3] === '' ? '/' : parts[3],
    ...(parts[4] !== undefined && { query: parts[4] }),
  }
}

/** Reads TO. */
export function parseTarget(text: string, namespace: string): Target {
  const url = parseUrl(text)
  if (url) return hostTarget(url.host, url.port ?? (url.scheme === 'https' ? '443' : '80'))
  const balancer = /^loadBalancer\(([^)]+)\)(?::(.+))?$/i.exec(text)
  if (balancer) {
    return {
      type: 'balancer',
      ...namespaced(balancer[1] ?? '', namespace),
      ...(balancer[2] && { port: balancer[2] }),
    }
  }
  const slash = text.indexOf('/')
  if (slash < 0) {
    const { host, port } = splitPort(text)
    if (host === '')
      throw new RequestError('bad-request', `cannot read the destination "${text}"`, `write ${targetForms}`)
    return hostTarget(host, port)
  }
  const { host, port } = splitPort(text.slice(slash + 1))
  return kindTarget(text.slice(0, slash).toLowerCase(), host, port, namespace, text)
}

function kindTarget(
  kind: string,
  rest: string,
  port: string | undefined,
  namespace: string,
  text: string,
): Target {
  const withPort = port === undefined ? {} : { port }
  switch (kind) {
    case 'svc':
    case 'service':
    case 'services':
      return { type: 'service', ...namespaced(rest, namespace), ...withPort }
    case 'po':
    case 'pod':
    case 'pods':
      return { type: 'pod', ...namespaced(rest, namespace), ...withPort }
    case 'no':
    case 'node':
      return { type: 'node', name: rest, ...withPort }
    case 'external':
      return hostTarget(rest, port)
    default:
      throw new RequestError(
        'bad-request',
        `cannot read the destination "${text}": there is no "${kind}"`,
        `write ${targetForms}`,
      )
  }
}

function namespaced(text: string, namespace: string): { readonly namespace: string; readonly name: string } {
  const parts = text.split('/')
  if (parts.length > 2 || parts.some((part) => part === '')) {
    throw new RequestError('bad-request', `cannot read the name "${text}"`, 'write name or namespace/name')
  }
  return parts.length === 2 ? { namespace: parts[0] ?? '', name: parts[1] ?? '' } : { namespace, name: text }
}

function hostTarget(host: string, port: string | undefined): Target {
  const ip = parseIp(host)
  const withPort = port === undefined ? {} : { port }
  if (ip === undefined) checkHostName(host)
  return ip === undefined ? { type: 'name', name: host, ...withPort } : { type: 'address', ip, ...withPort }
}

/** Names of RFC 1123, with the underscore of SRV records; one whose last label is a number is an address gone wrong. */
function checkHostName(host: string): void {
  const plain = host.replace(/\.$/, '')
  if (/[:/]/.test(plain) || /^(?:.*\.)?(?:\d+|0x[\da-f]+)$/i.test(plain)) {
    throw new RequestError(
      'bad-request',
      `"${host}" is not an IP address`,
      'write one such as 10.96.0.1 or fd00::1, in brackets before a port: [fd00::1]:80',
    )
  }
  const labels = plain.split('.')
  if (plain.length > 253 || !labels.every((label) => /^[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/i.test(label))) {
    throw new RequestError('bad-request', `"${host}" is not a host name`, `write ${targetForms}`)
  }
}

/** `host:port`, `[v6]:port`, or a host alone. */
function splitPort(text: string): { readonly host: string; readonly port?: string } {
  const bracket = /^\[([^\]]+)\](?::(.+))?$/.exec(text)
  if (bracket) return { host: bracket[1] ?? '', ...(bracket[2] !== undefined && { port: bracket[2] }) }
  if (parseIp(text) !== undefined) return { host: text }
  const colon = text.lastIndexOf(':')
  return colon < 0 ? { host: text } : { host: text.slice(0, colon), port: text.slice(colon + 1) }
}

/** A port number of a request. */
export function portNumber(text: string, what: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port
  throw new RequestError('bad-request', `${what} "${text}" is not a port from 1 to 65535`, 'write a number')
}
