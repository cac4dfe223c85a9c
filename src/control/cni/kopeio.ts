import type { Cidr } from '../../base/ip.ts'
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
import { ipMasqRules } from './parts/ip-masq.ts'
import { directRoutes, isNear, peersOf } from './parts/peers.ts'
import { nodeAddress, podBits, podBlock } from './parts/pod-block.ts'
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
    "pods see pods of other nodes behind the tunnel's address, as ipMasq knows the own block alone; each node has a bridge and a block of its own; its first VXLAN mode has one route for all pods, as if they were one network, and answers for their frame addresses itself; encryption is its mode ipsec, which is documented as not for secrecy",
  encapsulation: 'VXLAN (UDP 4789, VNI 1); GRE, IPsec or none in other modes',
  ports: ['UDP 4789 (VXLAN)', 'protocol 47 (GRE)'],
  mtu: '1500 for pods, whose configuration states none; 1400 for the tunnel',
  masquerade: "what leaves the node's own block, pods of other nodes included (ipMasq of the plugin bridge)",
  settings: [{ name: 'mode', takes: 'vxlan, vxlan2, gre, layer2', otherwise: 'vxlan' }],
  notModelled: ['the mode ipsec', 'answers to ARP: every remote pod has a fixed neighbour instead'],
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
  const hostPorts = (node: string) => hasPortmap(input.environment, node, false)
  return {
    name: 'kopeio',
    configuration: { mode, bridge: 'kopeio' },
    mapsHostPorts: hostPorts,
    node: (context) => {
      const devices = bridgeDevices(context.node, context.pods, optionsOf(context))
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
    pod: (context, pod) => bridgedPod(context.node, pod, optionsOf(context)),
    rules: (context, family) => [
      ...ipMasqRules(
        { network: 'k8s-pod-network', bitsOf: (ip) => podBits(context.node, ip) },
        context.pods,
        family,
      ),
      ...(hostPorts(context.node.name)
        ? portmapRules(
            { network: 'k8s-pod-network', deviceOf: vethName, bitsOf: (ip) => podBits(context.node, ip) },
            context.pods,
            family,
          )
        : []),
    ],
  }
}

/** What networking-agent writes for the plugin bridge: no hairpinMode, no MTU, no further plugin. */
function optionsOf({ mtu }: CniContext): BridgeOptions {
  return { component: 'kopeio', bridge: 'kopeio', mtu, hairpin: false }
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
    gatewayOf: (other) => podBlock(other, 4)?.first,
  }).map((one) => ({ ...one, mac: macOf('00:53', one.gateway) }))
  const base = {
    mtu: context.mtu - 100,
    mac: macOf('00:53', block.first),
    addresses: [{ ip: block.first, bits: networks(context)[0]?.bits ?? block.bits }],
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
function oneNetwork(context: CniContext, peers: readonly Vtep[]): Omit<Between, 'devices'> {
  const origin = { component: 'kopeio' }
  const macs = new Map(peers.map(({ origin: { subject }, mac }) => [subject?.name, mac]))
  const neighbors = context.cluster.pods.flatMap((pod): readonly Neighbor[] => {
    const mac = macs.get(pod.nodeName)
    if (mac === undefined || pod.hostNetwork) return []
    return pod.ips.filter((ip) => typeof ip === 'number').map((ip) => ({ ip, mac, device: 'vxlan1' }))
  })
  const tunnels = peers.map(({ gateway: ip, mac }) => ({ ip, mac, device: 'vxlan1' }))
  return {
    routes: networks(context).map((one) => route(one, 'vxlan1', { origin })),
    neighbors: [...tunnels, ...neighbors],
  }
}

/** The pods' network: the tunnel's own address has its prefix length. */
function networks({ cluster }: CniContext): readonly Cidr[] {
  return cluster.settings.podCidrs.filter(({ first }) => typeof first === 'number')
}
