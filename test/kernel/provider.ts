import { formatIp } from '../../src/base/ip.ts'
import type { Network, Segment } from '../../src/model/network.ts'

/** The name of a bridge of the fabric, which stands for an ethernet segment. */
export function bridgeOf(network: Network, id: string): string {
  return `ether${[...network.segments.keys()].indexOf(id)}`
}

/** The name of the fabric's end of a port's wire. */
export function fabricPort(network: Network, segment: Segment, netns: string, device: string): string {
  const index = segment.ports.findIndex((port) => port.netns === netns && port.device === device)
  if (index < 0) throw new Error(`${device} of ${netns} is no port of segment ${segment.id}`)
  const kind = segment.type === 'routed' ? 'r' : 'e'
  return `${kind}${[...network.segments.keys()].indexOf(segment.id)}p${index}`
}

/**
 * Rules of the fabric for interfaces from which a provider takes only what has one of their addresses as its source; empty if
 * there are none. The fabric's bridges must show their frames to iptables then.
 */
export function sourceChecks(network: Network): string {
  const rules = [...network.segments.keys()].flatMap((id) => {
    const segment = network.segments.get(id)
    return segment ? checksOf(network, segment) : []
  })
  if (rules.length === 0) return ''
  const chains = [...new Set(rules.flatMap((rule) => /-j (e\S+)/.exec(rule)?.[1] ?? []))]
  return ['*raw', ...chains.map((name) => `:${name} - [0:0]`), ...rules, 'COMMIT', ''].join('\n')
}

function checksOf(network: Network, segment: Segment): readonly string[] {
  const checked = segment.ports.filter((port) => port.checksSource)
  const names = [...new Set(checked.map(({ netns, device }) => fabricPort(network, segment, netns, device)))]
  return names.flatMap((name) => {
    const own = segment.ports.filter(
      ({ netns, device }) => fabricPort(network, segment, netns, device) === name,
    )
    const addresses = own.flatMap(({ addresses: stated }) => stated ?? []).map(formatIp)
    return [
      `-A PREROUTING -m physdev --physdev-in ${name} -j ${name}`,
      ...addresses.filter((one) => !one.includes(':')).map((one) => `-A ${name} -s ${one}/32 -j RETURN`),
      `-A ${name} -j DROP`,
    ]
  })
}

/** The fabric's ports of routed segments, as iptables names several devices. */
export const routedPorts = 'r+'

/**
 * For networks that do not count: what the kernel takes from the time to live of a packet that comes in by these devices, or
 * any, is put back before it leaves.
 */
export function keepTtlRules(family: 4 | 6, devices = '+'): string {
  const target = family === 4 ? 'TTL --ttl-inc 1' : 'HL --hl-inc 1'
  return `*mangle\n-A FORWARD -i ${devices} -j ${target}\nCOMMIT\n`
}
