import { sha3224Base64Url } from '../../../../base/hash.ts'
import type { Direction } from '../../../../policy/policy.ts'
import type { FelixChain, FelixRule } from '../felix-rule.ts'
import { hex, markIsClear } from '../rule-context.ts'
import { formatSelector } from '../selector.ts'
import type { FelixPolicy } from './felix-policy.ts'
import type { PolicyChainContext } from './policy-chains.ts'
import { policyChainName } from './policy-chains.ts'

/** Policies of one tier that follow one another and select the same endpoints (PolicyGroup of felix/rules). */
export interface PolicyGroup {
  readonly direction: Direction
  readonly policies: readonly FelixPolicy[]
}

/** Groups have chains since this release; before, every policy is asked by the endpoint's chain. */
const hasGroups = 28
const kindsInIds = 32
/** `cali-gi-` and the id fill the longest name of a chain. */
const idLength = 20

/** Mirrors groupPolicies of felix/dataplane/linux/endpoint_mgr.go. */
export function groupPolicies(
  policies: readonly FelixPolicy[],
  direction: Direction,
  release: number,
): readonly PolicyGroup[] {
  const groups: { selector: string; policies: FelixPolicy[] }[] = []
  for (const policy of policies) {
    const selector = formatSelector(policy.selector)
    const last = groups.at(-1)
    if (last?.selector === selector && release >= hasGroups) last.policies.push(policy)
    else groups.push({ selector, policies: [policy] })
  }
  return groups.map(({ policies: members }) => ({ direction, policies: members }))
}

/** The chain that asks the group: that of its only policy, or one of its own. */
export function groupChainName(group: PolicyGroup, release: number): string {
  const { direction, policies } = group
  const [first] = policies
  if (first && policies.length === 1) return policyChainName(first, direction, release)
  return `${direction === 'ingress' ? 'cali-gi-' : 'cali-go-'}${groupId(group, release)}`
}

/** Mirrors PolicyGroup.UniqueID. */
function groupId({ direction, policies }: PolicyGroup, release: number): string {
  const [first] = policies
  if (!first) return ''
  const lines = [
    ...(release >= kindsInIds ? [] : [first.tier]),
    formatSelector(first.selector),
    direction === 'ingress' ? 'inbound' : 'outbound',
    String(policies.length),
    ...policies.map((policy) => (release >= kindsInIds ? idText(policy) : policy.key)),
  ]
  return sha3224Base64Url(lines.map((line) => `${line}\n`).join('')).slice(0, idLength)
}

function idText({ name, namespace = '', kind }: FelixPolicy): string {
  return `{Name: ${name}, Namespace: ${namespace}, Kind: ${kind}}`
}

/** As many policies are asked between two rules that return. */
const returnStride = 5

/** The chain of a group of several policies. Mirrors PolicyGroupToIptablesChains. */
export function groupChain({ configuration, marks }: PolicyChainContext, group: PolicyGroup): FelixChain {
  const { release } = configuration
  const decided = marks.pass + marks.accept
  const rules = group.policies.flatMap((policy, index): readonly FelixRule[] => {
    const action = `--jump ${policyChainName(policy, group.direction, release)}`
    if (index % returnStride !== 0) return [{ match: markIsClear(decided), action }]
    const back: FelixRule = {
      comment: 'Return on verdict',
      match: `-m mark ! --mark 0/${hex(decided)}`,
      action: '--jump RETURN',
    }
    return index === 0 ? [{ action }] : [back, { action }]
  })
  return { name: groupChainName(group, release), rules }
}
