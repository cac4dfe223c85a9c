import { familyOf, hostCidr, offsetIp } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { Device, Route, RoutingRule } from '../../../model/network.ts'
import { mainTable } from '../../../model/network.ts'
import { macOfName } from '../../device-names.ts'
import { everything, hostRoute, route } from '../../routes.ts'
import type { Underlay } from '../../underlay.ts'
import { bitsIn, networkOf, segmentOfNode } from '../../underlay.ts'
import type { CniContext, CniNode } from '../cni.ts'
import { portmapSysctls } from '../portmap.ts'
import type { Eni } from './interfaces.ts'
import { tableOf } from './interfaces.ts'
import { eniName, nodeEnd, podRef } from './pod.ts'
import type { AwsVpcSettings } from './settings.ts'

const origin: Origin = { component: 'aws-node' }

/** What a node has beside its own uplink. */
export function nodeParts(
  settings: AwsVpcSettings,
  enis: readonly Eni[],
  context: CniContext,
  portmap: boolean,
): CniNode {
  const { pods, uplink } = context
  const secondary = enis.filter(({ number, address }) => number > 0 && address !== undefined)
  const sysctls = { [`net.ipv4.conf.${uplink}.rp_filter`]: 2 }
  const mapped = portmap ? portmapSysctls({ deviceOf: (pod) => eniName(settings, pod) }, pods) : {}
  return {
    devices: [
      ...secondary.map((eni) => eniDevice(settings, context, eni)),
      ...pods.map((pod) => nodeEnd(settings, context.node.name, pod)),
    ],
    routes: [
      ...pods.flatMap((pod) =>
        pod.ips.map((ip) => hostRoute(ip, eniName(settings, pod), { origin: podRef(pod) })),
      ),
      ...secondary.flatMap((eni) => eniRoutes(context.underlay, eni)),
    ],
    rules: routingRules(settings, context, secondary),
    sysctls: { ...sysctls, ...mapped },
  }
}

function eniDevice(
  settings: AwsVpcSettings,
  { node, underlay }: CniContext,
  { device, address = 0 }: Eni,
): Device {
  return {
    type: 'ethernet',
    name: device,
    segment: segmentOfNode(underlay, node),
    mtu: settings.mtu,
    mac: macOfName(`${node.name} ${device}`),
    addresses: [{ ip: address, bits: bitsIn(underlay, address) }],
    origin,
  }
}

/** setupENINetwork: the subnet's router and everything by it, in the interface's own table; no connected route. */
function eniRoutes(underlay: Underlay, eni: Eni): readonly Route[] {
  const { device, address = 0 } = eni
  const network = networkOf(underlay, address)
  if (!network) return []
  const gateway = offsetIp(network.cidr.first, 1)
  const table = tableOf(eni)
  return [
    { ...route(everything(4), device, { via: gateway, origin }), table },
    { ...hostRoute(gateway, device, { origin }), table },
  ]
}

/** By priority: to a pod, marked as the primary interface's, from a pod of a secondary one, from that one itself. */
function routingRules(
  settings: AwsVpcSettings,
  { pods }: CniContext,
  secondary: readonly Eni[],
): readonly RoutingRule[] {
  const { ipv6, connmark, nodePortSupport, externalSnat, externalServiceCidrs } = settings
  const family = ipv6 ? 6 : 4
  const ips = pods.flatMap((pod) => pod.ips.filter((ip) => familyOf(ip) === family))
  const lookup = (priority: number, table: number, rest: Partial<RoutingRule>): RoutingRule => ({
    priority,
    family,
    ...rest,
    action: { type: 'lookup', table },
  })
  const onSecondary = (eni: Eni) => ips.filter((ip) => eni.pods.includes(ip))
  return [
    ...ips.map((ip) => lookup(512, mainTable, { to: hostCidr(ip) })),
    ...(nodePortSupport || !externalSnat
      ? [lookup(1024, mainTable, { mark: { value: connmark, mask: connmark } })]
      : []),
    ...(ipv6 ? [] : externalServiceCidrs.map((to) => lookup(1535, mainTable, { to }))),
    ...secondary.flatMap((eni) =>
      onSecondary(eni).map((ip) => lookup(1536, tableOf(eni), { from: hostCidr(ip) })),
    ),
    ...secondary.map((eni) => lookup(32765, tableOf(eni), { from: hostCidr(eni.address ?? 0) })),
  ]
}
