import type { CniFacts } from '../../model/cni-facts.ts'
import type { Device, Neighbor, Route } from '../../model/network.ts'
import { macOf, vethName } from '../device-names.ts'
import { route } from '../routes.ts'
import type { Cni, CniContext, CniInput, CniPlugin } from './cni.ts'
import { foundByDaemonSet } from './find.ts'
import { approximated } from './parts/approximated.ts'
import type { BridgeOptions } from './parts/bridge.ts'
import { bridgeDevices, bridgedPod, bridgeRoutes } from './parts/bridge.ts'
import { settingOf } from './parts/daemon.ts'
import { outsideMasquerade } from './parts/outside-masquerade.ts'
import { directRoutes, isNear, peersOf } from './parts/peers.ts'
import { gatewayOf, nodeAddress, podBits, podBlock } from './parts/pod-block.ts'
import { readWord } from './parts/read-setting.ts'
import type { Vtep } from './parts/vxlan.ts'
import { vxlanOverlay } from './parts/vxlan.ts'
import { hasPortmap, portmapRules, portmapSysctls } from './portmap.ts'

const facts: CniFacts = {
  title: 'kopeio-networking',
  networkModel: 'Layer 2 vxlan',
  routeDistribution: 'N/A',
  networkPolicies: 'No',
  mesh: 'No',
  externalDatastore: 'None',
  encryption: 'Yes',
  ingressEgressPolicies: 'No',
  commercialSupport: 'No',
  fidelity: 'model',
  remark:
    'each node has a bridge and a block of its own; its first VXLAN mode has one route for all pods, as if they were one network, and answers for their frame addresses itself; encryption is its mode ipsec, which is documented as not for secrecy',
  encapsulation: 'VXLAN (UDP 4789, VNI 1); GRE, IPsec or none in other modes',
  ports: ['UDP 4789 (VXLAN)', 'protocol 47 (GRE)'],
  mtu: '1400',
  masquerade: 'what pods send to anything but pods',
  settings: [{ name: 'mode', takes: 'vxlan, vxlan2, gre, layer2', otherwise: 'vxlan' }],
  notModelled: ['the mode ipsec', 'the exact rules by which it masquerades'],
}

const modes = ['vxlan', 'vxlan2', 'gre', 'layer2'] as const

/** kopeio-networking, by what happens to packets. */
export const kopeio: CniPlugin = {
  name: 'kopeio',
  aliases: ['kopeio-networking', 'kopeio-vxlan'],
  facts,
  environmentFields: ['cni.mode'],
  find: foundByDaemonSet(/^kopeio-networking/),
  configure: configureKopeio,
}

type Mode = (typeof modes)[number]

function configureKopeio(input: CniInput): Cni {
  approximated(input, facts)
  const mode = readWord(input.report, settingOf(input, 'mode'), modes, 'vxlan')
  const hostPorts = (node: string) => hasPortmap(input.environment, node, true)
  return {
    name: 'kopeio',
    configuration: { mode, bridge: 'kopeio' },
    mapsHostPorts: hostPorts,
    node: (context) => {
      const devices = bridgeDevices(context.node, context.pods, optionsOf(mode, context))
      const between = betweenNodes(mode, context)
      return {
        devices: [...devices, ...between.devices],
        routes: [...bridgeRoutes(devices), ...between.routes],
        neighbors: between.neighbors,
        sysctls: hostPorts(context.node.name)
          ? portmapSysctls({ deviceOf: () => 'kopeio' }, context.pods)
          : {},
      }
    },
    pod: (context, pod) => bridgedPod(context.node, pod, optionsOf(mode, context)),
    rules: (context, family) => [
      ...outsideMasquerade(
        context.node,
        { component: 'kopeio', chain: 'KOPEIO-MASQ', kept: context.cluster.settings.podCidrs },
        family,
      ),
      ...(hostPorts(context.node.name)
        ? portmapRules(
            { network: 'kopeio', deviceOf: vethName, bitsOf: (ip) => podBits(context.node, ip) },
            context.pods,
            family,
          )
        : []),
    ],
  }
}

function optionsOf(mode: Mode, { mtu }: CniContext): BridgeOptions {
  return { component: 'kopeio', bridge: 'kopeio', mtu: mtu - (mode === 'layer2' ? 0 : 100), hairpin: true }
}

interface Between {
  readonly devices: readonly Device[]
  readonly routes: readonly Route[]
  readonly neighbors: readonly Neighbor[]
}

/** What leads to other nodes' pods; IPv4 alone. */
function betweenNodes(mode: Mode, context: CniContext): Between {
  const local = nodeAddress(context.node, 4)
  const block = podBlock(context.node, 4)
  if (local === undefined || !block) return { devices: [], routes: [], neighbors: [] }
  const peers = peersOf(context, {
    ...{ component: 'kopeio', family: 4, outer: 4 },
    gatewayOf: (other) => gatewayOf(other, 4),
  }).map((one) => ({ ...one, mac: macOf('00:53', one.gateway) }))
  const base = {
    mtu: optionsOf(mode, context).mtu,
    mac: macOf('00:53', gatewayOf(context.node, 4) ?? 0),
    addresses: [],
    local,
    origin: { component: 'kopeio' },
  }
  if (mode === 'layer2') {
    const near = peers.filter((one) => isNear(context, one))
    return { devices: [], routes: directRoutes(context, near), neighbors: [] }
  }
  if (mode === 'gre') return gre(base, peers)
  const overlay = vxlanOverlay({ ...base, name: 'vxlan1', vni: 1, port: 4789 }, peers)
  return mode === 'vxlan2'
    ? { devices: [overlay.device], routes: overlay.routes, neighbors: overlay.neighbors }
    : { devices: [overlay.device], ...oneNetwork(context, peers) }
}

function gre(
  base: Omit<Device & { readonly type: 'iptunnel' }, 'type' | 'name' | 'protocol'>,
  peers: readonly Vtep[],
): Between {
  const device: Device = { ...base, type: 'iptunnel', name: 'gre1', protocol: 47 }
  const routes = peers.flatMap(({ blocks, remote: via, origin }) =>
    blocks.map((one) => route(one, device.name, { via, onlink: true, origin })),
  )
  return { devices: [device], routes, neighbors: [] }
}

/** One route for all pods; the daemon answers for each pod's frame address, that of its node's device. */
function oneNetwork({ cluster }: CniContext, peers: readonly Vtep[]): Omit<Between, 'devices'> {
  const origin = { component: 'kopeio' }
  const macs = new Map(peers.map(({ origin: { subject }, mac }) => [subject?.name, mac]))
  const neighbors = cluster.pods.flatMap((pod): readonly Neighbor[] => {
    const mac = macs.get(pod.nodeName)
    if (mac === undefined || pod.hostNetwork) return []
    return pod.ips.filter((ip) => typeof ip === 'number').map((ip) => ({ ip, mac, device: 'vxlan1' }))
  })
  const networks = cluster.settings.podCidrs.filter(({ first }) => typeof first === 'number')
  return { routes: networks.map((one) => route(one, 'vxlan1', { origin })), neighbors }
}
