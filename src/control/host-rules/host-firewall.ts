import type { Origin } from '../../base/source.ts'
import type { NodeEnvironment } from '../../model/environment.ts'
import type { Backend, RuleSet } from '../../netfilter/rule.ts'
import type { TableContribution } from '../../netfilter/table.ts'

/** A place in what is stated of a node. */
export type NodePath = readonly (string | number)[]

/** What a node's firewalls are made from. */
export interface HostContext {
  readonly family: 4 | 6
  /** What is stated of the node. */
  readonly stated: NodeEnvironment
  /** The node's device on the nodes' network. */
  readonly uplink: string
  /** The backend of the node's own iptables. */
  readonly backend: Backend
  /** The origin of what stands at a place of what is stated, in a component's name. */
  origin(component: string, path: NodePath): Origin
  /** Whether another component of the node makes this chain of table filter. */
  hasChain(name: string): boolean
  /** Says what is wrong at a place. */
  refuse(path: NodePath, message: string, fix?: string): void
}

/** What one firewall puts into iptables, in a backend of its own or in the node's. */
export interface HostShare {
  readonly backend: Backend
  readonly contribution: TableContribution
}

/** What a firewall makes of a node. */
export interface HostFirewallRules {
  readonly shares: readonly HostShare[]
  /** Rule sets that iptables does not see. */
  readonly native?: readonly RuleSet[]
}

/** One kind of host firewall: what it does where it is stated. */
export type HostFirewall = (context: HostContext) => HostFirewallRules
