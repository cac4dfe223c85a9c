import type { Report } from '../../base/diagnostic.ts'
import { nearest } from '../../base/nearest.ts'
import type {
  CiliumIcmpField,
  CiliumIngressRule,
  CiliumNameSelector,
  CiliumPolicy,
  CiliumPort,
  CiliumPortRule,
} from '../../model/cilium-policy-objects.ts'
import { ciliumIcmpTypes } from '../../model/cilium-policy-objects.ts'
import type { Examined } from './kind.ts'
import { demand, refuse } from './kind.ts'

type Path = readonly (string | number)[]

/** The part of a rule that both directions have. */
type PortPart = Pick<CiliumIngressRule, 'toPorts' | 'icmps'>

/** The number of ports of one list, and of ICMP types. */
const maxPorts = 40

/** `toPorts`. Mirrors PortRule.sanitize and PortProtocol.sanitize. */
export function checkCiliumPorts(
  located: Examined<CiliumPolicy>,
  { toPorts = [] }: PortPart,
  direction: 'ingress' | 'egress',
  path: Path,
  report: Report,
): void {
  for (const [index, rule] of toPorts.entries()) {
    const at = [...path, 'toPorts', index]
    const { ports = [], rules } = rule
    if (ports.length > maxPorts) {
      const message = `ports has ${ports.length} entries; ${maxPorts} at most`
      refuse(located, report, [...at, 'ports'], message, 'make several lists of it')
    }
    for (const [number, port] of ports.entries()) {
      checkPort(located, port, [...at, 'ports', number], report)
    }
    if (rules) checkRequests(located, rule, direction, at, report)
  }
}

const protocolNames: readonly string[] = ['TCP', 'UDP', 'SCTP', 'ANY']
/** Without ports; they need the agent's enable-extended-ip-protocols. */
const portlessProtocols: readonly string[] = ['VRRP', 'IGMP', 'GRE', 'IPIP', 'IPV6', 'ESP', 'AH']
/** A service name of RFC 6335, in any case. */
const portName = /^([a-zA-Z0-9]-?)*[a-zA-Z](-?[a-zA-Z0-9])*$/

function checkPort(located: Examined<CiliumPolicy>, port: CiliumPort, path: Path, report: Report): void {
  const { endPort, protocol = '' } = port
  const portless = portlessProtocols.includes(protocol)
  if (protocol !== '' && !portless && !protocolNames.includes(protocol)) {
    const icmp = /^ICMP(v6)?$/i.test(protocol)
    const near = icmp ? undefined : nearest(protocol.toUpperCase(), protocolNames)
    const fix = icmp ? 'write icmps in the place of toPorts' : near && `write ${near}`
    const message = `protocol "${protocol}" is not one of ${[...protocolNames, ...portlessProtocols].join(', ')}`
    refuse(located, report, [...path, 'protocol'], message, fix)
  }
  if (port.port !== undefined && port.port !== '')
    checkPortText(located, port.port, [...path, 'port'], report)
  else if (!portless) demand(located, report, [...path, 'port'], 'for every port write port: "0"')
  if (endPort !== undefined && (endPort < 0 || endPort > 65535)) {
    refuse(located, report, [...path, 'endPort'], `endPort ${endPort} is not from 0 to 65535`)
  }
}

function checkPortText(located: Examined<CiliumPolicy>, port: string, path: Path, report: Report): void {
  if (/^\d+$/.test(port)) {
    if (Number(port) > 65535) refuse(located, report, path, `port ${port} is not from 0 to 65535`)
  } else if (!portName.test(port) || port.length > 15) {
    const range = /^(\d+)-(\d+)$/.exec(port)
    const fix = range ? `write port: "${range[1]}" and endPort: ${range[2]}` : undefined
    refuse(located, report, path, `"${port}" is neither a port nor the name of one`, fix)
  }
}

/** What a proxy is to judge. */
function checkRequests(
  located: Examined<CiliumPolicy>,
  { ports = [], rules = {} }: CiliumPortRule,
  direction: 'ingress' | 'egress',
  path: Path,
  report: Report,
): void {
  const { dns, http, kafka, l7 } = rules
  const at = [...path, 'rules']
  const kinds = Object.entries({ dns, http, kafka, l7 }).filter(([, list]) => list !== undefined)
  const [, second] = kinds
  if (second) {
    refuse(located, report, [...at, second[0]], 'a list of ports has rules of one protocol', 'make two of it')
  }
  if (dns && dns.length > 0 && direction === 'ingress') {
    const fix = 'put them into an egress rule of those who ask'
    refuse(located, report, [...at, 'dns'], 'rules about DNS are for egress alone', fix)
  }
  checkNames(located, dns, [...at, 'dns'], report)
  const others = [http, kafka, l7].some((list) => (list ?? []).length > 0)
  for (const [index, { port, protocol = 'ANY' }] of ports.entries()) {
    if (others && protocol !== 'TCP') {
      const message = `rules about requests need protocol TCP, not ${protocol}`
      refuse(located, report, [...path, 'ports', index, 'protocol'], message, 'write protocol: TCP')
    } else if ((others || (dns ?? []).length > 0) && port === '0') {
      refuse(located, report, [...path, 'ports', index, 'port'], 'rules about requests need a port, not 0')
    }
  }
}

const nameForm = /^([-a-zA-Z0-9_]+\.?)+$/
const patternForm = /^([-a-zA-Z0-9_*]+\.?)+$/

/** Names of DNS: each entry a `matchName` or a `matchPattern`. */
export function checkNames(
  located: Examined<CiliumPolicy>,
  list: readonly CiliumNameSelector[] | undefined,
  path: Path,
  report: Report,
): void {
  for (const [index, { matchName = '', matchPattern = '' }] of (list ?? []).entries()) {
    const at = [...path, index]
    if ((matchName === '') === (matchPattern === '')) {
      refuse(located, report, at, 'it takes a matchName or a matchPattern')
    } else if (matchName !== '' && !nameForm.test(matchName)) {
      const fix = matchName.includes('*') ? `write matchPattern: "${matchName}"` : undefined
      refuse(located, report, [...at, 'matchName'], `"${matchName}" is not a DNS name`, fix)
    } else if (matchPattern !== '' && !patternForm.test(matchPattern)) {
      const message = `"${matchPattern}" is not a pattern of DNS names: letters, digits, -, _, . and *`
      refuse(located, report, [...at, 'matchPattern'], message)
    }
  }
}

/** `icmps`, which exclude `toPorts`. Mirrors ICMPRule.verify and ICMPField.UnmarshalJSON. */
export function checkCiliumIcmps(
  located: Examined<CiliumPolicy>,
  { toPorts = [], icmps = [] }: PortPart,
  path: Path,
  report: Report,
): void {
  if (icmps.length > 0 && toPorts.length > 0) {
    refuse(
      located,
      report,
      [...path, 'icmps'],
      'a rule has icmps or toPorts, not both',
      'make two rules of it',
    )
  }
  for (const [index, { fields = [] }] of icmps.entries()) {
    for (const [number, field] of fields.entries()) {
      checkIcmp(located, field, [...path, 'icmps', index, 'fields', number], report)
    }
  }
}

function checkIcmp(
  located: Examined<CiliumPolicy>,
  { family = 'IPv4', type }: CiliumIcmpField,
  path: Path,
  report: Report,
): void {
  if (family !== 'IPv4' && family !== 'IPv6') {
    const near = nearest(family, ['IPv4', 'IPv6'])
    const message = `family "${family}" is not one of IPv4, IPv6`
    refuse(located, report, [...path, 'family'], message, near && `write ${near}`)
    return
  }
  if (type === undefined) {
    demand(located, report, [...path, 'type'], 'write a number from 0 to 255, or a name such as EchoRequest')
    return
  }
  const names = ciliumIcmpTypes[family]
  const number = /^\d+$/.test(String(type)) ? Number(type) : undefined
  if (number !== undefined && number <= 255) return
  if (number === undefined && Object.hasOwn(names, type)) return
  const near = typeof type === 'string' ? nearest(type, Object.keys(names)) : undefined
  const message = `type "${type}" is no type of ${family === 'IPv4' ? 'ICMP' : 'ICMPv6'}`
  refuse(located, report, [...path, 'type'], message, near && `write ${near}`)
}
