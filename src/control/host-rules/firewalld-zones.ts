import { parseCidrSloppy, parseIpSloppy } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import type { FirewalldZone } from '../../model/host-firewall.ts'
import type { HostContext, NodePath } from './host-firewall.ts'
import { wellKnownService, wellKnownServiceNames } from './well-known-services.ts'

/** What becomes of packets that a zone does not let pass: its target. */
export type ZoneTarget =
  | { readonly type: 'accept' | 'drop' | 'default' }
  | { readonly type: 'reject'; readonly answer: string }

/** A zone in use, for one family of addresses. */
export interface Zone {
  readonly name: string
  readonly interfaces: readonly string[]
  readonly sources: readonly string[]
  readonly input: ZoneTarget
  readonly forward: ZoneTarget
  /** What its services and ports let in, in iptables' words. */
  readonly lets: readonly { readonly text: string; readonly path: NodePath }[]
  /** Whether packets pass from one of its devices or sources to another. */
  readonly between: boolean
}

/** Zones as they are released with firewalld 1.3 (its files in zones/). */
const released: Readonly<Record<string, FirewalldZone>> = {
  block: { target: '%%REJECT%%' },
  dmz: { services: ['ssh'] },
  docker: { target: 'ACCEPT' },
  drop: { target: 'DROP' },
  external: { services: ['ssh'] },
  home: { services: ['ssh', 'mdns', 'dhcpv6-client'] },
  internal: { services: ['ssh', 'mdns', 'dhcpv6-client'] },
  public: { services: ['ssh', 'dhcpv6-client'] },
  trusted: { target: 'ACCEPT' },
  work: { services: ['ssh', 'dhcpv6-client'] },
}

/** The name of the zone that takes whatever no other zone does. */
export function defaultZoneOf({ stated }: HostContext): string {
  return stated.firewalld?.defaultZone ?? 'public'
}

/**
 * The zones that are in use, by name: those with devices or sources, and the default one, which NetworkManager
 * puts the node's uplink into. Docker makes itself a zone that lets everything pass.
 */
export function zonesOf(context: HostContext): readonly Zone[] {
  const { firewalld: settings = {}, docker } = context.stated
  const byDefault = defaultZoneOf(context)
  const stated: Record<string, { zone: FirewalldZone; path: NodePath }> = {}
  for (const [name, zone] of Object.entries(settings.zones ?? {})) {
    const path = ['firewalld', 'zones', name]
    stated[name] = {
      zone: { ...zone, sources: sourcesOf(context, zone.sources, [...path, 'sources']) },
      path,
    }
  }
  const add = (name: string, more: FirewalldZone) => {
    const { zone = {}, path = ['firewalld'] } = stated[name] ?? {}
    const joined = { ...zone, ...more }
    stated[name] = {
      zone: {
        ...joined,
        interfaces: [...(zone.interfaces ?? []), ...(more.interfaces ?? [])],
        sources: [...(zone.sources ?? []), ...(more.sources ?? [])],
      },
      path,
    }
  }
  const { trustedInterfaces = [] } = settings
  const trustedSources = sourcesOf(context, settings.trustedSources, ['firewalld', 'trustedSources'])
  if (trustedInterfaces.length + trustedSources.length > 0)
    add('trusted', { interfaces: trustedInterfaces, sources: trustedSources })
  if (docker && docker.running !== false) add('docker', { interfaces: ['docker0'] })
  const taken = Object.values(stated).flatMap(({ zone }) => zone.interfaces ?? [])
  add(byDefault, { interfaces: taken.includes(context.uplink) ? [] : [context.uplink] })
  return Object.keys(stated)
    .toSorted()
    .flatMap((name) => {
      const found = stated[name]
      return found ? [zoneOf(context, name, found.zone, found.path)] : []
    })
    .filter((zone) => zone.name === byDefault || zone.interfaces.length + zone.sources.length > 0)
}

function zoneOf(context: HostContext, name: string, stated: FirewalldZone, path: NodePath): Zone {
  const { firewalld: settings = {} } = context.stated
  const own = { ...released[name], ...stated }
  const isDefault = name === defaultZoneOf(context)
  const target = targetOf(context, own.target, [...path, 'target'])
  const services = [...(released[name]?.services ?? []), ...(stated.services ?? [])]
  const more = isDefault ? settings : {}
  return {
    name,
    interfaces: own.interfaces ?? [],
    sources: own.sources ?? [],
    input: isDefault ? overridden(context, 'inputDefault', target) : target,
    forward: isDefault ? overridden(context, 'forwardDefault', target) : target,
    lets: [
      ...lists(context, services, stated.ports ?? [], path),
      ...lists(context, more.services ?? [], more.ports ?? [], ['firewalld']),
    ],
    between: own.forward !== false,
  }
}

/** Addresses and blocks of this family; what is neither is refused. */
function sourcesOf(
  context: HostContext,
  stated: readonly string[] | undefined,
  path: NodePath,
): readonly string[] {
  return (stated ?? []).filter((text, index) => {
    if ((parseCidrSloppy(text) ?? parseIpSloppy(text)) === undefined) {
      context.refuse([...path, index], `source "${text}" is no address and no block of addresses`)
      return false
    }
    return text.includes(':') === (context.family === 6)
  })
}

function overridden(
  context: HostContext,
  field: 'inputDefault' | 'forwardDefault',
  otherwise: ZoneTarget,
): ZoneTarget {
  const text = context.stated.firewalld?.[field]
  return text === undefined ? otherwise : targetOf(context, text, ['firewalld', field])
}

function targetOf(context: HostContext, text: string | undefined, path: NodePath): ZoneTarget {
  const [word = '', ...rest] = (text ?? 'default').trim().split(/\s+/)
  switch (word.toLowerCase()) {
    case 'default':
      return { type: 'default' }
    case 'accept':
      return { type: 'accept' }
    case 'drop':
      return { type: 'drop' }
    case 'reject':
    case '%%reject%%':
      return { type: 'reject', answer: rest.filter((one) => one !== 'with').join(' ') }
    default:
      context.refuse(path, `"${text}" is no target of a zone`, 'write default, ACCEPT, DROP or REJECT')
      return { type: 'default' }
  }
}

/** What services and ports let in. */
function lists(
  context: HostContext,
  services: readonly string[],
  ports: readonly string[],
  path: NodePath,
): Zone['lets'] {
  const ofServices = services.flatMap((name, index) =>
    serviceMatches(context, name, [...path, 'services', index]).map((text) => ({ text, path })),
  )
  const ofPorts = ports.flatMap((port, index) => {
    const text = portMatch(port)
    const at = [...path, 'ports', index]
    if (text === undefined) context.refuse(at, `"${port}" is no port of firewalld`, 'write 8472/udp')
    return text === undefined ? [] : [{ text, path: at }]
  })
  return [...ofServices, ...ofPorts]
}

function serviceMatches({ family, refuse }: HostContext, name: string, path: NodePath): readonly string[] {
  const service = wellKnownService(name)
  if (!service) {
    const near = nearest(name, wellKnownServiceNames)
    const fix =
      near === undefined ? 'write its ports under ports' : `did you mean ${near}? or write its ports`
    refuse(path, `"${name}" is no service that is known here`, fix)
    return []
  }
  const { ports, destinations } = service
  const destination = destinations?.[family]
  if (destinations && destination === undefined) return []
  return ports.map((port) => [destination && `-d ${destination}`, portMatch(port)].filter(Boolean).join(' '))
}

/** `22/tcp`, `30000-32767/tcp`. */
function portMatch(text: string): string | undefined {
  const found = /^(\d+)(?:-(\d+))?\/(tcp|udp|sctp|dccp)$/.exec(text.trim())
  if (!found) return undefined
  const [, first = '', last, protocol = ''] = found
  return `-p ${protocol} -m ${protocol} --dport ${last === undefined ? first : `${first}:${last}`}`
}
