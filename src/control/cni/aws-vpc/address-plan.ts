import type { Cidr, Ip } from '../../../base/ip.ts'
import { cidrOf, contains, covers, familyOf, offsetIp, overlaps } from '../../../base/ip.ts'
import type { EniLimits } from './instance-types.ts'
import { limitsOf, usualLimits } from './instance-types.ts'
import type { AwsVpcSettings } from './settings.ts'

/** A node, as far as its share of the subnet depends on it. */
export interface PlannedNode {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly addresses: readonly Ip[]
}

/** What one interface of a node is given from the subnet. */
export interface PlannedEni {
  /** The interface's own address; the primary interface has the node's. */
  readonly address: Ip
  /** Where its pods' addresses come from: secondary addresses, or prefixes. */
  readonly blocks: readonly Cidr[]
}

/** Interfaces by node, the primary one first. A node for which the subnet has no room has none. */
export type AddressPlan = ReadonlyMap<string, readonly PlannedEni[]>

/** Prefixes of a node: two at first, and then as many as 110 pods fill, which is kubelet's limit. */
const prefixRounds = [2, 5] as const
const prefixBits = 28

/** The limits of the node's instance type. */
export function limitsOfNode({ labels }: Pick<PlannedNode, 'labels'>): EniLimits {
  return limitsOf(instanceType({ labels }) ?? '') ?? usualLimits
}

/** The node's instance type, as the cloud provider labels it. */
export function instanceType({ labels }: Pick<PlannedNode, 'labels'>): string | undefined {
  return labels['node.kubernetes.io/instance-type'] ?? labels['beta.kubernetes.io/instance-type']
}

/**
 * Shares a subnet out over the interfaces that its nodes may have. EC2 draws addresses at random; here the nodes take
 * turns in their order, each with a run of addresses for each interface, so that the same input gives the same ones.
 */
export function planAddresses(
  settings: Pick<AwsVpcSettings, 'prefixDelegation' | 'customNetworking'>,
  nodes: readonly PlannedNode[],
  networkOf: (ip: Ip) => Cidr | undefined,
): AddressPlan {
  const subnets = new Map<Ip, Subnet>()
  const taken = nodes.flatMap((node) => node.addresses)
  const homes = nodes.flatMap((node) => {
    const own = node.addresses.find((ip) => familyOf(ip) === 4)
    const network = own === undefined ? undefined : networkOf(own)
    if (!network) return []
    const subnet = subnets.get(network.first) ?? new Subnet(network, taken)
    subnets.set(network.first, subnet)
    return [{ node, subnet }]
  })
  return settings.prefixDelegation ? planPrefixes(settings, homes) : planSecondary(settings, homes)
}

interface Home {
  readonly node: PlannedNode
  readonly subnet: Subnet
}

/** Secondary addresses: a run for each interface, with the pods' addresses first and the interface's own last. */
function planSecondary(
  { customNetworking }: Pick<AwsVpcSettings, 'customNetworking'>,
  homes: readonly Home[],
): AddressPlan {
  return new Map(
    homes.map(({ node, subnet }) => {
      const { enis, addresses } = limitsOfNode(node)
      const runs = Array.from({ length: enis }, () => subnet.take(bitsFor(addresses))).filter(
        (run) => run !== undefined,
      )
      const planned = runs.map(
        (run, number): PlannedEni => ({
          address: run.last,
          blocks: customNetworking && number === 0 ? [] : blocksOf(run.first, addresses - 1),
        }),
      )
      return [node.name, planned] as const
    }),
  )
}

/** Prefixes: all pods of a node fit into those of one interface. */
function planPrefixes(
  { customNetworking }: Pick<AwsVpcSettings, 'customNetworking'>,
  homes: readonly Home[],
): AddressPlan {
  const own = homes.map(({ subnet }) => subnet.take(prefixBits))
  const prefixes = homes.map((): Cidr[] => [])
  for (const count of prefixRounds) {
    homes.forEach(({ subnet }, index) => {
      for (let taken = 0; taken < count; taken++) {
        const prefix = subnet.take(prefixBits)
        if (prefix) prefixes[index]?.push(prefix)
      }
    })
  }
  return new Map(
    homes.map(({ node }, index) => {
      const run = own[index]
      const numbers = run ? [0, 1] : []
      const planned = numbers.map(
        (number): PlannedEni => ({
          address: offsetIp(run?.last ?? 0, -number),
          blocks: number === (customNetworking ? 1 : 0) ? (prefixes[index] ?? []) : [],
        }),
      )
      return [node.name, planned] as const
    }),
  )
}

/** A subnet from which aligned blocks are taken, one after the other. */
class Subnet {
  readonly #network: Cidr
  readonly #taken: readonly Ip[]
  #next: Ip

  constructor(network: Cidr, taken: readonly Ip[]) {
    this.#network = network
    this.#taken = taken
    this.#next = network.first
  }

  take(bits: number): Cidr | undefined {
    while (true) {
      const aligned = cidrOf(this.#next, bits)
      const block = aligned.first === this.#next ? aligned : cidrOf(offsetIp(aligned.last, 1), bits)
      if (!covers(this.#network, block)) return undefined
      this.#next = offsetIp(block.last, 1)
      if (this.#isFree(block)) return block
    }
  }

  /** Neither a node's address, nor one of the four at the beginning and the one at the end that a VPC keeps to itself. */
  #isFree(block: Cidr): boolean {
    const { first, last } = this.#network
    const reserved = [cidrOf(first, 30), cidrOf(last, 32)]
    return !reserved.some((one) => overlaps(one, block)) && !this.#taken.some((ip) => contains(block, ip))
  }
}

/** The prefix length of the least block that holds so many addresses. */
function bitsFor(addresses: number): number {
  return 32 - Math.ceil(Math.log2(addresses))
}

/** The largest aligned blocks that make up so many addresses, from an aligned first one. */
function blocksOf(first: Ip, count: number): readonly Cidr[] {
  if (count === 0) return []
  const bits = 32 - Math.floor(Math.log2(count))
  const block = cidrOf(first, bits)
  return [block, ...blocksOf(offsetIp(block.last, 1), count - 2 ** (32 - bits))]
}
