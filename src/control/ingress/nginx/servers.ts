import { byText } from '../../../base/ordering.ts'
import type { ObjectRef } from '../../../base/source.ts'
import type { Certificate, IgnoredObject } from '../../../http/proxy.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { Ingress } from '../../../model/ingress-objects.ts'
import type { Located } from '../../../model/objects.ts'
import type { RulePath } from '../rules.ts'
import { nameOf, namespaceOf, pathsOf } from '../rules.ts'
import { backendRequest } from '../service-backend.ts'
import { serverCertificate } from './certificates.ts'
import type { LocationOptions } from './location-options.ts'
import type { Upstream, Upstreams } from './upstreams.ts'
import { upstreamName } from './upstreams.ts'

/** nginx's `location`, before it is written out. */
export interface Location {
  readonly path: string
  readonly pathType: 'Exact' | 'Prefix'
  /** Absent where the controller's own default backend answers. */
  readonly upstream?: Upstream
  /** Whether nothing but the want of a `/` made it. */
  readonly isDefault: boolean
  /** Absent for the one that the controller makes by itself. */
  readonly options?: LocationOptions
  readonly name: string
  readonly text: string
  readonly object?: ObjectRef
}

/** nginx's `server`. */
export interface Server {
  /** `_` for any. */
  readonly host: string
  locations: Location[]
  aliases: readonly string[]
  certificate?: Certificate
  passthrough: boolean
  redirectsWww: boolean
}

/** The name of the server that takes whatever no other does. */
export const anyHost = '_'

export interface Servers {
  readonly servers: ReadonlyMap<string, Server>
  readonly ignored: readonly IgnoredObject[]
}

export interface ServerInput {
  readonly cluster: Cluster
  readonly ingresses: readonly Located<Ingress>[]
  readonly upstreams: Upstreams
  readonly defaultCertificate: Certificate
  optionsOf(ingress: Located<Ingress>): LocationOptions
}

/** Mirrors createServers and getBackendServers. */
export function createServers(input: ServerInput): Servers {
  const servers = new Map<string, Server>([[anyHost, newServer(anyHost, input)]])
  const ignored: IgnoredObject[] = []
  const main = input.ingresses.filter((one) => !input.optionsOf(one).canary)
  for (const ingress of main) addHosts(ingress, servers, input)
  for (const ingress of main) configureHosts(ingress, servers, input)
  for (const ingress of input.ingresses) {
    for (const path of pathsOf(ingress)) addPath(path, servers, input, ignored)
    const { wwwRedirect } = input.optionsOf(ingress)
    if (wwwRedirect) for (const host of hostsIn(ingress)) markRedirect(servers.get(host))
  }
  mergeCanaries(servers, input, ignored)
  for (const server of servers.values()) server.locations = sortLocations(server.locations)
  dropTakenAliases(servers)
  return { servers, ignored }
}

function newServer(host: string, { defaultCertificate }: ServerInput): Server {
  const root: Location = {
    path: '/',
    pathType: 'Prefix',
    isDefault: true,
    name: 'the default server',
    text: 'any path',
  }
  return {
    host,
    locations: [root],
    aliases: [],
    certificate: defaultCertificate,
    passthrough: false,
    redirectsWww: false,
  }
}

function markRedirect(server: Server | undefined): void {
  if (server) server.redirectsWww = true
}

function hostsIn({ object }: Located<Ingress>): readonly string[] {
  return (object.spec?.rules ?? []).map(({ host = '' }) => (host === '' ? anyHost : host))
}

/** A server for each host; its `/` goes to the Ingress's own default backend, until a path takes it. */
function addHosts(ingress: Located<Ingress>, servers: Map<string, Server>, input: ServerInput): void {
  const { spec = {} } = ingress.object
  const options = input.optionsOf(ingress)
  const object = { ...ingress.ref, at: ingress.locate(['spec', 'defaultBackend']) }
  const request = backendRequest(spec.defaultBackend ?? {}, namespaceOf(ingress), object)
  const upstream = request && input.upstreams.get(upstreamName(request))
  const root: Location = {
    path: '/',
    pathType: 'Prefix',
    isDefault: true,
    ...(upstream && { upstream }),
    options,
    name: `${nameOf(ingress)}, default backend`,
    text: 'default backend',
    object: upstream ? object : ingress.ref,
  }
  const any = servers.get(anyHost)
  const isCatchAll = (spec.rules ?? []).length === 0
  if (any && upstream && isCatchAll && any.locations[0]?.isDefault) {
    any.locations = [{ ...root, isDefault: false, options: withoutRewrite(options) }]
  }
  for (const host of hostsIn(ingress)) {
    if (servers.has(host)) continue
    const server = { ...newServer(host, input), locations: [root], passthrough: options.passthrough }
    const { certificate: _, ...bare } = server
    servers.set(host, bare)
  }
}

/** A catch-all keeps no redirect and no rewrite of its Ingress. */
function withoutRewrite(options: LocationOptions): LocationOptions {
  const { redirect: _, rewriteTarget: __, appRoot: ___, ...rest } = options
  return { ...rest, usesRegex: false, sslRedirect: false, forceSslRedirect: false }
}

/** Aliases, passthrough and certificate: of several Ingresses of one host the first that has one counts. */
function configureHosts(ingress: Located<Ingress>, servers: Map<string, Server>, input: ServerInput): void {
  const options = input.optionsOf(ingress)
  for (const host of hostsIn(ingress)) {
    const server = servers.get(host)
    if (!server) continue
    if (server.aliases.length === 0) server.aliases = options.aliases
    if (options.passthrough) server.passthrough = true
    if (server.certificate || (ingress.object.spec?.tls ?? []).length === 0) continue
    server.certificate = serverCertificate(input.cluster, ingress, host) ?? input.defaultCertificate
  }
}

function dropTakenAliases(servers: ReadonlyMap<string, Server>): void {
  for (const server of servers.values()) {
    server.aliases = [...new Set(server.aliases)].filter((alias) => !servers.has(alias)).toSorted(byText)
  }
}

/** Whoever has a path of a host first keeps it. */
function addPath(
  path: RulePath,
  servers: Map<string, Server>,
  input: ServerInput,
  ignored: IgnoredObject[],
): void {
  const server = servers.get(path.host === '' ? anyHost : path.host) ?? servers.get(anyHost)
  const request = backendRequest(path.backend, namespaceOf(path.ingress), path.object)
  const upstream = request && input.upstreams.get(upstreamName(request))
  if (!server || !upstream || upstream.canary) return
  const options = input.optionsOf(path.ingress)
  const location: Location = {
    path: path.path === '' ? '/' : path.path,
    pathType: path.pathType === 'Exact' ? 'Exact' : 'Prefix',
    isDefault: false,
    upstream,
    options,
    name: path.name,
    text: path.text,
    object: path.object,
  }
  if (options.affinity !== undefined) upstream.affinity ??= options.affinity
  const at = server.locations.findIndex((one) => one.path === location.path)
  const existing = server.locations[at]
  if (!existing || existing.pathType !== location.pathType) server.locations.push(location)
  else if (existing.isDefault) server.locations[at] = location
  else ignored.push(takenPath(path, existing))
}

function takenPath({ ingress, host, text }: RulePath, existing: Location): IgnoredObject {
  return {
    object: ingress.ref,
    code: 'path-taken',
    reason: `${text} of host ${host === '' ? '*' : host} is already served by ${existing.name}, whose Ingress is older`,
    fix: 'remove one of the two paths',
    hosts: [host === '' ? '*' : host],
  }
}

/** Mirrors mergeAlternativeBackends: a canary stands in for what has the same host, path and type. */
function mergeCanaries(
  servers: ReadonlyMap<string, Server>,
  input: ServerInput,
  ignored: IgnoredObject[],
): void {
  for (const ingress of input.ingresses) {
    if (!input.optionsOf(ingress).canary) continue
    for (const path of pathsOf(ingress)) {
      const request = backendRequest(path.backend, namespaceOf(ingress), path.object)
      const canary = request && input.upstreams.get(upstreamName(request))
      if (canary && !mergeCanary(path, canary, servers)) ignored.push(lonelyCanary(path))
    }
  }
}

function mergeCanary(path: RulePath, canary: Upstream, servers: ReadonlyMap<string, Server>): boolean {
  const pathType = path.pathType === 'Exact' ? 'Exact' : 'Prefix'
  const wanted = path.path === '' ? '/' : path.path
  let merged = false
  for (const { upstream, ...location } of servers.get(path.host === '' ? anyHost : path.host)?.locations ??
    []) {
    if (!upstream) continue
    if (upstream.name === canary.name) return merged
    if (upstream.canary || location.path !== wanted || location.pathType !== pathType) continue
    upstream.alternative ??= canary
    merged = true
  }
  return merged
}

function lonelyCanary({ ingress, host, text }: RulePath): IgnoredObject {
  return {
    object: ingress.ref,
    code: 'canary-alone',
    reason: `it is a canary, and no other Ingress has ${text} of host ${host === '' ? '*' : host} with another Service`,
    fix: 'give host, path and pathType as the main Ingress has them',
    hosts: [host === '' ? '*' : host],
  }
}

/** The longest first, and of one length in reverse order. */
function sortLocations(locations: readonly Location[]): Location[] {
  return locations.toSorted((a, b) => b.path.length - a.path.length || byText(b.path, a.path))
}
