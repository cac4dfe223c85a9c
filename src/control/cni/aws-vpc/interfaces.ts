import type { Ip } from '../../../base/ip.ts'
import { compareIp, contains } from '../../../base/ip.ts'
import type { AddressPlan, PlannedEni, PlannedNode } from './address-plan.ts'
import { limitsOfNode } from './address-plan.ts'
import type { AwsVpcSettings } from './settings.ts'

/** One elastic network interface of a node, and the addresses of pods that it has. */
export interface Eni {
  /** 0 for the primary one. */
  readonly number: number
  readonly device: string
  /** Its own address; absent for the primary one, which has the node's. */
  readonly address?: Ip
  readonly pods: readonly Ip[]
}

/** The routing table of a secondary interface (CalculateRouteTableId): its number and one. */
export function tableOf({ number }: Eni): number {
  return number + 1
}

/**
 * The interfaces that a node has. A pod's address is on the interface that the Environment or the plan of addresses
 * says; where neither knows it, on the first that has room (ipamd fills one before it takes the next). Further
 * interfaces are attached ahead of need, as the warm targets ask for.
 */
export function interfacesOf(
  settings: AwsVpcSettings,
  plan: AddressPlan,
  node: PlannedNode,
  podIps: readonly Ip[],
): readonly Eni[] {
  const limits = limitsOfNode(node)
  const stated = settings.enis.get(node.name) ?? []
  const planned = plan.get(node.name) ?? []
  const most = Math.min(limits.enis, settings.warm.mostEnis)
  const capacity = podsOfEni(settings, limits.addresses)
  const byNumber = new Map<number, Ip[]>()
  const put = (number: number, ip: Ip) => byNumber.set(number, [...(byNumber.get(number) ?? []), ip])
  const open: Ip[] = []
  for (const ip of podIps.toSorted(compareIp)) {
    const number = statedNumber(stated, ip) ?? plannedNumber(planned, ip)
    if (number === undefined) open.push(ip)
    else put(number, ip)
  }
  const first = settings.customNetworking ? 1 : 0
  for (const ip of open) put(firstWithRoom(byNumber, { first, most, capacity }), ip)
  const used = Math.max(first, ...byNumber.keys(), ...stated.map(({ device }) => numberOf(device)))
  const attached = stated.length > 0 ? used : withWarm(settings, { used, first, most, capacity, podIps })
  return Array.from({ length: attached + 1 }, (_, number): Eni => {
    const device = `eth${number}`
    const own = stated.find((one) => one.device === device)?.address ?? planned[number]?.address
    const pods = byNumber.get(number) ?? []
    return { number, device, pods, ...(number > 0 && own !== undefined && { address: own }) }
  })
}

/** An interface's first address is its own; with prefixes each of the others stands for sixteen. */
function podsOfEni({ prefixDelegation }: AwsVpcSettings, addresses: number): number {
  return (addresses - 1) * (prefixDelegation ? 16 : 1)
}

function numberOf(device: string): number {
  return Number(/\d+$/.exec(device)?.[0] ?? 0)
}

function statedNumber(
  stated: readonly { readonly device: string; readonly pods: readonly Ip[] }[],
  ip: Ip,
): number | undefined {
  const found = stated.find(({ pods }) => pods.includes(ip))
  return found && numberOf(found.device)
}

function plannedNumber(planned: readonly PlannedEni[], ip: Ip): number | undefined {
  const index = planned.findIndex(({ blocks }) => blocks.some((block) => contains(block, ip)))
  return index < 0 ? undefined : index
}

interface Room {
  /** The first interface that pods are on: the second, with custom networking. */
  readonly first: number
  readonly most: number
  /** Pods of one interface. */
  readonly capacity: number
}

function firstWithRoom(pods: ReadonlyMap<number, readonly Ip[]>, { first, most, capacity }: Room): number {
  for (let number = first; number < most; number++) {
    if ((pods.get(number)?.length ?? 0) < capacity) return number
  }
  return most - 1
}

/** Mirrors isDatastorePoolTooLow: whether the addresses that are left are fewer than the targets ask for. */
function withWarm(
  { warm, prefixDelegation }: AwsVpcSettings,
  { used, first, most, capacity, podIps }: Room & { readonly used: number; readonly podIps: readonly Ip[] },
): number {
  const { ips, minimumIps } = warm
  const byAddresses = ips !== undefined || minimumIps !== undefined
  const spare = byAddresses
    ? Math.max(ips ?? 0, (minimumIps ?? 0) - podIps.length)
    : prefixDelegation
      ? warm.prefixes * 16
      : warm.enis * capacity
  let last = used
  while (last + 1 < most && (last + 1 - first) * capacity - podIps.length < spare) last++
  return last
}
