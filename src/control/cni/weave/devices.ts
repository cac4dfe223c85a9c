import type { Cidr, Ip } from '../../../base/ip.ts'
import { familyOf } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { ClusterNode, ClusterPod } from '../../../model/cluster.ts'
import type { Device } from '../../../model/network.ts'
import { macOf, macOfName } from '../../device-names.ts'
import { connected, everything, route } from '../../routes.ts'
import type { CniContext, CniPod } from '../cni.ts'
import { nodeAddress } from '../parts/pod-block.ts'
import { sandboxId } from '../portmap.ts'
import type { WeaveSettings } from './settings.ts'

const origin: Origin = { component: 'weave' }

/** The node's end of a pod's veth pair: as much of the sandbox's id as fits. */
export function weaveVeth(pod: ClusterPod): string {
  return `vethwepl${sandboxId(pod).slice(0, 7)}`
}

/** The two ends of the way out of the bridge: to the Open vSwitch datapath, or to where the weave process listens. */
const legs = {
  fastdp: { inner: 'vethwe-datapath', switch: 'datapath', tunnel: 'vxlan-6784', port: 6784 },
  sleeve: { inner: 'vethwe-pcap', switch: 'weaver', tunnel: 'sleeve', port: 6783 },
} as const

/** The largest MTU that the kernel gives a VXLAN device of a datapath. */
const tunnelMtu = 65485

/**
 * A node's bridge with the pods' ports and one more, which leads to a switch with a tunnel to every other node: one flat
 * network. With fastdp these are the devices of a real node; with sleeve the weave process does what the switch and the
 * tunnel do here.
 */
export function weaveDevices(
  settings: WeaveSettings,
  { cluster, node, pods }: CniContext,
  bridge: { readonly ip: Ip; readonly bits: number },
): readonly Device[] {
  const { mtu, hairpin, backend } = settings
  const leg = legs[backend]
  const named = (name: string) => ({
    name,
    mtu,
    mac: macOfName(`${node.name} ${name}`),
    addresses: [],
    origin,
  })
  const home = `node/${node.name}`
  const ports = pods.map((pod): Device => {
    const name = weaveVeth(pod)
    const peer = { netns: `pod/${pod.namespace}/${pod.name}`, device: 'eth0' }
    const of = { component: 'weave', subject: pod.ref }
    return { ...named(name), type: 'veth', master: 'weave', hairpin, peer, origin: of }
  })
  const others = cluster.nodes.filter((other) => other.name !== node.name)
  const remotes = others.flatMap((other) => nodeAddress(other, 4) ?? [])
  const local = nodeAddress(node, 4)
  const tunnel: Device = {
    ...named(leg.tunnel),
    type: 'vxlan',
    master: leg.switch,
    mtu: tunnelMtu,
    vni: 0,
    local: local ?? 0,
    port: leg.port,
    forwarding: remotes.map((remote) => ({ mac: '00:00:00:00:00:00', remote })),
  }
  return [
    { ...named(leg.switch), type: 'bridge', openVswitch: true },
    { ...named('weave'), type: 'bridge', addresses: [bridge] },
    { ...named(leg.inner), type: 'veth', master: leg.switch, peer: { netns: home, device: 'vethwe-bridge' } },
    { ...named('vethwe-bridge'), type: 'veth', master: 'weave', peer: { netns: home, device: leg.inner } },
    ...(local === undefined ? [] : [tunnel]),
    ...ports,
  ]
}

/** An address of the whole range, and the node's bridge for everything else. */
export function weavePod(
  { mtu }: WeaveSettings,
  node: ClusterNode,
  pod: ClusterPod,
  { range, via }: { readonly range: Cidr; readonly via: Ip | undefined },
): CniPod {
  const own: Origin = { component: 'weave', subject: pod.ref }
  const ips = pod.ips.filter((ip) => familyOf(ip) === 4)
  const eth0: Device = {
    type: 'veth',
    name: 'eth0',
    mtu,
    mac: macOf('0a:58', ips[0] ?? 0),
    addresses: ips.map((ip) => ({ ip, bits: range.bits })),
    peer: { netns: `node/${node.name}`, device: weaveVeth(pod) },
    origin: own,
  }
  const routes = ips.map((ip) => ({ ...connected('eth0', ip, range.bits), origin: own }))
  return {
    devices: [eth0],
    routes: [...routes, ...(via === undefined ? [] : [route(everything(4), 'eth0', { via, origin: own })])],
  }
}
