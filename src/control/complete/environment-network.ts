import type { Cidr } from '../../base/ip.ts'
import { contains, parseCidr, parseInterfaceAddress, parseIpSloppy } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import { SCTP, TCP, UDP } from '../../base/packet.ts'
import type { ClusterNode, ClusterPod } from '../../model/cluster.ts'
import type {
  Environment,
  FirewallEntry,
  FirewallRule,
  NetworkEnvironment,
  SubnetEntry,
} from '../../model/environment.ts'
import { portRange, protocolNumber, readBlock } from '../firewalls.ts'
import { readRoute } from '../hosts.ts'
import { networkOf, underlayOf } from '../underlay.ts'
import type { Completion } from './completion.ts'
import type { EnvironmentPath } from './environment-place.ts'
import { tellOfEnvironment } from './environment-place.ts'

interface Known {
  readonly nodes: readonly ClusterNode[]
  readonly pods: readonly ClusterPod[]
}

/** Says that a place of the Environment cannot be used as it is. */
type Refuse = (path: EnvironmentPath, text: string, fix?: string) => void

/** What stands about the network between the nodes and cannot be read, or names what is not there. */
export function checkEnvironmentNetwork(
  completion: Completion,
  environment: Environment,
  known: Known,
): void {
  const refuse: Refuse = (path, text, fix) =>
    tellOfEnvironment(completion, 'invalid-setting', path, text, fix === undefined ? {} : { fix })
  const unknown = referenceCheck(completion, known)
  const { network = {}, ipMasqAgent, apiServer } = environment
  for (const [index, subnet] of (network.subnets ?? []).entries()) {
    checkSubnet(subnet, ['network', 'subnets', index], refuse)
  }
  checkRouters(environment, network, known, refuse)
  for (const { path, entry } of firewallsIn(environment)) {
    checkFirewall(entry, path, refuse)
    checkFirewallPlaces(network, { path, entry }, refuse, unknown)
  }
  checkSizes(environment, refuse, unknown)
  for (const name of Object.keys(environment.podRoutes ?? {})) unknown('pod', name, ['podRoutes', name])
  for (const { path, routes } of routesIn(environment)) checkRoutes(routes, path, refuse)
  for (const [index, text] of (ipMasqAgent?.nonMasqueradeCIDRs ?? []).entries()) {
    checkBlock(text, ['ipMasqAgent', 'nonMasqueradeCIDRs', index], refuse)
  }
  const address = apiServer?.['address']
  if (address !== undefined && parseIpSloppy(String(address)) === undefined) {
    refuse(['apiServer', 'address'], `is "${String(address)}", which is no IP address`)
  }
}

interface PlacedFirewall {
  readonly path: EnvironmentPath
  readonly entry: FirewallEntry
}

function firewallsIn({ network = {}, cloudFirewall }: Environment): readonly PlacedFirewall[] {
  const listed = (network.firewalls ?? []).map((entry, index) => ({
    path: ['network', 'firewalls', index],
    entry,
  }))
  return [...listed, ...(cloudFirewall ? [{ path: ['cloudFirewall'], entry: cloudFirewall }] : [])]
}

/** Every list of routes that the Environment has. */
function routesIn({
  network = {},
  podRoutes = {},
  nodes = {},
  externalHosts = [],
}: Environment): readonly { readonly path: EnvironmentPath; readonly routes: readonly string[] }[] {
  return [
    { path: ['network', 'routes'], routes: network.routes ?? [] },
    ...(network.routers ?? []).map(({ routes = [] }, index) => ({
      path: ['network', 'routers', index, 'routes'],
      routes,
    })),
    ...Object.entries(podRoutes).map(([name, routes]) => ({ path: ['podRoutes', name], routes })),
    ...Object.entries(nodes).map(([name, { routes = [] }]) => ({ path: ['nodes', name, 'routes'], routes })),
    ...externalHosts.map(({ routes = [] }, index) => ({ path: ['externalHosts', index, 'routes'], routes })),
  ]
}

function checkFirewallPlaces(
  { subnets = [] }: NetworkEnvironment,
  { path, entry }: PlacedFirewall,
  refuse: Refuse,
  unknown: UnknownCheck,
): void {
  const names = subnets.flatMap(({ name }) => name ?? [])
  for (const [index, name] of (entry.nodes ?? []).entries()) unknown('node', name, [...path, 'nodes', index])
  for (const [index, name] of (entry.between ?? []).entries()) {
    if (names.includes(name)) continue
    const near = nearest(name, names)
    const fix = near === undefined ? undefined : `did you mean ${near}?`
    refuse([...path, 'between', index], `names subnet ${name}, which is not there`, fix)
  }
}

type UnknownCheck = (what: 'node' | 'pod', name: string, path: EnvironmentPath) => void

function referenceCheck(completion: Completion, { nodes, pods }: Known): UnknownCheck {
  const names = {
    node: nodes.map(({ name }) => name),
    pod: pods.map(({ namespace, name }) => `${namespace}/${name}`),
  }
  return (what, name, path) => {
    if (names[what].includes(name)) return
    const near = nearest(name, names[what])
    tellOfEnvironment(completion, 'unknown-reference', path, `names ${what} ${name}, which does not exist`, {
      fix: near === undefined ? `kubewalk get ${what}s -A lists them` : `did you mean ${near}?`,
    })
  }
}

function checkBlock(text: string, path: EnvironmentPath, refuse: Refuse): Cidr | undefined {
  const cidr = parseCidr(text)
  if (!cidr) refuse(path, `is "${text}", which is no block`, 'write one such as 10.0.1.0/24')
  return cidr
}

function checkSubnet(subnet: SubnetEntry, path: EnvironmentPath, refuse: Refuse): void {
  checkGateway(subnet, ['cidr', 'gateway'], path, refuse)
  checkGateway(subnet, ['cidr6', 'gateway6'], path, refuse)
  if (subnet.cidr === undefined && subnet.cidr6 === undefined) {
    refuse(path, 'has no block', 'write cidr: 10.0.1.0/24')
  }
  checkMtu(subnet.mtu, [...path, 'mtu'], refuse)
}

function checkGateway(
  subnet: SubnetEntry,
  [block, gateway]: readonly ['cidr' | 'cidr6', 'gateway' | 'gateway6'],
  path: EnvironmentPath,
  refuse: Refuse,
): void {
  const stated = subnet[block]
  const cidr = stated === undefined ? undefined : checkBlock(stated, [...path, block], refuse)
  const text = subnet[gateway]
  if (text === undefined) return
  const ip = parseIpSloppy(text)
  if (ip === undefined) refuse([...path, gateway], `is "${text}", which is no IP address`)
  else if (cidr && !contains(cidr, ip)) refuse([...path, gateway], `is ${text}, outside ${stated}`)
}

function checkRouters(
  environment: Environment,
  { routers = [] }: NetworkEnvironment,
  { nodes }: Known,
  refuse: Refuse,
): void {
  const underlay = underlayOf({ nodes, environment })
  for (const [index, router] of routers.entries()) {
    const path = ['network', 'routers', index]
    for (const [number, text] of (router.addresses ?? []).entries()) {
      const address = parseInterfaceAddress(text)
      const at = [...path, 'addresses', number]
      if (!address)
        refuse(at, `is "${text}", which is no address with a prefix length`, 'write one such as 10.0.1.2/24')
      else if (!networkOf(underlay, address.ip))
        refuse(at, `is ${text}, which is on no subnet`, 'add it to network.subnets')
    }
  }
}

function checkRoutes(routes: readonly string[], path: EnvironmentPath, refuse: Refuse): void {
  for (const [index, text] of routes.entries()) {
    const words = text.trim().split(/\s+/)
    const via = words.includes('via') ? parseIpSloppy(words[words.indexOf('via') + 1] ?? '') : 0
    if (via !== undefined && readRoute(text, 'eth0').length > 0) continue
    refuse(
      [...path, index],
      `is "${text}", which is no route`,
      'write one such as 10.244.1.0/24 via 10.0.1.11',
    )
  }
}

function checkFirewall(entry: FirewallEntry, path: EnvironmentPath, refuse: Refuse): void {
  const { default: otherwise } = entry
  if (otherwise !== undefined && otherwise !== 'allow' && otherwise !== 'deny') {
    refuse([...path, 'default'], `is "${otherwise}"`, 'write allow or deny')
  }
  for (const list of ['allow', 'deny'] as const) {
    for (const [index, line] of (entry[list] ?? []).entries()) checkLine(line, [...path, list, index], refuse)
  }
}

function checkLine(line: FirewallRule, path: EnvironmentPath, refuse: Refuse): void {
  for (const side of ['from', 'to'] as const) {
    const text = line[side]
    if (text !== undefined && !readBlock(text)) {
      refuse(
        [...path, side],
        `is "${text}", which is no block and no address`,
        'write one such as 10.0.0.0/16',
      )
    }
  }
  const number = protocolNumber(line.protocol)
  if (Number.isNaN(number)) {
    refuse(
      [...path, 'protocol'],
      `is "${line.protocol}"`,
      'write TCP, UDP, SCTP, ICMP, IPIP, GRE, ESP, a number, or any',
    )
  }
  const hasPorts = number === undefined || number === TCP || number === UDP || number === SCTP
  if (line.ports && !hasPorts && !Number.isNaN(number))
    refuse([...path, 'ports'], `stand beside ${line.protocol}, which has no ports`)
  for (const [index, port] of (line.ports ?? []).entries()) {
    if (!portRange(port)) {
      refuse([...path, 'ports', index], `is "${port}"`, 'write a port or a range, such as 443 or 30000-32767')
    }
  }
}

function checkSizes({ mtu = {}, nodes = {} }: Environment, refuse: Refuse, unknown: UnknownCheck): void {
  checkMtu(mtu.pod, ['mtu', 'pod'], refuse)
  checkMtu(mtu.tunnel, ['mtu', 'tunnel'], refuse)
  for (const [name, value] of Object.entries(mtu.nodes ?? {})) {
    unknown('node', name, ['mtu', 'nodes', name])
    checkMtu(value, ['mtu', 'nodes', name], refuse)
  }
  for (const [name, { interfaces = {} }] of Object.entries(nodes)) {
    for (const [device, { mtu: own }] of Object.entries(interfaces)) {
      checkMtu(own, ['nodes', name, 'interfaces', device, 'mtu'], refuse)
    }
  }
}

/** ETH_MIN_MTU and the longest IP packet. */
function checkMtu(value: number | undefined, path: EnvironmentPath, refuse: Refuse): void {
  if (value === undefined || (value >= 68 && value <= 65535)) return
  refuse(path, `is ${value}, which no device has`, 'write bytes from 68 to 65535')
}
