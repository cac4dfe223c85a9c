import { examplePolicies } from '../support/calico-policies.ts'
import type { ExampleOptions } from '../support/cni-example.ts'

/** A cluster of the running example with one plugin, which is held against the kernel. */
export interface PluginCluster {
  readonly name: string
  readonly options: ExampleOptions
}

const subnets = 'network: {subnets: [{name: one, cidr: 192.168.1.0/24}, {name: two, cidr: 192.168.2.0/24}]}'

/** Node n2 is in another subnet, behind the router. */
function acrossRouter(cni: string, environment: readonly string[] = []): ExampleOptions {
  return {
    cni,
    nodeIps: { n1: '192.168.1.11', n2: '192.168.2.12' },
    environment: [subnets, ...environment],
  }
}

const weaveIps = { p11: '10.32.0.2', p12: '10.32.0.3', p21: '10.44.0.2' }
const vpcIps = { p11: '192.168.1.101', p12: '192.168.1.121', p21: '192.168.1.102' }

/** Pod p12 has an address of its node's second interface, the others of the first. */
function vpc(more = ''): ExampleOptions {
  return {
    ips: vpcIps,
    environment: [
      `cni: {plugin: aws-vpc-cni, vpcCIDRs: [192.168.0.0/16], enis: {n1: {eth1: {address: 192.168.1.31, pods: [192.168.1.121]}}}${more}}`,
    ],
  }
}

/** A security group of node n1 that lets in what is in these rules. */
function guarded(cni: string, rules: string): ExampleOptions {
  return { cni, environment: [`network: {firewalls: [{nodes: [n1], allow: [${rules}]}]}`] }
}

const clusters: Readonly<Record<string, ExampleOptions>> = {
  'flannel, vxlan': { cni: 'flannel' },
  'flannel, host-gw': { cni: 'flannel:backend=host-gw' },
  'flannel, vxlan over two subnets': acrossRouter('flannel'),
  'flannel, vxlan with DirectRouting in one subnet': { cni: 'flannel:directRouting=true' },
  'flannel, vxlan with DirectRouting over two subnets': acrossRouter('flannel:directRouting=true'),
  'flannel, host-gw over two subnets': acrossRouter('flannel:backend=host-gw'),
  'flannel, vxlan, a security group without its port': guarded(
    'flannel',
    '{protocol: TCP, ports: [30000-32767]}',
  ),
  'flannel, vxlan, a security group with its port': guarded(
    'flannel',
    '{protocol: UDP, ports: ["8472"]}, {from: 192.168.1.12/32, protocol: TCP}',
  ),
  bridge: { cni: 'bridge' },
  'bridge over two subnets': acrossRouter('bridge'),
  kubenet: { cni: 'kubenet' },
  'kubenet over two subnets': acrossRouter('kubenet'),
  kindnet: { cni: 'kindnet' },
  'kindnet over two subnets': acrossRouter('kindnet'),
  'Calico, no encapsulation': { cni: 'calico:encapsulation=none' },
  'Calico, VXLAN': { cni: 'calico:encapsulation=vxlan' },
  'Calico, VXLAN over two subnets': acrossRouter('calico:encapsulation=vxlan'),
  'Calico, VXLANCrossSubnet in one subnet': { cni: 'calico:encapsulation=VXLANCrossSubnet' },
  'Calico, VXLANCrossSubnet over two subnets': acrossRouter('calico:encapsulation=VXLANCrossSubnet'),
  'Calico, no encapsulation over two subnets': acrossRouter('calico:encapsulation=none'),
  'Calico, no encapsulation, with policies': { cni: 'calico:encapsulation=none', more: examplePolicies },
  'Calico, VXLAN, with policies': { cni: 'calico:encapsulation=vxlan', more: examplePolicies },
  Canal: { cni: 'canal' },
  'Canal, with policies': { cni: 'canal', more: examplePolicies },
  'Canal over two subnets': acrossRouter('canal'),
  'Weave Net': { cni: 'weave', ips: weaveIps },
  'Weave Net over two subnets': { ...acrossRouter('weave'), ips: weaveIps },
  'kube-router in one subnet': { cni: 'kube-router' },
  'Amazon VPC CNI': vpc(),
  'Amazon VPC CNI, translated outside': vpc(', AWS_VPC_K8S_CNI_EXTERNALSNAT: "true"'),
}

/** Every cluster with a plugin whose devices the kernel of the tests can have. */
export const pluginClusters: readonly PluginCluster[] = Object.entries(clusters).map(([name, options]) => ({
  name,
  options: { ...options, udp: true },
}))
