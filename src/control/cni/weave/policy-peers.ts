import type { Cidr } from '../../../base/ip.ts'
import { familyOf, formatCidr, parseCidrSloppy } from '../../../base/ip.ts'
import { byText } from '../../../base/ordering.ts'
import type { LabelSelector } from '../../../model/objects.ts'
import type { NetworkPolicyPeer } from '../../../model/policy-objects.ts'
import type { LabelExpression } from '../../../policy/label-expression.ts'
import { readSelector } from '../../policy/read-selector.ts'
import { selectorText } from './selector-text.ts'
import { setName } from './set-names.ts'

/** One end of a rule: what iptables matches of it, how the comment names it, and the set that it needs. */
export interface RuleEnd {
  /** What a header says: a block of addresses. */
  readonly cidr?: string
  readonly set?: { readonly name: string; readonly inverted: boolean }
  readonly comment: string
  readonly needs?: NeededSet
}

/** A set by what is in it. */
export type NeededSet =
  | {
      readonly type: 'pods'
      readonly name: string
      /** One namespace by its name, or those with labels. */
      readonly namespace: string | LabelExpression
      readonly labels: LabelExpression
    }
  | { readonly type: 'namespaces'; readonly name: string; readonly labels: LabelExpression }
  | {
      readonly type: 'blocks'
      readonly name: string
      readonly blocks: readonly string[]
      readonly of: string
    }

/** Pods of one namespace. Mirrors newSelectorSpec with the namespace's name. */
export function podsOf(namespace: string, selector: LabelSelector): RuleEnd {
  const key = selectorText(selector)
  const name = setName(`${namespace}:${key}`)
  return {
    set: { name, inverted: false },
    comment: `pods: namespace: ${namespace}, selector: ${key}`,
    needs: { type: 'pods', name, namespace, labels: readSelector(selector) },
  }
}

/** A peer of a rule; `undefined` for one that iptables refuses. */
export function peerEnd(peer: NetworkPolicyPeer, namespace: string): RuleEnd | undefined {
  const { podSelector, namespaceSelector, ipBlock } = peer
  if (podSelector && namespaceSelector) return namespacedPods(podSelector, namespaceSelector)
  if (podSelector) return podsOf(namespace, podSelector)
  if (namespaceSelector) return namespaces(namespaceSelector)
  return ipBlock ? blockEnd(ipBlock, namespace) : undefined
}

function namespacedPods(podSelector: LabelSelector, namespaceSelector: LabelSelector): RuleEnd {
  const key = `${selectorText(namespaceSelector)}${selectorText(podSelector)}`
  const name = setName(`:${key}`)
  return {
    set: { name, inverted: false },
    comment: `namespaces: selector: ${key}`,
    needs: {
      type: 'pods',
      name,
      namespace: readSelector(namespaceSelector),
      labels: readSelector(podSelector),
    },
  }
}

/** The sets of all pods of the namespaces, in one list. */
function namespaces(selector: LabelSelector): RuleEnd {
  const key = selectorText(selector)
  const name = setName(`:${key}`)
  return {
    set: { name, inverted: false },
    comment: `namespaces: selector: ${key}`,
    needs: { type: 'namespaces', name, labels: readSelector(selector) },
  }
}

/** Mirrors newIPBlockSpec: exceptions are a set that must not match. The rules are of IPv4 alone. */
function blockEnd(
  { cidr = '', except = [] }: NonNullable<NetworkPolicyPeer['ipBlock']>,
  namespace: string,
): RuleEnd | undefined {
  const block = parseCidrSloppy(cidr)
  if (!block || !isFour(block)) return undefined
  const header = block.bits > 0 ? { cidr: formatCidr(block) } : {}
  const sorted = except.toSorted(byText)
  if (sorted.length === 0) return { ...header, comment: `cidr: ${cidr}` }
  const key = sorted.join(' ')
  const name = setName(`${namespace}:ipblock-except:${key}`)
  const blocks = sorted.flatMap((one) => blockText(parseCidrSloppy(one)))
  return {
    ...header,
    set: { name, inverted: true },
    comment: `cidr: ${cidr} except [${key}]`,
    needs: { type: 'blocks', name, blocks, of: cidr },
  }
}

function isFour({ first }: Cidr): boolean {
  return familyOf(first) === 4
}

/** As ipset prints it: one address without its length. */
function blockText(block: Cidr | undefined): readonly string[] {
  if (!block || !isFour(block)) return []
  return [formatCidr(block).replace(/\/32$/, '')]
}
