import type { Judged, SourceLocation } from '../base/source.ts'
import type { PolicyCheck, PolicyNearMiss } from '../model/journey.ts'
import type { Hop, Step } from '../model/trace.ts'
import { pathWords } from '../policy/words.ts'

/** A line about policies, and where what it speaks of stands. */
export interface PolicyLine {
  readonly text: string
  readonly at?: SourceLocation
  readonly tone: 'plain' | 'bad'
}

/** At most this many policies are told that came near. */
const told = 3

/** The checks that a step of a hop gave rise to. `checks` are those of its leg; each belongs to the first step of its hop. */
export function checksAt(hop: Hop, step: Step, checks: readonly PolicyCheck[]): readonly PolicyCheck[] {
  const earlier = hop.steps.slice(0, hop.steps.indexOf(step))
  return checks.filter(
    (check) => isAskedAt(hop, step, check) && !earlier.some((one) => isAskedAt(hop, one, check)),
  )
}

/** A program says whom it asked about; a rule may leave that to the packet's addresses. */
function isAskedAt({ netns }: Hop, step: Step, check: PolicyCheck): boolean {
  if (check.netns !== netns) return false
  const asked = step.type === 'filtered' ? step.judged : rulesJudges(step)
  return asked.some(
    ({ endpoint = check.endpoint, direction = check.direction }) =>
      endpoint === check.endpoint && direction === check.direction,
  )
}

function rulesJudges(step: Step): readonly Partial<Judged>[] {
  const judges = step.type === 'rule' && step.matched ? step.rule?.origin?.judges : undefined
  return judges ? [judges] : []
}

/** What the policies of an endpoint say of the packet; where they stop it, what came nearest in each, one line a policy. */
export function policyLines(check: PolicyCheck, detail: 'brief' | 'all'): readonly PolicyLine[] {
  const { verdict, rule, misses = [] } = check
  const at = rule?.policy.at ?? (verdict === 'denied' ? undefined : check.policies[0]?.at)
  const first: PolicyLine = {
    text: `${check.direction} of ${check.endpoint}: ${verdictWords(check)}`,
    ...(at && { at }),
    tone: verdict === 'allowed' ? 'plain' : 'bad',
  }
  const shown = detail === 'all' ? misses : misses.slice(0, told)
  const rest = misses.length - shown.length
  return [
    first,
    ...shown.map(missLine),
    ...(rest > 0 ? [{ text: `and ${rest} more policies select it`, tone: 'plain' as const }] : []),
    ...(detail === 'all' ? selectingLines(check) : []),
  ]
}

function verdictWords({ verdict, by, rule, policies, engine }: PolicyCheck): string {
  if (rule) {
    const name = `${rule.policy.kind} ${rule.policy.name}, ${pathWords(rule.path)}`
    if (verdict === 'unknown') return `it depends on what is not modelled in ${name}`
    return `${verdict} by ${name}`
  }
  if (by === 'rule') return `${engine} lets it pass before it asks any policy`
  if (by === 'unselected') return 'no policy decides, so it passes'
  if (by === 'own-node') return 'isolated, and what its own node sends passes'
  const [only] = policies
  return policies.length === 1 && only
    ? `not allowed by ${only.kind} ${only.name}, which isolates it`
    : `allowed by none of the ${policies.length} policies that isolate it`
}

/** The nearest rule of one policy, and all that keeps it from matching. */
function missLine({ policy, rule, misses }: PolicyNearMiss): PolicyLine {
  const where = rule ? `nearest in ${policy.name}, ${pathWords(rule.path)}: ` : ''
  const at = misses[0]?.at ?? rule?.at ?? policy.at
  return { text: `${where}${misses.map(({ text }) => text).join('; ')}`, ...(at && { at }), tone: 'plain' }
}

/** Every policy that is about the endpoint in this direction. */
function selectingLines({ policies }: PolicyCheck): readonly PolicyLine[] {
  return policies.map(({ kind, name, at }) => ({
    text: `selected by ${kind} ${name}`,
    ...(at && { at }),
    tone: 'plain',
  }))
}
