import type { ClusterPod } from '../../../model/cluster.ts'
import type { CalicoConfiguration, Encapsulations } from './configuration.ts'
import type { Marks } from './marks.ts'
import { marksOf } from './marks.ts'
import type { EndpointPolicies } from './policies.ts'

/** What Felix's rules on one node and of one family are made from. */
export interface RuleContext {
  readonly configuration: CalicoConfiguration
  readonly on: Encapsulations
  readonly family: 4 | 6
  readonly marks: Marks
  readonly pods: readonly ClusterPod[]
  /** The tunnel devices that have an address, in the order of their masquerade rules. */
  readonly tunnels: readonly string[]
  readonly policies: EndpointPolicies
}

export function ruleContext(given: Omit<RuleContext, 'marks'>): RuleContext {
  return { ...given, marks: marksOf(given.configuration) }
}

/** Felix writes numbers as Go's `%#x` does. */
export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`
}

export function clearMark(mark: number): string {
  return `--jump MARK --set-mark 0/${hex(mark)}`
}

export function setMark(mark: number): string {
  return `--jump MARK --set-mark ${hex(mark)}/${hex(mark)}`
}

export function markIs(mark: number): string {
  return `-m mark --mark ${hex(mark)}/${hex(mark)}`
}

export function markIsClear(mark: number): string {
  return `-m mark --mark 0/${hex(mark)}`
}

/** The name of an ipset: `cali40…`, `cali60…`. */
export function setName(family: 4 | 6, id: string): string {
  return `cali${family}0${id}`
}

/** The set of all pools' blocks, which has a new name since 3.33. */
export function poolsSet({ configuration, family }: Pick<RuleContext, 'configuration' | 'family'>): string {
  return setName(family, configuration.release >= 33 ? 'network-ip-pools' : 'all-ipam-pools')
}
