import type { PolicyEngine } from './engine.ts'
import type { PolicyFlow } from './match.ts'
import { destinationOf, matchesHeader, matchesPort, matchesPorts } from './match.ts'
import type { Miss } from './miss.ts'
import type { PolicyRule, PortMatch } from './policy.ts'
import { endpointName, portWords, protocolWord } from './words.ts'

/** In what the packet's protocol and ports are not those of the rule: at most one thing of each sort. */
export function missesOfPorts(rule: PolicyRule, flow: PolicyFlow, engine: PolicyEngine): readonly Miss[] {
  const { ports } = rule
  const portMiss =
    ports && !ports.some((one) => matchesPort(one, flow, engine)) ? [missOf(ports, rule, flow, engine)] : []
  const { ports: _, ...others } = rule
  const rest = matchesHeader(rule, flow) && matchesPorts(others, flow, engine) ? [] : [headerMiss(rule, flow)]
  return [...portMiss, ...rest]
}

function headerMiss({ path, protocol, icmp }: PolicyRule, flow: PolicyFlow): Miss {
  const wanted = protocol ? `${protocol.inverted ? 'anything but ' : ''}${protocolWord(protocol.number)}` : ''
  const packet = packetWords(flow)
  if (wanted !== '' && !icmp && (flow.protocol === protocol?.number) === protocol?.inverted)
    return { type: 'header', text: `is about ${wanted}, and the packet is ${packet}`, path }
  return { type: 'header', text: `the packet, ${packet}, is not of the sort that the rule is about`, path }
}

function packetWords({ protocol, dport, icmp }: PolicyFlow): string {
  return icmp ? `ICMP type ${icmp.type}` : `${protocolWord(protocol)} ${dport}`
}

/** At most this many ports are named. */
const named = 4

function missOf(ports: readonly PortMatch[], rule: PolicyRule, flow: PolicyFlow, engine: PolicyEngine): Miss {
  const [first] = ports
  if (!first) return { type: 'port', text: 'its list of ports matches none', path: rule.path }
  const words = ports.slice(0, named).map((one) => wordsOf(one, flow, engine))
  const more = ports.length > named ? ` and ${ports.length - named} more` : ''
  const verb = rule.action === 'deny' ? 'denies' : 'allows'
  const byName = ports.find(
    ({ name, protocol = flow.protocol }) => name !== undefined && protocol === flow.protocol,
  )
  return {
    type: byName ? 'port-name' : 'port',
    text: `${verb} ${words.join(', ')}${more}, and the packet goes to ${packetWords(flow)}`,
    path: (byName ?? first).path,
  }
}

function wordsOf(port: PortMatch, flow: PolicyFlow, engine: PolicyEngine): string {
  const { name, endPort } = port
  if (name === undefined) {
    const ignored = endPort !== undefined && !engine.endPorts ? ` (${engine.name} ignores endPort)` : ''
    return `${portWords(port)}${ignored}`
  }
  return `port \`${name}\` (${whatItIs(port, flow, engine)})`
}

/** What a port's name stands for at the destination. */
function whatItIs({ name, protocol }: PortMatch, flow: PolicyFlow, engine: PolicyEngine): string {
  const { endpoint } = destinationOf(flow)
  if (!engine.namedPorts) return `${engine.name} resolves no names of ports`
  if (!endpoint) return 'an address outside the cluster has no names of ports'
  const called = endpoint.ports.filter((one) => one.name === name)
  const found = called.find((one) => one.protocol === protocol) ?? called[0]
  const whose = endpointName(endpoint)
  if (!found) return `${whose} has no port of this name`
  const asked = protocol === undefined || found.protocol === protocol ? '' : `, not ${protocolWord(protocol)}`
  return `${protocolWord(found.protocol)} ${found.port} on ${whose}${asked}`
}
