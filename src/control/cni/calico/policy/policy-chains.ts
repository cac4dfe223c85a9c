import type { Direction } from '../../../../policy/policy.ts'
import type { CalicoConfiguration } from '../configuration.ts'
import type { FelixChain, FelixRule } from '../felix-rule.ts'
import type { Marks } from '../marks.ts'
import { chainName } from '../names.ts'
import { markIs, setMark } from '../rule-context.ts'
import type { ApiRule } from './api-policy.ts'
import type { FelixPolicy } from './felix-policy.ts'
import { matchBlocks } from './match-blocks.ts'
import { ruleMatch } from './match-text.ts'
import type { ParsedRule } from './parsed-rule.ts'
import { ruleForFamily } from './parsed-rule.ts'

/** What the chains of policies are made with. */
export interface PolicyChainContext {
  readonly configuration: CalicoConfiguration
  readonly marks: Marks
  readonly family: 4 | 6
}

/** Releases with which the chains of policies changed. */
const titlesChains = 22
const leavesOutLastReturn = 28
const tierInName = 29
const marksDenied = 30
const kindInName = 32

/** The chain of a policy's rules for one direction. Mirrors PolicyChainName. */
export function policyChainName(policy: FelixPolicy, direction: Direction, release: number): string {
  return chainName(direction === 'ingress' ? 'cali-pi-' : 'cali-po-', nameInChains(policy, release))
}

const shortKinds: Readonly<Record<FelixPolicy['kind'], string>> = {
  KubernetesNetworkPolicy: 'knp',
  KubernetesClusterNetworkPolicy: 'kcnp',
  NetworkPolicy: 'np',
  GlobalNetworkPolicy: 'gnp',
}

function nameInChains({ kind, namespace, name, tier, key }: FelixPolicy, release: number): string {
  if (release >= kindInName)
    return [shortKinds[kind], ...(namespace === undefined ? [] : [namespace]), name].join('/')
  return release >= tierInName ? `${tier}/${key}` : key
}

/** Mirrors PolicyToIptablesChains and ProtoRulesToIptablesRules. */
export function policyChain(
  context: PolicyChainContext,
  policy: FelixPolicy,
  direction: Direction,
): FelixChain {
  const { release } = context.configuration
  const all = (direction === 'ingress' ? policy.inbound : policy.outbound).flatMap((rule) =>
    rulesOf(context, policy, rule),
  )
  const rules = release >= leavesOutLastReturn ? withoutLastReturns(all) : all
  return {
    name: policyChainName(policy, direction, release),
    rules: titled(rules, `${titleOf(policy, release)} ${direction}`, release),
    origin: { component: 'calico', subject: policy.ref },
  }
}

/** The first rule says whose chain it is, even if it does nothing else. */
export function titled(rules: readonly FelixRule[], title: string, release: number): readonly FelixRule[] {
  if (release < titlesChains) return rules
  const [{ comment = [], ...first } = {}, ...others] = rules
  const own = typeof comment === 'string' ? [comment] : comment
  return [{ ...first, comment: [...own, title] }, ...others]
}

function titleOf({ kind, namespace, name, key }: FelixPolicy, release: number): string {
  if (release < kindInName) return `Policy ${key}`
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`
}

/** Rules at the end that only return do nothing. */
function withoutLastReturns(rules: readonly FelixRule[]): readonly FelixRule[] {
  const last = rules.findLastIndex(({ action }) => action !== '--jump RETURN')
  return rules.slice(0, last + 1)
}

/** The rules of iptables that one rule of a policy comes to. Mirrors ProtoRuleToIptablesRules. */
function rulesOf(
  { configuration, marks, family }: PolicyChainContext,
  policy: FelixPolicy,
  parsed: ParsedRule,
): readonly FelixRule[] {
  const ofFamily = ruleForFamily(parsed, family, configuration.release)
  if (!ofFamily) return []
  const { before, rule, match: afterBlocks } = matchBlocks(ofFamily, family, marks)
  const matches = [...ruleMatch(rule, family), ...(afterBlocks === undefined ? [] : [afterBlocks])]
  const match = matches.join(' ')
  const { annotations = {}, path } = parsed.rule
  const notes = Object.entries(annotations).map(([key, value]) => `${key}=${value}`)
  const at = policy.locate(path)
  const origin = { component: 'calico', subject: { ...policy.ref, ...(at && { at }) } }
  return [...before, ...actionRules(parsed.rule, match, configuration, marks)].map((one) => ({
    ...one,
    ...(notes.length > 0 && { comment: notes }),
    origin,
  }))
}

/** What decides sets a bit first, on which the rest goes. Mirrors CombineMatchAndActionsForProtoRule. */
function actionRules(
  { action }: ApiRule,
  match: string,
  { felix, release }: CalicoConfiguration,
  marks: Marks,
): readonly FelixRule[] {
  const returning = (mark: number): readonly FelixRule[] => [
    { match, action: setMark(mark) },
    { match: markIs(mark), action: '--jump RETURN' },
  ]
  switch (action) {
    case 'allow':
      return returning(marks.accept)
    case 'pass':
      return returning(marks.pass)
    case 'log':
      return [{ match, action: `--jump LOG --log-prefix "${felix.logPrefix}: " --log-level 5` }]
    case 'deny':
      if (release < marksDenied) return [{ match, action: `--jump ${denyAction(felix.deny, release)}` }]
      return [
        { match, action: setMark(marks.drop) },
        { match: markIs(marks.drop), action: `--jump ${felix.deny}` },
      ]
    default:
      return action satisfies never
  }
}

/** Since 3.26 the action that is set for what is denied is taken for policies too. */
function denyAction(deny: 'DROP' | 'REJECT', release: number): string {
  return release >= 26 ? deny : 'DROP'
}
