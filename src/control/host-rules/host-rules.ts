import type { Origin, SourceFile } from '../../base/source.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { NodeEnvironment } from '../../model/environment.ts'
import type { RuleSet } from '../../netfilter/rule.ts'
import { backendsOf } from './backends.ts'
import type { HostContext, HostShare, NodePath } from './host-firewall.ts'
import { hostFirewalls } from './registry.ts'
import { familyOfText, readRuleFile } from './rule-files.ts'

/** What the node's own firewalls have in its tables. */
export interface HostRules {
  readonly shares: readonly HostShare[]
  readonly native: readonly RuleSet[]
}

/** What is asked of the host's firewalls. */
export interface HostRulesOptions {
  readonly family: 4 | 6
  readonly uplink: string
  /** Whether another component of the node makes this chain of table filter. */
  hasChain(name: string): boolean
  /** Says what is wrong at a place of what is stated of the node; nobody is told, if left out. */
  readonly refuse?: (path: NodePath, message: string, fix?: string) => void
}

type Around = Pick<Cluster, 'environment' | 'environmentSource' | 'hostRuleFiles'>

/** The rules that stand on a node before Kubernetes comes: firewalls as presets, and rules as text. */
export function hostRules(cluster: Around, node: string, options: HostRulesOptions): HostRules {
  const stated = cluster.environment.nodes?.[node] ?? {}
  const context = contextOf(cluster, node, stated, options)
  const made = hostFirewalls.map((firewall) => firewall(context))
  const files = (cluster.hostRuleFiles?.get(node) ?? []).flatMap((file) => sharesOfFile(file, context))
  return {
    shares: [...made.flatMap((one) => one.shares), ...files],
    native: made.flatMap((one) => one.native ?? []),
  }
}

function contextOf(
  { environmentSource }: Around,
  node: string,
  stated: NodeEnvironment,
  { family, uplink, hasChain, refuse }: HostRulesOptions,
): HostContext {
  return {
    family,
    uplink,
    stated,
    hasChain,
    backend: backendsOf(stated).host,
    origin: (component, path): Origin => {
      if (!environmentSource) return { component }
      const by = stated.statedBy?.[String(path[0])]
      if (by === 'command line') return { component }
      const at = environmentSource.locate(['spec', 'nodes', by ?? node, ...path])
      return { component, subject: { ...environmentSource.ref, at } }
    },
    refuse: (path, message, fix) => refuse?.(path, message, fix),
  }
}

function sharesOfFile(file: SourceFile, { family, backend, hasChain }: HostContext): readonly HostShare[] {
  if (familyOfText(file.text) !== family) return []
  const { contributions } = readRuleFile(file, family, hasChain)
  return contributions.map((contribution) => ({ backend, contribution }))
}
