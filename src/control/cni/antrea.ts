import type { Ip } from '../../base/ip.ts'
import { bitsOf, familyOf, formatCidr } from '../../base/ip.ts'
import type { CniFacts } from '../../model/cni-facts.ts'
import type { Device, IpSet, Neighbor, Route } from '../../model/network.ts'
import type { TableContribution } from '../../netfilter/table.ts'
import { plainEngine } from '../../policy/engine.ts'
import { vethName } from '../device-names.ts'
import type { PolicyEnforcement } from '../policy/policy-set.ts'
import { switchFilters } from '../policy/switch-filters.ts'
import { rejectTarget } from '../proxy/iptables-rules.ts'
import { route } from '../routes.ts'
import type { AntreaConfig } from './antrea/config.ts'
import { antreaOverhead, printedAntrea, readAntreaConfig } from './antrea/config.ts'
import type { Cni, CniContext, CniInput, CniPlugin } from './cni.ts'
import { foundByAny, foundByConfigMap, foundByDaemonSet } from './find.ts'
import { approximated } from './parts/approximated.ts'
import type { BridgeOptions } from './parts/bridge.ts'
import { bridgeDevices, bridgedPod, bridgeRoutes } from './parts/bridge.ts'
import { directRoutes, isNear, peersOf, tunnelMac } from './parts/peers.ts'
import { gatewayOf, podBits, podBlock } from './parts/pod-block.ts'
import { hairpinRules } from './parts/pod-hairpin.ts'
import { balancingTables } from './parts/service-balancing.ts'
import type { Vtep } from './parts/vxlan.ts'
import { vxlanOverlay } from './parts/vxlan.ts'
import { writtenTable } from './parts/written-rules.ts'
import { hasPortmap, portmapRules, portmapSysctls } from './portmap.ts'

const gateway = 'antrea-gw0'

const facts: CniFacts = {
  title: 'Antrea',
  networkModel: 'Layer 3 geneve',
  routeDistribution: 'No',
  networkPolicies: 'Yes',
  mesh: 'No',
  externalDatastore: 'None',
  encryption: 'Yes',
  ingressEgressPolicies: 'Yes',
  commercialSupport: 'Yes',
  fidelity: 'model',
  remark:
    'pods of one node are on one Open vSwitch bridge; between nodes a tunnel (encap), routes (noEncap) or both (hybrid)',
  encapsulation:
    'Geneve (UDP 6081), VXLAN (UDP 4789), GRE (protocol 47); none with noEncap; WireGuard (UDP 51820)',
  ports: [
    'UDP 6081 (Geneve)',
    'UDP 4789 (VXLAN)',
    'protocol 47 (GRE)',
    'UDP 51820 (WireGuard)',
    'TCP 10349-10351',
  ],
  mtu: '1450 (Geneve, VXLAN), 1458 (GRE), 1420 (WireGuard), 1500 (noEncap)',
  masquerade: "pods' packets to what is no pod, by ANTREA-POSTROUTING; other nodes included",
  policyEngine:
    'Open vSwitch flows: what pods send is judged after AntreaProxy, what they get as it comes to the switch; not the node\u2019s own packets to its pods, nor what a pod gets from itself by a Service',
  serviceProxy:
    'AntreaProxy in Open vSwitch for what pods address; kube-proxy for nodes and what comes from outside',
  settings: [
    { name: 'trafficEncapMode', takes: 'encap, noEncap, hybrid', otherwise: 'encap' },
    { name: 'tunnelType', takes: 'geneve, vxlan, gre', otherwise: 'geneve' },
    { name: 'tunnelPort', takes: 'a port', otherwise: '6081, VXLAN 4789' },
    { name: 'trafficEncryptionMode', takes: 'none, wireGuard', otherwise: 'none' },
    { name: 'noSNAT', takes: 'true, false', otherwise: 'false' },
    { name: 'defaultMTU', takes: 'a number', otherwise: "the link's, less the encapsulation" },
  ],
  notModelled: [
    'policies as Open vSwitch flows: a program stands for them at the node\u2019s hooks',
    'Antrea\u2019s own policies; AdminNetworkPolicy, which a feature gate switches on',
    'Open vSwitch: its bridge br-int stands as a Linux bridge that bears the name antrea-gw0, and routes lead to antrea-tun0 directly',
    'proxyAll: node ports are those of kube-proxy',
    'the marks and the NOTRACK rule of the tunnel',
    'IPsec, STT, Egress',
  ],
}

const policy: PolicyEnforcement = { engine: { ...plainEngine, name: 'Antrea', apis: ['NetworkPolicy'] } }

/** Antrea, by what happens to packets. */
export const antrea: CniPlugin = {
  name: 'antrea',
  facts,
  environmentFields: (facts.settings ?? []).map(({ name }) => `cni.${name}`),
  find: foundByAny(foundByDaemonSet(/^antrea-agent$/), foundByConfigMap(/^antrea-config/)),
  configure: configureAntrea,
}

function configureAntrea(input: CniInput): Cni {
  approximated(input, facts)
  const config = readAntreaConfig(input)
  const hostPorts = (node: string) => hasPortmap(input.environment, node, true)
  return {
    name: 'antrea',
    configuration: printedAntrea(config),
    mapsHostPorts: hostPorts,
    node: (context) => {
      const devices = bridgeDevices(context.node, context.pods, optionsOf(config, context))
      const between = betweenNodes(config, context)
      return {
        devices: [...devices, ...between.devices],
        routes: [...bridgeRoutes(devices), ...between.routes],
        neighbors: between.neighbors,
        sets: podSets(context),
        sysctls: hostPorts(context.node.name)
          ? portmapSysctls({ deviceOf: () => gateway }, context.pods)
          : {},
      }
    },
    pod: (context, pod) => bridgedPod(context.node, pod, optionsOf(config, context)),
    policy,
    filters: ({ cluster, node }) =>
      switchFilters({
        ...{ cluster, node: node.name, enforcement: policy, bridge: gateway },
        hairpin: ([4, 6] as const).flatMap((family) => gatewayOf(node, family) ?? []),
        judgesHairpinEgress: true,
      }),
    rules: (context, family) => [
      ...proxyRules(context, family),
      ...ownRules(config, context, family),
      ...(hostPorts(context.node.name)
        ? portmapRules(
            { network: 'antrea', deviceOf: vethName, bitsOf: (ip) => podBits(context.node, ip) },
            context.pods,
            family,
          )
        : []),
    ],
  }
}

function optionsOf(config: AntreaConfig, { mtu }: CniContext): BridgeOptions {
  return {
    component: 'Antrea',
    bridge: gateway,
    mtu: config.mtu === 0 ? mtu - antreaOverhead(config) : config.mtu,
    hairpin: true,
  }
}

interface Between {
  readonly devices: readonly Device[]
  readonly routes: readonly Route[]
  readonly neighbors: readonly Neighbor[]
}

function betweenNodes(config: AntreaConfig, context: CniContext): Between {
  const [local] = context.node.addresses
  if (local === undefined) return { devices: [], routes: [], neighbors: [] }
  const peers = ([4, 6] as const).flatMap((family) =>
    peersOf(context, {
      ...{ component: 'Antrea', family, outer: familyOf(local) },
      gatewayOf: (other) => gatewayOf(other, family),
    }),
  )
  const direct = (one: Vtep) =>
    config.encapMode === 'noEncap' || (config.encapMode === 'hybrid' && isNear(context, one))
  const near = peers.filter((one) => direct(one) && isNear(context, one))
  const tunnelled = peers.filter((one) => !direct(one))
  const tunnel = tunnelParts(config, context, local, tunnelled)
  return { ...tunnel, routes: [...tunnel.routes, ...directRoutes(context, near)] }
}

/** antrea-tun0 or antrea-wg0; the node's own packets to pods have the gateway's address. */
function tunnelParts(config: AntreaConfig, context: CniContext, local: Ip, peers: readonly Vtep[]): Between {
  if (peers.length === 0 && config.encapMode !== 'encap') return { devices: [], routes: [], neighbors: [] }
  const own = ([4, 6] as const).flatMap((family) => gatewayOf(context.node, family) ?? [])
  const base = {
    mtu: optionsOf(config, context).mtu,
    mac: tunnelMac(local),
    addresses: own.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) })),
    origin: { component: 'Antrea' },
  }
  const sourced = (one: Route): Route => {
    const source = own.find((ip) => familyOf(ip) === familyOf(one.destination.first))
    return source === undefined ? one : { ...one, source }
  }
  const routesBy = (name: string, via: (one: Vtep) => Ip | undefined) =>
    peers.flatMap((one) => {
      const next = via(one)
      return one.blocks.map((block) =>
        sourced(
          route(block, name, { ...(next !== undefined && { via: next, onlink: true }), origin: one.origin }),
        ),
      )
    })
  if (config.wireguard) {
    const remotes = peers.map(({ blocks, remote }) => ({ blocks, remote }))
    const device: Device = {
      ...base,
      ...{ type: 'tun', carrier: 'wireguard', name: 'antrea-wg0', local, port: 51820, peers: remotes },
    }
    return { devices: [device], routes: routesBy('antrea-wg0', () => undefined), neighbors: [] }
  }
  if (config.tunnelType === 'gre') {
    const device: Device = { ...base, type: 'iptunnel', name: 'antrea-tun0', protocol: 47, local }
    return { devices: [device], routes: routesBy('antrea-tun0', (one) => one.remote), neighbors: [] }
  }
  const { tunnelType, tunnelPort } = config
  const overlay = vxlanOverlay(
    { ...base, name: 'antrea-tun0', vni: 0, local, port: tunnelPort },
    peers,
    tunnelType,
  )
  return {
    devices: [overlay.device],
    routes: overlay.routes.map(sourced),
    neighbors: overlay.neighbors,
  }
}

/** AntreaProxy: what pods address is translated on the bridge, and keeps its source but for a pod that is given itself. */
function proxyRules(context: CniContext, family: 4 | 6): readonly TableContribution[] {
  const { cluster, node, pods } = context
  const component = 'AntreaProxy'
  return [
    ...balancingTables(
      { component, prefix: 'ANTREA-PROX', cluster, node, family, refusal: rejectTarget(family) },
      'inside',
      { hook: 'PREROUTING', header: { in: { name: gateway, inverted: false } }, first: true },
    ),
    ...hairpinRules(component, pods, family, gatewayOf(node, family)),
  ]
}

function setName(family: 4 | 6): string {
  return family === 4 ? 'ANTREA-POD-IP' : 'ANTREA-POD-IP6'
}

/** The blocks of all nodes. */
function podSets({ cluster }: CniContext): readonly IpSet[] {
  return ([4, 6] as const).map((family) => ({
    name: setName(family),
    type: 'hash:net',
    entries: cluster.nodes.flatMap((node) => {
      const block = podBlock(node, family)
      return block ? [formatCidr(block)] : []
    }),
  }))
}

/** Mirrors the iptables part of pkg/agent/route, without marks and NOTRACK. */
function ownRules(
  { noSnat }: AntreaConfig,
  { node }: CniContext,
  family: 4 | 6,
): readonly TableContribution[] {
  const own = podBlock(node, family)
  if (!own) return []
  const origin = { component: 'Antrea' }
  const local = '-m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL'
  const note = '-m comment --comment "Antrea: masquerade LOCAL traffic"'
  const masquerade = [gateway, 'antrea-tun0'].map(
    (device) => `-A ANTREA-POSTROUTING -o ${device} ${note} ${local} -j MASQUERADE --random-fully`,
  )
  const outside = `-A ANTREA-POSTROUTING -s ${formatCidr(own)} ! -o ${gateway} -m comment --comment "Antrea: masquerade Pod to external packets" -m set ! --match-set ${setName(family)} dst -j MASQUERADE`
  return [
    writtenTable({
      ...{ origin, table: 'nat', family },
      lines: [
        '-A POSTROUTING -m comment --comment "Antrea: jump to Antrea postrouting rules" -j ANTREA-POSTROUTING',
        ...(noSnat ? [] : [outside]),
        ...masquerade,
      ],
      chains: ['ANTREA-POSTROUTING'],
    }),
    writtenTable({
      ...{ origin, table: 'filter', family },
      lines: [
        '-A FORWARD -m comment --comment "Antrea: jump to Antrea forwarding rules" -j ANTREA-FORWARD',
        `-A ANTREA-FORWARD -i ${gateway} -m comment --comment "Antrea: accept packets from local Pods" -j ACCEPT`,
        `-A ANTREA-FORWARD -o ${gateway} -m comment --comment "Antrea: accept packets to local Pods" -j ACCEPT`,
      ],
      chains: ['ANTREA-FORWARD'],
    }),
  ]
}
