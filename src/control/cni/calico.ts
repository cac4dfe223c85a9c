import { bitsOf, familyOf } from '../../base/ip.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { CniObjects } from '../../model/cni-objects.ts'
import { routersOf } from './calico/bgp.ts'
import { assignBlocks } from './calico/blocks.ts'
import { checkConfiguration } from './calico/check.ts'
import type { CalicoConfiguration } from './calico/configuration.ts'
import {
  encapsulations,
  printedConfiguration,
  readConfiguration,
  statedNetwork,
} from './calico/configuration.ts'
import { containerOf, environmentOf } from './calico/container-env.ts'
import { felixSetsOf, felixTables } from './calico/felix.ts'
import { podMtu } from './calico/mtu.ts'
import { workloadDevice } from './calico/names.ts'
import { calicoAddress, ownBlocks, routesToNodes } from './calico/node-routes.ts'
import { felixEnforcement } from './calico/policy/enforcement.ts'
import { poolOf } from './calico/pool.ts'
import { poolsFor } from './calico/read-pools.ts'
import { tunnelParts } from './calico/tunnels.ts'
import type { WorkloadOptions } from './calico/workload.ts'
import { defaultReversePath, workloadPod, workloadsOnNode } from './calico/workload.ts'
import type { Cni, CniContext, CniEvidence, CniInput, CniPlugin, FabricRoute } from './cni.ts'
import { foundByAny, foundByConfigMap, foundByDaemonSet } from './find.ts'
import type { Portmap } from './portmap.ts'
import { hasPortmap, portmapRules, portmapSysctls } from './portmap.ts'

/**
 * Calico with the iptables dataplane: a routed veth pair for each pod, addresses from blocks of its pools, routes to the
 * other nodes' blocks by BGP (BIRD) or by Felix, with IP-in-IP, VXLAN or nothing around the packets, and Felix's chains.
 */
export const calico: CniPlugin = {
  name: 'calico',
  aliases: ['calico-node', 'tigera'],
  facts: {
    title: 'Calico',
    networkModel: 'Layer 3',
    routeDistribution: 'Yes',
    networkPolicies: 'Yes',
    mesh: 'Yes',
    externalDatastore: 'Etcd',
    encryption: 'Yes',
    ingressEgressPolicies: 'Yes',
    commercialSupport: 'Yes',
    fidelity: 'exact',
    remark:
      'routes by BGP, for VXLAN pools without it; IP-in-IP, VXLAN or plain, as each pool says; encryption is WireGuard; its eBPF and nftables dataplanes are shown as the iptables one',
    encapsulation: 'as each pool says: none, IPIP (protocol 4), VXLAN in UDP 4789; WireGuard in UDP 51820',
    ports: [
      'TCP 179 (BGP)',
      'protocol 4 (IPIP)',
      'UDP 4789 (VXLAN)',
      'UDP 51820 and 51821 (WireGuard)',
      'TCP 5473 (Typha)',
    ],
    mtu: '1480 with IPIP, 1450 with VXLAN, 1440 with WireGuard, 1500 without any',
    masquerade: 'what leaves all pools, of pods whose pool has natOutgoing',
    settings: [
      {
        name: 'encapsulation',
        takes: 'ipip, ipipCrossSubnet, vxlan, vxlanCrossSubnet, none',
        otherwise: 'as the pools say; ipip without any',
      },
      { name: 'natOutgoing', takes: 'true, false', otherwise: 'as the pools say; true without any' },
      { name: 'blockSize', takes: 'a prefix length', otherwise: 'as the pools say; 26' },
      { name: 'mtu', takes: 'bytes', otherwise: 'found out' },
      { name: 'backend', takes: 'bird, vxlan, none', otherwise: 'bird' },
      { name: 'version', takes: 'a release, such as v3.30', otherwise: 'that of the image, else v3.32' },
    ],
  },
  environmentFields: [
    'cni.encapsulation',
    'cni.natOutgoing',
    'cni.blockSize',
    'cni.dataplane',
    'cni.version',
    'cni.backend',
    'cni.mtu',
    'calico.ipPools',
  ],
  find: foundByAny(foundByNodeDaemon, foundByInstallation, foundByConfigMap(/^calico-config$/), foundByPool),
  configure: configureCalico,
}

/** Beside another plugin calico-node brings policies alone: then it has no networking backend. */
function foundByNodeDaemon(objects: CniObjects): CniEvidence | undefined {
  const { daemonSets, configMaps } = objects
  const daemon = daemonSets.find(({ ref }) => ref.name === 'calico-node')
  const env = environmentOf(containerOf(daemon, 'calico-node'), daemon?.ref.namespace, configMaps)
  return env.get('CALICO_NETWORKING_BACKEND') === 'none'
    ? undefined
    : foundByDaemonSet(/^calico-node$/)(objects)
}

/** The operator installs Calico's own plugin, or its policies alone beside another one. */
function foundByInstallation({ calico: { installations } }: CniObjects): CniEvidence | undefined {
  const found = installations.find(({ object }) => (object.spec?.cni?.type ?? 'Calico') === 'Calico')
  return found && { object: found.ref, at: found.locate(['metadata', 'name']) }
}

/** Pools are read by Calico's own address management alone. */
function foundByPool({ calico: { ipPools } }: CniObjects): CniEvidence | undefined {
  const [found] = ipPools
  return found && { object: found.ref, at: found.locate(['metadata', 'name']) }
}

function configureCalico(input: CniInput): Cni {
  const configuration = readConfiguration(input)
  const { environment, objects } = input
  checkConfiguration(input, configuration)
  const prefix = configuration.felix.interfacePrefix
  const chained = (node: string) => hasPortmap(environment, node, configuration.portmap)
  const portmap: Portmap = {
    network: 'k8s-pod-network',
    deviceOf: (pod) => workloadDevice(prefix, pod),
    bitsOf: (ip) => bitsOf(familyOf(ip)),
  }
  const workloads = (context: CniContext): WorkloadOptions => ({
    component: 'calico',
    prefix,
    mtu: podMtu(configuration, context),
  })
  const network = statedNetwork(configuration)
  return {
    name: 'calico',
    configuration: printedConfiguration(configuration),
    ...(network.length > 0 && { podNetwork: network }),
    blocks: (context) =>
      assignBlocks(context, poolsFor(configuration.pools, context.podCidrs), objects.calico),
    mapsHostPorts: chained,
    policy: felixEnforcement(configuration),
    node: (context) => {
      const on = encapsulations(configuration, context.cluster.settings.podCidrs)
      const given = { configuration, on, context }
      const pods = workloadsOnNode(context.pods, workloads(context), defaultReversePath(context))
      const tunnels = tunnelParts(given)
      return {
        devices: [...tunnels.devices, ...pods.devices],
        routes: [...ownBlocks(given), ...pods.routes, ...routesToNodes(given), ...tunnels.routes],
        neighbors: tunnels.neighbors,
        ...(tunnels.rules.length > 0 && { rules: tunnels.rules }),
        sets: felixSetsOf(configuration, context),
        sysctls: {
          ...pods.sysctls,
          ...tunnels.sysctls,
          ...(chained(context.node.name) ? portmapSysctls(portmap, context.pods) : {}),
        },
      }
    },
    pod: (context, pod) => workloadPod(context.node, pod, workloads(context)),
    rules: (context, family) => [
      ...felixTables(configuration, context, family),
      ...(chained(context.node.name) ? portmapRules(portmap, context.pods, family) : []),
    ],
    fabric: (cluster) => ({ transparent: false, routes: fabricRoutes(configuration, cluster) }),
  }
}

/** Routers that BIRD speaks with come to know each node's blocks. */
function fabricRoutes(
  configuration: CalicoConfiguration,
  { nodes, settings }: Cluster,
): readonly FabricRoute[] {
  if (configuration.backend !== 'bird') return []
  const { pools } = encapsulations(configuration, settings.podCidrs)
  return nodes.flatMap((node) => {
    if (routersOf(configuration.bgp, node, nodes).length === 0) return []
    return node.podBlocks.flatMap((destination): readonly FabricRoute[] => {
      const via = calicoAddress(node, familyOf(destination.first))
      const pool = poolOf(pools, destination.first)
      if (via === undefined || pool?.exported === false) return []
      return [{ destination, via, origin: { component: 'calico', subject: node.ref } }]
    })
  })
}
