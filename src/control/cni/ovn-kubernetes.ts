import type { Cidr, Ip } from '../../base/ip.ts'
import { bitsOf, familyOf, formatCidr, formatIp, hostCidr, offsetIp, parseCidr } from '../../base/ip.ts'
import type { Cluster, ClusterNode } from '../../model/cluster.ts'
import type { CniFacts } from '../../model/cni-facts.ts'
import type { Device, Route } from '../../model/network.ts'
import type { TableContribution } from '../../netfilter/table.ts'
import { plainEngine } from '../../policy/engine.ts'
import { macOfName } from '../device-names.ts'
import type { PolicyEnforcement } from '../policy/policy-set.ts'
import { switchFilters } from '../policy/switch-filters.ts'
import { rejectTarget } from '../proxy/iptables-rules.ts'
import { servicePortsOf } from '../proxy/service-ports.ts'
import type { BlocksContext, Cni, CniContext, CniInput, CniPlugin } from './cni.ts'
import { foundByAny, foundByConfigMap, foundByDaemonSet } from './find.ts'
import { approximated } from './parts/approximated.ts'
import type { BridgeOptions } from './parts/bridge.ts'
import { bridgeDevices, bridgedPod, bridgeRoutes } from './parts/bridge.ts'
import { settingOf } from './parts/daemon.ts'
import { freeAddress } from './parts/free-address.ts'
import { peersOf, tunnelMac } from './parts/peers.ts'
import { gatewayOf, nodeAddress, podBlock } from './parts/pod-block.ts'
import { hairpinRules } from './parts/pod-hairpin.ts'
import { readBlocks, readNumber } from './parts/read-setting.ts'
import type { BalancingPlace } from './parts/service-balancing.ts'
import { balancingTables } from './parts/service-balancing.ts'
import { vxlanOverlay } from './parts/vxlan.ts'
import { writtenTable } from './parts/written-rules.ts'

const bridge = 'br-int'
const tunnel = 'genev_sys_6081'

const facts: CniFacts = {
  title: 'OVN-Kubernetes',
  networkModel: 'Layer 3 geneve',
  routeDistribution: 'No',
  networkPolicies: 'Yes',
  mesh: 'No',
  externalDatastore: 'OVN',
  encryption: 'Yes',
  ingressEgressPolicies: 'Yes',
  commercialSupport: 'Yes',
  fidelity: 'model',
  remark:
    'a logical switch for each node, a router between them, a gateway router on each node, all as Open vSwitch flows',
  encapsulation: 'Geneve (UDP 6081)',
  ports: ['UDP 6081 (Geneve)', 'TCP 6641 and 6642 (OVN databases)'],
  mtu: '1400',
  masquerade: "pods' packets that leave the cluster, at the node's gateway router; other nodes included",
  policyEngine:
    'OVN access control lists: what pods send is judged after the load balancer, what they get as it comes to the switch; not the node\u2019s own packets to its pods, nor a pod that is given itself by a Service',
  serviceProxy: 'OVN load balancers; there is no kube-proxy',
  settings: [
    { name: 'mtu', takes: 'a number', otherwise: '1400' },
    { name: 'encap-port', takes: 'a port', otherwise: '6081' },
    { name: 'gateway-v4-join-subnet', takes: 'a block', otherwise: '100.64.0.0/16' },
  ],
  notModelled: [
    'policies as access control lists: a program stands for them at the node\u2019s hooks',
    'Open vSwitch: the node\u2019s logical switch stands as a Linux bridge br-int, its routers as routes and rules',
    'the OVN-KUBE-* chains and the masquerade addresses 169.254.169.1 to .4: load balancing stands at the node\u2019s own hooks instead',
    'the option bytes of Geneve',
    'IPsec, egress addresses, local gateway mode, host ports',
  ],
}

/** OVN-Kubernetes in shared gateway mode, by what happens to packets. */
export const ovnKubernetes: CniPlugin = {
  name: 'ovn-kubernetes',
  aliases: ['ovn', 'ovnkubernetes', 'ovnk'],
  facts,
  environmentFields: ['cni.backend', ...(facts.settings ?? []).map(({ name }) => `cni.${name}`)],
  find: foundByAny(foundByDaemonSet(/^ovnkube-/), foundByConfigMap(/^ovnkube-config$|^ovn-config$/)),
  configure: configureOvn,
}

const policy: PolicyEnforcement = { engine: { ...plainEngine, name: 'OVN-Kubernetes' } }

interface OvnConfig {
  readonly mtu: number
  readonly port: number
  readonly join: Cidr | undefined
}

function configureOvn(input: CniInput): Cni {
  approximated(input, facts)
  const { report } = input
  const number = (name: string, otherwise: number) =>
    readNumber(report, settingOf(input, name), { otherwise, least: 576, most: 65535 })
  const [stated] = readBlocks(report, settingOf(input, 'gateway-v4-join-subnet'))
  const config: OvnConfig = {
    mtu: number('mtu', 1400),
    port: number('encap-port', 6081),
    join: stated ?? parseCidr('100.64.0.0/16'),
  }
  return {
    name: 'ovn-kubernetes',
    configuration: {
      mtu: config.mtu,
      'encap-port': config.port,
      'gateway-v4-join-subnet': config.join && formatCidr(config.join),
      'gateway-mode': 'shared',
    },
    blocks: blocksOfAnnotations,
    mapsHostPorts: () => false,
    replacesKubeProxy: () => true,
    node: (context) => {
      const devices = bridgeDevices(context.node, context.pods, optionsOf(config))
      const between = betweenNodes(config, context)
      return {
        devices: [...devices, ...hostDevices(config, context), ...between.devices],
        routes: [...bridgeRoutes(devices).map((one) => managed(one, context)), ...between.routes],
        neighbors: between.neighbors,
        sysctls: {},
      }
    },
    pod: (context, pod) => bridgedPod(context.node, pod, optionsOf(config)),
    policy,
    filters: ({ cluster, node }) =>
      switchFilters({
        ...{ cluster, node: node.name, enforcement: policy, bridge },
        hairpin: [hairpinSource],
        judgesHairpinEgress: false,
      }),
    rules: (context, family) => [
      ...balancing(context, family),
      ...sources(config, context, family),
      ...hairpinRules('OVN load balancer', context.pods, family, family === 4 ? hairpinSource : undefined),
    ],
  }
}

/** 169.254.169.5: what a pod that is given itself sees. */
const hairpinSource = 0xa9fea905

function optionsOf({ mtu }: OvnConfig): BridgeOptions {
  return { component: 'OVN-Kubernetes', bridge, mtu, hairpin: true }
}

/** `k8s.ovn.org/node-subnets` of the Nodes; else their podCIDR. */
function blocksOfAnnotations({ nodes }: BlocksContext): ReadonlyMap<string, readonly Cidr[]> {
  return new Map(
    nodes.map(({ name, podCidrs, source }) => {
      const text = source?.object.metadata.annotations?.['k8s.ovn.org/node-subnets'] ?? ''
      const stated = (text.match(/[0-9a-fA-F:.]+\/\d+/g) ?? []).flatMap((one) => parseCidr(one) ?? [])
      return [name, stated.length > 0 ? stated : podCidrs]
    }),
  )
}

/** The address of the management port ovn-k8s-mp0, which the node's own packets to pods have: .2 of its subnet. */
function managementOf(cluster: Cluster, node: ClusterNode, family: 4 | 6): Ip | undefined {
  return freeAddress(cluster, node, family, 2)
}

/** The address of the node's gateway router on the join switch. */
function joinAddress({ join }: OvnConfig, { nodes }: Cluster, node: ClusterNode): Ip | undefined {
  const index = nodes.findIndex((one) => one.name === node.name)
  return join && offsetIp(join.first, index + 2)
}

function hostDevices(config: OvnConfig, { cluster, node }: CniContext): readonly Device[] {
  const managed = ([4, 6] as const).flatMap((family) => managementOf(cluster, node, family) ?? [])
  const join = joinAddress(config, cluster, node)
  const dummy = (name: string, ips: readonly Ip[]): Device => ({
    type: 'dummy',
    name,
    mtu: config.mtu,
    mac: macOfName(`${node.name} ${name}`),
    addresses: ips.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) })),
    origin: { component: 'OVN-Kubernetes' },
  })
  return [dummy('ovn-k8s-mp0', managed), dummy('rtoj', join === undefined ? [] : [join])]
}

function managed(one: Route, { cluster, node }: CniContext): Route {
  const source = managementOf(cluster, node, familyOf(one.destination.first))
  return source === undefined ? one : { ...one, source }
}

function betweenNodes(config: OvnConfig, context: CniContext) {
  const [local] = context.node.addresses
  if (local === undefined) return { devices: [], routes: [], neighbors: [] }
  const peers = ([4, 6] as const).flatMap((family) =>
    peersOf(context, {
      ...{ component: 'OVN-Kubernetes', family, outer: familyOf(local) },
      gatewayOf: (other) => gatewayOf(other, family),
    }).map((one) => {
      const name = one.origin.subject?.name
      const other = context.cluster.nodes.find((node) => node.name === name)
      const join = family === 4 && other ? joinAddress(config, context.cluster, other) : undefined
      return join === undefined ? one : { ...one, blocks: [...one.blocks, hostCidr(join)] }
    }),
  )
  const overlay = vxlanOverlay(
    {
      name: tunnel,
      mtu: 65000,
      mac: tunnelMac(local),
      addresses: [],
      ...{ vni: 0, local, port: config.port },
      origin: { component: 'OVN-Kubernetes' },
    },
    peers,
    'geneve',
  )
  return {
    devices: [overlay.device],
    routes: overlay.routes.map((one) => ({ ...managed(one, context), mtu: config.mtu })),
    neighbors: overlay.neighbors,
  }
}

/** Load balancers of the node's switch for pods, of its gateway router for the host and for what comes from outside. */
function balancing({ cluster, node, uplink }: CniContext, family: 4 | 6): readonly TableContribution[] {
  const tables = (prefix: string, traffic: 'inside' | 'outside', place: BalancingPlace) =>
    balancingTables(
      { component: 'OVN load balancer', prefix, cluster, node, family, refusal: rejectTarget(family) },
      traffic,
      place,
    )
  const from = (name: string): BalancingPlace => ({
    hook: 'PREROUTING',
    header: { in: { name, inverted: false } },
    first: true,
  })
  return [
    ...tables('OVN-LB-POD', 'inside', from(bridge)),
    ...tables('OVN-LB-HOST', 'inside', { hook: 'OUTPUT', first: true }),
    ...tables('OVN-LB-GATE', 'outside', from(uplink)),
  ]
}

/**
 * What the gateway router makes of sources: pods leave with the node's address; what it has balanced comes to pods from the
 * join switch (lb_force_snat_ip), except under externalTrafficPolicy Local.
 */
function sources(
  config: OvnConfig,
  { cluster, node, uplink }: CniContext,
  family: 4 | 6,
): readonly TableContribution[] {
  const own = podBlock(node, family)
  const nodeIp = nodeAddress(node, family)
  const join = family === 4 ? joinAddress(config, cluster, node) : undefined
  if (!own || nodeIp === undefined) return []
  const chain = '-A OVN-GATEWAY'
  const balanced = `! -s ${formatCidr(own)} -m conntrack --ctstate DNAT`
  const local = servicePortsOf(cluster, family, node.minorVersion).list.filter(
    (port) => port.externalLocal && port.nodePort > 0,
  )
  return [
    writtenTable({
      origin: { component: 'OVN gateway router' },
      ...{ table: 'nat', family },
      lines: [
        `${chain} -s ${formatCidr(own)} -o ${uplink} -j SNAT --to-source ${formatIp(nodeIp)}`,
        ...local.map(
          ({ nodePort }) => `${chain} -m conntrack --ctstate DNAT --ctorigdstport ${nodePort} -j ACCEPT`,
        ),
        ...(join === undefined
          ? []
          : [bridge, tunnel].map(
              (device) =>
                `${chain} ${balanced.replace(' -m', ` -o ${device} -m`)} -j SNAT --to-source ${formatIp(join)}`,
            )),
      ],
      prepended: [
        '-A POSTROUTING -m comment --comment "OVN gateway router: no iptables rule on a real node" -j OVN-GATEWAY',
      ],
      chains: ['OVN-GATEWAY'],
    }),
  ]
}
