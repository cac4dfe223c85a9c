import { bitsOf, familyOf } from '../../base/ip.ts'
import type { CalicoConfiguration } from './calico/configuration.ts'
import { readConfiguration } from './calico/configuration.ts'
import { containerOf, environmentOf } from './calico/container-env.ts'
import { felixSetsOf, felixTables } from './calico/felix.ts'
import { readBoolean } from './calico/felix-settings.ts'
import { workloadDevice } from './calico/names.ts'
import { felixEnforcement } from './calico/policy/enforcement.ts'
import type { WorkloadOptions } from './calico/workload.ts'
import { defaultReversePath, workloadPod, workloadsOnNode } from './calico/workload.ts'
import type { Cni, CniContext, CniInput, CniPlugin } from './cni.ts'
import { foundByAny, foundByConfigMap, foundByDaemonSet } from './find.ts'
import { backendParts, flannelMtu } from './flannel/backend.ts'
import type { FlannelConfig } from './flannel/config.ts'
import { printedConfig, readFlannelConfig, withNetwork } from './flannel/config.ts'
import { flannelRules } from './flannel/rules.ts'
import type { Portmap } from './portmap.ts'
import { hasPortmap, portmapRules, portmapSysctls } from './portmap.ts'

/**
 * Canal: flannel between the nodes, with its device, routes and rules, and Calico on each node: its CNI plugin with
 * host-local for the addresses, and Felix for policies. There is no BIRD, and there are no pools.
 */
export const canal: CniPlugin = {
  name: 'canal',
  facts: {
    title: 'Canal',
    networkModel: 'Layer 2 vxlan',
    routeDistribution: 'N/A',
    networkPolicies: 'Yes',
    mesh: 'No',
    externalDatastore: 'Etcd',
    encryption: 'No',
    ingressEgressPolicies: 'Yes',
    commercialSupport: 'No',
    fidelity: 'exact',
    remark:
      'flannel between nodes and Calico on each: every node has a subnet of its own, and packets between nodes are routed through the VXLAN device, not bridged',
    encapsulation: 'VXLAN in UDP 8472, VNI 1; flannel’s other backends, as net-conf.json says',
    ports: ['UDP 8472 (vxlan)'],
    mtu: '1450',
    masquerade: 'what leaves the pod network, and what enters it, by FLANNEL-POSTRTG',
    settings: [
      { name: 'backend', takes: 'vxlan, host-gw, wireguard, ipip, udp', otherwise: 'vxlan' },
      { name: 'network', takes: 'blocks', otherwise: 'the network of net-conf.json, else the pod network' },
      { name: 'directRouting', takes: 'true, false', otherwise: 'false' },
      { name: 'vni', takes: 'a number', otherwise: '1' },
      { name: 'port', takes: 'a UDP port', otherwise: '8472; wireguard 51820, udp 8285' },
      {
        name: 'mtu',
        takes: "bytes: the link's, from which the overhead is taken",
        otherwise: "the uplink's",
      },
      { name: 'ipMasq', takes: 'true, false', otherwise: 'true' },
      { name: 'version', takes: 'a release of Calico, such as v3.30', otherwise: 'that of the image' },
    ],
  },
  environmentFields: [
    'cni.backend',
    'cni.network',
    'cni.vxlanPort',
    'cni.port',
    'cni.vni',
    'cni.mtu',
    'cni.directRouting',
    'cni.ipMasq',
    'cni.version',
  ],
  find: foundByAny(foundByDaemonSet(/^canal$/), foundByConfigMap(/^canal-config$/)),
  configure: configureCanal,
}

function configureCanal(input: CniInput): Cni {
  const flannel = readFlannel(input)
  const calico = withoutPools(readConfiguration(input))
  const { interfacePrefix: prefix } = calico.felix
  const chained = (node: string) => hasPortmap(input.environment, node, calico.portmap)
  const portmap: Portmap = {
    network: 'k8s-pod-network',
    deviceOf: (pod) => workloadDevice(prefix, pod),
    bitsOf: (ip) => bitsOf(familyOf(ip)),
  }
  const workloads = ({ mtu }: CniContext): WorkloadOptions => ({
    component: 'canal',
    prefix,
    mtu: calico.podMtu ?? flannelMtu(flannel, mtu),
  })
  return {
    name: 'canal',
    configuration: { ...printedConfig(flannel), version: `v3.${calico.release}` },
    podNetwork: flannel.network,
    mapsHostPorts: chained,
    policy: felixEnforcement(calico),
    node: (context) => {
      const backend = backendParts(withNetwork(flannel, context), context)
      const pods = workloadsOnNode(context.pods, workloads(context), defaultReversePath(context))
      return {
        devices: [...backend.devices, ...pods.devices],
        routes: [...pods.routes, ...backend.routes],
        neighbors: backend.neighbors,
        sets: felixSetsOf(calico, context),
        sysctls: {
          ...pods.sysctls,
          ...(chained(context.node.name) ? portmapSysctls(portmap, context.pods) : {}),
        },
      }
    },
    pod: (context, pod) => workloadPod(context.node, pod, workloads(context)),
    rules: (context, family) => [
      ...flannelRules(withNetwork(flannel, context), context.node, family),
      ...felixTables(calico, context, family),
      ...(chained(context.node.name) ? portmapRules(portmap, context.pods, family) : []),
    ],
  }
}

/** flanneld runs in the DaemonSet `canal`, whose ConfigMap says by a variable whether it masquerades. */
function readFlannel(input: CniInput): FlannelConfig {
  const { daemonSets, configMaps } = input.objects
  const daemon = daemonSets.find(({ ref }) => ref.name === 'canal')
  const env = environmentOf(containerOf(daemon, 'kube-flannel'), daemon?.ref.namespace, configMaps)
  const read = readFlannelConfig(input)
  const stated = readBoolean(env.get('FLANNELD_IP_MASQ'))
  const isSet = input.settings['ipMasq'] !== undefined
  return stated === undefined || isSet ? read : { ...read, ipMasq: stated }
}

/** CALICO_NETWORKING_BACKEND is none, and Felix has neither pools nor tunnels. */
function withoutPools(configuration: CalicoConfiguration): CalicoConfiguration {
  return { ...configuration, backend: 'none', pools: { stated: [] } }
}
