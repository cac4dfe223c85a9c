import { sha256Hex, sha512Hex } from '../../base/hash.ts'
import type { Ip } from '../../base/ip.ts'
import { cidrOf, familyOf, parseIp } from '../../base/ip.ts'
import type { Origin } from '../../base/source.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { Environment } from '../../model/environment.ts'
import type { Container, ContainerPort } from '../../model/objects.ts'
import type { Match } from '../../netfilter/match/registry.ts'
import type { AddressMatch, Chain, Rule, Target } from '../../netfilter/rule.ts'
import type { TableContribution } from '../../netfilter/table.ts'
import { fixedChains } from '../../netfilter/table.ts'
import {
  addressType,
  block,
  comment,
  host,
  jump,
  onProtocol,
  rule,
  transport,
} from '../proxy/iptables-rules.ts'

/**
 * The chained plugin portmap (containernetworking/plugins 1.x, backend iptables): it brings a pod's hostPorts to the
 * pod. Without it nothing does.
 */

type Protocol = 'tcp' | 'udp' | 'sctp'

/** One port of the node, as containerd hands it to the plugin. */
export interface PortMapping {
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: Protocol
  readonly hostIp?: Ip
}

/** The bit that asks for masquerading (DefaultMarkBit). */
const markBit = 0x2000

const shared: Origin = { component: 'portmap' }
const setMark = jump('CNI-HOSTPORT-SETMARK')
const masquerade: Target = { type: 'MASQUERADE', random: false, fullyRandom: false }

/** Whether the node's plugin chain has portmap: as the Environment states it, else as the plugin is released. */
export function hasPortmap({ cniChain }: Environment, node: string, released: boolean): boolean {
  return cniChain?.[node]?.includes('portmap') ?? released
}

/** Mirrors MakePortMappings of kubelet and toCNIPortMappings of containerd: the ports of containers, sidecars left out. */
export function portMappings({ object }: ClusterPod): readonly PortMapping[] {
  return (object.spec.containers ?? []).flatMap(mappingsOf)
}

function mappingsOf({ ports = [] }: Container): readonly PortMapping[] {
  const seen = new Set<string>()
  return ports.flatMap((port) => {
    const { hostPort = 0, containerPort = 0, hostIP = '' } = port
    const name = port.name || unnamed(port)
    if (seen.has(name)) return []
    seen.add(name)
    if (hostPort <= 0) return []
    const hostIp = parseIp(hostIP)
    const protocol = protocolOf(port)
    return [{ hostPort, containerPort, protocol, ...(hostIp !== undefined && { hostIp }) }]
  })
}

/** What kubelet calls a port without a name: two that are alike are one. */
function unnamed({ hostIP = '', protocol = 'TCP', containerPort, hostPort }: ContainerPort): string {
  return `${protocol}-${hostIP}:${containerPort}:${hostPort ?? 0}`
}

function protocolOf({ protocol = 'TCP' }: ContainerPort): Protocol {
  return protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp'
}

/** How portmap is chained behind a plugin. */
export interface Portmap {
  /** The name of the network in the node's plugin configuration. */
  readonly network: string
  /** The node's device that leads to the pod: its own, or the bridge (getRoutableHostIF). */
  deviceOf(pod: ClusterPod): string
  /** The prefix length with which the plugin gave the pod its address: whom the masquerading is for. */
  bitsOf(ip: Ip): number
}

/** Lets packets from 127.0.0.1 leave by the pod's device. Mirrors enableLocalnetRouting. */
export function portmapSysctls(
  { deviceOf }: Pick<Portmap, 'deviceOf'>,
  pods: readonly ClusterPod[],
): Readonly<Record<string, number>> {
  const mapped = pods.filter(
    (pod) => portMappings(pod).length > 0 && pod.ips.some((ip) => familyOf(ip) === 4),
  )
  return Object.fromEntries(
    mapped.map((pod) => [`net.ipv4.conf.${deviceOf(pod).replaceAll('.', '/')}.route_localnet`, 1]),
  )
}

/**
 * Mirrors forwardPorts: chains that all pods share, and one chain for each pod. The jump for masquerading is prepended,
 * the others are appended.
 */
export function portmapRules(
  portmap: Portmap,
  pods: readonly ClusterPod[],
  family: 4 | 6,
): readonly TableContribution[] {
  const mapped = pods.flatMap((pod) => {
    const ip = pod.ips.find((one) => familyOf(one) === family)
    const mappings = portMappings(pod)
    return ip === undefined || mappings.length === 0 ? [] : [{ pod, ip, mappings }]
  })
  if (mapped.length === 0) return []
  const each = mapped.map(({ pod, ip, mappings }) => podRules({ portmap, pod, ip, mappings }))
  const marked: Match = { type: 'mark', value: markBit, mask: markBit, inverted: false }
  const toPorts = rule(shared, {}, [addressType('destination')], jump('CNI-HOSTPORT-DNAT'))
  const requiring = comment('CNI portfwd requiring masquerade')
  const chains: readonly Chain[] = [
    { name: 'CNI-HOSTPORT-DNAT', rules: each.flatMap((one) => one.entries) },
    { name: 'CNI-HOSTPORT-MASQ', rules: [rule(shared, {}, [marked], masquerade)] },
    {
      name: 'CNI-HOSTPORT-SETMARK',
      rules: [
        rule(shared, {}, [comment('CNI portfwd masquerade mark')], {
          type: 'MARK',
          value: markBit,
          mask: markBit,
        }),
      ],
    },
    ...each.map((one) => one.chain),
  ]
  return [
    {
      table: 'nat',
      prepended: { POSTROUTING: [rule(shared, {}, [requiring], jump('CNI-HOSTPORT-MASQ'))] },
      baseRules: { PREROUTING: [toPorts], OUTPUT: [toPorts] },
      chains: fixedChains(chains),
    },
  ]
}

interface PodContext {
  readonly portmap: Portmap
  readonly pod: ClusterPod
  readonly ip: Ip
  readonly mappings: readonly PortMapping[]
}

/** The name of the pod's sandbox, which containerd draws at random: here it follows from the pod's name. */
export function sandboxId({ namespace, name }: ClusterPod): string {
  return sha256Hex(`sandbox ${namespace}/${name}`)
}

/** Mirrors MustFormatChainNameWithPrefix: 28 characters, of which the last are a hash. */
export function podChainName(network: string, sandbox: string): string {
  return `CNI-DN-${sha512Hex(`${network}${sandbox}`)}`.slice(0, 28)
}

/** Mirrors genDnatChain and fillDnatRules. */
function podRules(context: PodContext): { readonly chain: Chain; readonly entries: readonly Rule[] } {
  const { portmap, pod, mappings } = context
  const { network } = portmap
  const origin: Origin = { component: 'portmap', subject: pod.ref }
  const id = sandboxId(pod)
  const name = podChainName(network, id)
  const note = comment(`dnat name: "${network}" id: "${id}"`)
  const protocols = (['sctp', 'tcp', 'udp'] as const).filter((one) =>
    mappings.some(({ protocol }) => protocol === one),
  )
  const entries = protocols.flatMap((protocol) => {
    const ports = mappings.filter((one) => one.protocol === protocol).map((one) => one.hostPort)
    return groups(ports).map((group) => {
      const ranges = group.map((port) => ({ first: port, last: port }))
      const listed: Match = { type: 'multiport', side: 'dports', ranges, inverted: false }
      return rule(origin, onProtocol(protocol), [note, listed], jump(name))
    })
  })
  return { chain: { name, rules: mappings.flatMap((one) => mappingRules(context, one, origin)) }, entries }
}

/** multiport takes no more than fifteen. */
function groups(ports: readonly number[]): readonly (readonly number[])[] {
  return ports.length <= 15 ? [ports] : [ports.slice(0, 15), ...groups(ports.slice(15))]
}

/** Marks what comes from the pod's own network, the pod itself at least, and from 127.0.0.1; then translates. */
function mappingRules({ portmap, ip }: PodContext, mapping: PortMapping, origin: Origin): readonly Rule[] {
  const { hostPort, containerPort, protocol, hostIp } = mapping
  const family = familyOf(ip)
  if (hostIp !== undefined && familyOf(hostIp) !== family) return []
  // An unspecified address says the family alone.
  const named = hostIp !== undefined && hostIp !== 0 && hostIp !== 0n
  const header = { ...onProtocol(protocol), ...(named && { destination: host(hostIp) }) }
  const port = [transport(protocol, hostPort)]
  const from = (source: AddressMatch | undefined) =>
    rule(origin, { ...header, ...(source && { source }) }, port, setMark)
  const target: Target = {
    type: 'DNAT',
    addresses: { first: ip, last: ip },
    ports: { first: containerPort, last: containerPort },
    random: false,
    persistent: false,
  }
  return [
    from(block(cidrOf(ip, portmap.bitsOf(ip)))),
    ...(family === 4 ? [from(host(0x7f000001))] : []),
    rule(origin, header, port, target),
  ]
}
