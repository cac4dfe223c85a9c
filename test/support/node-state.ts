import { familyOf, formatCidr, formatIp } from '../../src/base/ip.ts'
import type { LoadedCluster } from '../../src/index.ts'
import { formatRuleSet } from '../../src/index.ts'
import type { Netns, Route } from '../../src/model/network.ts'
import type { Hop } from '../../src/model/trace.ts'
import type { Flow } from './cni-example.ts'
import { flows } from './cni-example.ts'

/** A namespace's state in the words of `ip` and of iptables-save, for tests that compare it with a real node's. */

function netnsOf({ network }: LoadedCluster, id: string): Netns {
  const netns = network.namespaces.get(id)
  if (!netns) throw new Error(`there is no namespace ${id}`)
  return netns
}

const tableNames: ReadonlyMap<number, string> = new Map([
  [255, 'local'],
  [254, 'main'],
  [253, 'default'],
])

/** `ip rule`: `1024: from all fwmark 0x80/0x80 lookup main`. */
export function rulesOf(cluster: LoadedCluster, node: string, family: 4 | 6): readonly string[] {
  const rules = (netnsOf(cluster, `node/${node}`).rules ?? []).filter((rule) => rule.family === family)
  return rules
    .toSorted((a, b) => a.priority - b.priority)
    .map(({ priority, from, to, mark, action }) => {
      const block = (cidr: typeof from) => (cidr ? plainBlock(formatCidr(cidr)) : 'all')
      const words = [
        `from ${block(from)}`,
        ...(to ? [`to ${block(to)}`] : []),
        ...(mark ? [`fwmark 0x${mark.value.toString(16)}/0x${mark.mask.toString(16)}`] : []),
        action.type === 'lookup' ? `lookup ${tableNames.get(action.table) ?? action.table}` : action.type,
      ]
      return `${priority}: ${words.join(' ')}`
    })
}

function plainBlock(text: string): string {
  return text.replace(/\/(32|128)$/, '')
}

/** `ip route show table N`, in the order in which the routes were added. */
export function routesOf(cluster: LoadedCluster, id: string, table: number): readonly string[] {
  return netnsOf(cluster, id)
    .routes.filter((route) => route.table === table)
    .map(routeText)
}

function routeText({ destination, type, nextHops, scope, source, protocol, mtu }: Route): string {
  const [hop] = nextHops
  const any = destination.bits === 0
  const isLink = scope === 'link' && hop?.via === undefined && familyOf(destination.first) === 4
  const words = [
    ...(type === 'unicast' ? [] : [type]),
    any ? 'default' : plainBlock(formatCidr(destination)),
    ...(hop?.via === undefined ? [] : [`via ${formatIp(hop.via)}`]),
    ...(hop ? [`dev ${hop.device}`] : []),
    ...(protocol === undefined ? [] : [`proto ${protocol}`]),
    ...(isLink ? ['scope link'] : scope === 'host' ? ['scope host'] : []),
    ...(source === undefined ? [] : [`src ${formatIp(source)}`]),
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
    ...(hop?.onlink ? ['onlink'] : []),
  ]
  return words.join(' ')
}

/** The devices with their MTU, their bridge and their addresses: `eth0 mtu 9001 192.168.1.11/24`. */
export function linksOf(cluster: LoadedCluster, id: string): readonly string[] {
  return netnsOf(cluster, id).devices.map(({ name, mtu, master, addresses }) =>
    [
      `${name} mtu ${mtu}`,
      ...(master === undefined ? [] : [`master ${master}`]),
      ...addresses.map(({ ip, bits }) => `${formatIp(ip)}/${bits}`),
    ].join(' '),
  )
}

/** The rules of a node's table, without its chains' declarations, as iptables-save prints them. */
export function linesOf(
  cluster: LoadedCluster,
  node: string,
  table: string,
  family: 4 | 6 = 4,
): readonly string[] {
  const set = cluster.ruleSets(node)?.find((one) => one.family === family)
  const text = set ? formatRuleSet(set) : ''
  const part = text.split(/^(?=\*)/m).find((one) => one.startsWith(`*${table}\n`)) ?? ''
  return part.split('\n').filter((line) => line.startsWith('-A'))
}

/** The device by which a flow's packet leaves a node for another machine, on the way there and on the way back. */
export function ways(
  cluster: LoadedCluster,
  flow: Flow,
  node: string,
): { readonly forward: string | undefined; readonly reply: string | undefined } {
  const [from, to] = flows[flow]
  const leg = cluster.trace({ from, to }).outcomes[0]?.legs.at(-1)
  return { forward: leavesBy(leg?.forward ?? [], node), reply: leavesBy(leg?.reply ?? [], node) }
}

function leavesBy(hops: readonly Hop[], node: string): string | undefined {
  const steps = hops.filter((hop) => hop.netns === `node/${node}`).flatMap((hop) => hop.steps)
  const routed = steps.filter((step) => step.type === 'route')
  return routed.at(-1)?.device
}
