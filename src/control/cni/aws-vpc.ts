import type { Cidr, Ip } from '../../base/ip.ts'
import { bitsOf, cidrOf, contains, familyOf, hostCidr } from '../../base/ip.ts'
import type { Cluster, ClusterPod } from '../../model/cluster.ts'
import type { SegmentPort } from '../../model/network.ts'
import type { Underlay } from '../underlay.ts'
import { networkOf, underlayOf } from '../underlay.ts'
import type { AddressPlan, PlannedNode } from './aws-vpc/address-plan.ts'
import { instanceType, limitsOfNode, planAddresses } from './aws-vpc/address-plan.ts'
import { awsVpcFacts } from './aws-vpc/facts.ts'
import { limitsOf } from './aws-vpc/instance-types.ts'
import type { Eni } from './aws-vpc/interfaces.ts'
import { interfacesOf } from './aws-vpc/interfaces.ts'
import { nodeParts } from './aws-vpc/node.ts'
import { eniName, podParts } from './aws-vpc/pod.ts'
import { policyParts, readPolicyAgent } from './aws-vpc/policy-agent.ts'
import { awsRules } from './aws-vpc/rules.ts'
import type { AwsVpcSettings } from './aws-vpc/settings.ts'
import { printedSettings, readAwsVpcSettings } from './aws-vpc/settings.ts'
import type { BlocksContext, Cni, CniContext, CniInput, CniPlugin, FabricRoute } from './cni.ts'
import { foundByAny, foundByConfigMap, foundByDaemonSet } from './find.ts'
import type { Portmap } from './portmap.ts'
import { hasPortmap, portmapRules } from './portmap.ts'

/**
 * Amazon's plugin: pods have addresses of the VPC, each on one of the node's elastic network interfaces, and a routed
 * veth pair. Routing rules send what comes from a pod out of its own interface; connection marks bring back to the
 * primary one what came in by it.
 */
export const awsVpc: CniPlugin = {
  name: 'aws-vpc-cni',
  aliases: ['aws-vpc', 'aws-node', 'amazon-vpc-cni', 'amazon-vpc-cni-k8s'],
  facts: awsVpcFacts,
  environmentFields: (awsVpcFacts.settings ?? []).map((one) => `cni.${one.name}`),
  find: foundByAny(foundByDaemonSet(/^aws-node$/), foundByConfigMap(/^amazon-vpc-cni$/)),
  configure: configureAwsVpc,
}

/** What the node and pod functions share. */
interface Vpc {
  readonly settings: AwsVpcSettings
  planOf(nodes: readonly PlannedNode[]): AddressPlan
}

function configureAwsVpc(input: CniInput): Cni {
  const settings = readAwsVpcSettings(input)
  const agent = readPolicyAgent(input)
  const { environment } = input
  const plans = new WeakMap<readonly PlannedNode[], AddressPlan>()
  const vpc: Vpc = {
    settings,
    planOf: (nodes) => {
      const known = plans.get(nodes)
      if (known) return known
      const underlay = underlayOf({ nodes, environment })
      const made = planAddresses(settings, nodes, (ip) => networkOf(underlay, ip)?.cidr)
      plans.set(nodes, made)
      return made
    },
  }
  const chained = (node: string) => hasPortmap(environment, node, true)
  return {
    name: 'aws-vpc-cni',
    configuration: {
      ...printedSettings(settings),
      enableNetworkPolicy: agent.enabled,
      networkPolicyMode: agent.mode,
    },
    podsOnNodeNetwork: true,
    wholeBlocks: true,
    uplinkMtu: settings.mtu,
    blocks: (context) => podBlocks(vpc, input, context),
    mapsHostPorts: chained,
    node: (context) => nodeParts(settings, enisOf(vpc, context), context, chained(context.node.name)),
    pod: ({ node }, pod) => podParts(settings, pod, node.name),
    rules: (context, family) => {
      const { node, uplink } = context
      const primary = node.addresses.find((ip) => familyOf(ip) === 4)
      const portmap: Portmap = {
        network: 'aws-cni',
        deviceOf: (pod) => eniName(settings, pod),
        bitsOf: (ip) => bitsOf(familyOf(ip)),
      }
      return [
        ...(chained(node.name) ? portmapRules(portmap, context.pods, family) : []),
        ...awsRules({ settings, vpcCidrs: vpcCidrs(settings, context), primary, uplink }, family),
      ]
    },
    ...policyParts(agent, settings),
    ports: (context) => segmentPorts(vpc, context),
    fabric: (cluster, underlay) => ({ routes: furtherAddresses(cluster, underlay), transparent: true }),
  }
}

/** The VPC's blocks as they are stated, else the nodes' networks and the blocks of pods that have addresses elsewhere. */
function vpcCidrs(
  { vpcCidrs: stated }: AwsVpcSettings,
  { cluster, underlay }: Pick<CniContext, 'cluster' | 'underlay'>,
): readonly Cidr[] {
  if (stated.length > 0) return stated
  const own = underlay.networks.map(({ cidr }) => cidr)
  const elsewhere = furtherAddresses(cluster, underlay).map(({ destination }) => destination)
  const blocks = cluster.settings.podCidrs.filter((cidr) =>
    elsewhere.some(({ first }) => familyOf(first) === familyOf(cidr.first) && contains(cidr, first)),
  )
  const alone = elsewhere.filter(({ first }) => !blocks.some((cidr) => contains(cidr, first)))
  return [...own, ...blocks, ...alone].filter(({ first }) => familyOf(first) === 4)
}

/** Pods with stated addresses outside the nodes' networks: those are of a further block of the VPC, which knows their nodes. */
function furtherAddresses(cluster: Cluster, underlay: Underlay): readonly FabricRoute[] {
  const nodes = new Map(cluster.nodes.map((node) => [node.name, node]))
  return cluster.pods.flatMap((pod) => {
    if (pod.hostNetwork || isOver(pod)) return []
    return pod.ips.flatMap((ip): FabricRoute[] => {
      const via = nodes.get(pod.nodeName ?? '')?.addresses.find((one) => familyOf(one) === familyOf(ip))
      if (via === undefined || networkOf(underlay, ip)) return []
      return [{ destination: hostCidr(ip), via, origin: { component: 'AWS VPC', subject: pod.ref } }]
    })
  })
}

/** The node's pods' addresses of the family that the plugin gives out. */
function podIpsOn({ settings }: Vpc, cluster: Cluster, node: string): readonly Ip[] {
  const family = settings.ipv6 ? 6 : 4
  return cluster.pods
    .filter((pod) => pod.nodeName === node && !pod.hostNetwork && !isOver(pod))
    .flatMap((pod) => pod.ips.filter((ip) => familyOf(ip) === family))
}

function isOver({ phase }: ClusterPod): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}

function enisOf(vpc: Vpc, { cluster, node }: Pick<CniContext, 'cluster' | 'node'>): readonly Eni[] {
  const ips = podIpsOn(vpc, cluster, node.name)
  if (vpc.settings.ipv6) return [{ number: 0, device: 'eth0', pods: ips }]
  return interfacesOf(vpc.settings, vpc.planOf(cluster.nodes), node, ips)
}

/** Runs of addresses for each interface that a node may have; in an IPv6 cluster one /80 prefix. */
function podBlocks(
  vpc: Vpc,
  input: CniInput,
  { nodes, podIps }: BlocksContext,
): ReadonlyMap<string, readonly Cidr[]> {
  const planned: readonly PlannedNode[] = nodes.map(({ name, addresses, source }) => ({
    name,
    addresses,
    labels: source?.object.metadata.labels ?? {},
  }))
  sayInstanceTypes(input, planned)
  if (vpc.settings.ipv6)
    return ipv6Prefixes(planned, underlayOf({ nodes: planned, environment: input.environment }))
  const plan = vpc.planOf(planned)
  return new Map(
    planned.map(({ name }) => {
      const stated = (podIps.get(name) ?? []).filter((ip) => familyOf(ip) === 4)
      const own = (plan.get(name) ?? []).flatMap(({ blocks }) => blocks)
      return [name, [...own, ...stated.map(hostCidr)]] as const
    }),
  )
}

/** The /80 that the primary interface is given: the first holds the nodes' own addresses. */
function ipv6Prefixes(
  nodes: readonly PlannedNode[],
  { networks }: Underlay,
): ReadonlyMap<string, readonly Cidr[]> {
  const network = networks.find(({ cidr }) => familyOf(cidr.first) === 6)?.cidr
  return new Map(
    nodes.map(({ name }, index) => {
      const first = network && BigInt(network.first) + (BigInt(index + 1) << 48n)
      return [name, first === undefined ? [] : [cidrOf(first, 80)]] as const
    }),
  )
}

/** How many pods an interface takes follows from the instance type. */
function sayInstanceTypes({ assume, settings }: CniInput, nodes: readonly PlannedNode[]): void {
  const unknown = nodes.filter((node) => !limitsOf(instanceType(node) ?? ''))
  const [first] = unknown
  if (!first || settings['enis'] !== undefined) return
  const { enis, addresses } = limitsOfNode(first)
  const names = unknown.map(({ name }) => name).join(', ')
  assume(
    `nodes ${names} have as many interfaces and addresses as an m5.large: ${enis} with ${addresses} each`,
  )
}

/** Every address of an interface is delivered to it, and it sends from no other. */
function segmentPorts(vpc: Vpc, context: CniContext): readonly SegmentPort[] {
  const { node, uplink } = context
  return enisOf(vpc, context)
    .filter(({ number, address }) => number === 0 || address !== undefined)
    .map(({ number, device, address, pods }) => ({
      netns: `node/${node.name}`,
      device: number === 0 ? uplink : device,
      addresses: [...(address === undefined ? node.addresses : [address]), ...pods],
      ...(vpc.settings.sourceDestCheck && { checksSource: true }),
    }))
}
