import { ICMP, ICMPV6, SCTP, TCP, UDP } from '../../../base/packet.ts'
import type {
  CiliumIcmpField,
  CiliumIngressRule,
  CiliumPort,
  CiliumPortRule,
} from '../../../model/cilium-policy-objects.ts'
import { ciliumIcmpTypes } from '../../../model/cilium-policy-objects.ts'
import type { Path, PolicyRule, PortMatch } from '../../../policy/policy.ts'

/** The part of a rule that is about ports, protocols and requests: all alternatives, one PolicyRule each. */
export type Layer4 = Pick<PolicyRule, 'ports' | 'protocol' | 'icmp' | 'proxied'>

/**
 * `toPorts` and `icmps` of a rule; one alternative without conditions if it has neither. A list of ports without a port
 * matches nothing. Mirrors L4PolicyMap.mergeL4Filter.
 */
export function layer4Of(
  { toPorts = [], icmps = [] }: Pick<CiliumIngressRule, 'toPorts' | 'icmps'>,
  path: Path,
): readonly Layer4[] {
  if (toPorts.length === 0 && icmps.length === 0) return [{}]
  const lists = toPorts.map((one, index) => ({ one, at: [...path, 'toPorts', index] }))
  const plain = lists.filter(({ one }) => requestsOf(one).length === 0)
  return [
    ...(plain.length > 0 ? [{ ports: plain.flatMap(({ one, at }) => portsOf(one, at)) }] : []),
    ...lists.flatMap(({ one, at }) => {
      const proxied = requestsOf(one)
      return proxied.length > 0 ? [{ ports: portsOf(one, at), proxied }] : []
    }),
    ...icmps.flatMap(({ fields = [] }) => fields.map(icmpOf)),
  ]
}

function portsOf({ ports = [] }: CiliumPortRule, path: Path): readonly PortMatch[] {
  return ports.flatMap((one, index) => portOf(one, [...path, 'ports', index]))
}

const numbers: Readonly<Record<string, number>> = {
  TCP,
  UDP,
  SCTP,
  IGMP: 2,
  IPIP: 4,
  IPV6: 41,
  GRE: 47,
  ESP: 50,
  AH: 51,
  VRRP: 112,
}

/** Port 0 is every port; any protocol is one of those that have ports. */
function portOf({ port = '0', endPort = 0, protocol = 'ANY' }: CiliumPort, path: Path): readonly PortMatch[] {
  const number = numbers[protocol.toUpperCase()]
  const protocols = number === undefined ? [TCP, UDP, SCTP] : [number]
  if (port !== '' && !/^\d+$/.test(port)) {
    return protocols.map((one) => ({ path, protocol: one, name: port.toLowerCase() }))
  }
  const first = Number(port)
  return protocols.map((one) => ({
    path,
    protocol: one,
    ...(first > 0 && { port: first, ...(endPort > first && { endPort }) }),
  }))
}

/** A type stands where ports have their number, and there 0 is all of them. */
function icmpOf({ family = 'IPv4', type = 0 }: CiliumIcmpField): Layer4 {
  const names = ciliumIcmpTypes[family === 'IPv6' ? 'IPv6' : 'IPv4']
  const number = typeof type === 'number' ? type : (names[type] ?? Number(type))
  return {
    protocol: { number: family === 'IPv6' ? ICMPV6 : ICMP, inverted: false },
    ...(number > 0 && { icmp: { type: number, inverted: false } }),
  }
}

/** What a proxy is to judge, in words. */
function requestsOf({ rules = {}, serverNames = [] }: CiliumPortRule): readonly string[] {
  const { http = [], dns = [], kafka = [], l7 = [], l7proto } = rules
  const counted = (list: readonly unknown[], what: string) =>
    list.length > 0 ? [`${what} by ${list.length === 1 ? 'a rule' : `${list.length} rules`}`] : []
  return [
    ...counted(http, 'HTTP requests'),
    ...counted(dns, 'DNS queries'),
    ...counted(kafka, 'Kafka requests'),
    ...(l7proto === undefined ? [] : counted(l7, `requests of ${l7proto}`)),
    ...(serverNames.length > 0 ? [`TLS server names: ${serverNames.join(', ')}`] : []),
  ]
}
