import { familyOf, formatIp } from '../base/ip.ts'
import type { SourceLocation } from '../base/source.ts'
import type { Hop, Leg, RuleStep, Step } from '../model/trace.ts'
import { blockLines } from './layout.ts'
import { checksAt, policyLines } from './policy-text.ts'
import {
  deliveredText,
  endCause,
  endText,
  natText,
  packetOf,
  packetText,
  randomPortHider,
  routeText,
  ruleText,
  tunnelText,
} from './step-text.ts'
import { padEnd } from './style.ts'
import type { WalkOptions } from './walk-brief.ts'

/** One thing that happened within a hop, under the stage of the kernel's packet path that it belongs to. */
interface Entry {
  /** A hook, or `conntrack`, `route`, `bridge`, `socket`, … */
  readonly stage: string
  readonly text: string
  readonly at?: SourceLocation
  readonly tone: 'plain' | 'rule' | 'miss' | 'bad' | 'change'
}

/** Columns of a stage's name and the blanks after it. */
const stageColumns = 13

/** Every step of a leg, hop by hop and hook by hook: the rules that matched, and with `misses` those that did not. */
export function verboseWalk(leg: Leg, misses: boolean, options: WalkOptions): readonly string[] {
  const hide = randomPortHider(leg)
  const lines = [
    ...walkLines(leg.forward, misses, false, options),
    ...(leg.reply.length > 0
      ? [title('the answer', options), ...walkLines(leg.reply, misses, true, options)]
      : []),
    ...(leg.later ?? []).flatMap(({ name, hops }) => [
      title(`the ${name} that follows`, options),
      ...walkLines(hops, misses, true, options),
    ]),
  ]
  return lines.map(hide)
}

function title(text: string, { style }: WalkOptions): string {
  return `  ${style.dim(`— ${text} —`)}`
}

function walkLines(
  hops: readonly Hop[],
  misses: boolean,
  answering: boolean,
  options: WalkOptions,
): readonly string[] {
  return hops.flatMap((hop) => [heading(hop, options), ...hopLines(hop, misses, answering, options)])
}

function heading({ netns, steps }: Hop, { style, label }: WalkOptions): string {
  let device = ''
  for (const step of steps) {
    if (step.type !== 'received') continue
    device = `  ${style.dim(step.port ? `in by ${step.port}, a port of ${step.device}` : `in by ${step.device}`)}`
    break
  }
  return `  ${style.name(label(netns))}${device}`
}

function hopLines(hop: Hop, misses: boolean, answering: boolean, options: WalkOptions): readonly string[] {
  const lines: string[] = []
  const path: RuleStep[] = []
  const { dst = 0, protocol = 0 } = packetOf(hop) ?? {}
  const family = familyOf(dst)
  let stage = ''
  for (const [index, step] of hop.steps.entries()) {
    if (isPolicyOfEnd(step, hop.steps[index + 1])) continue
    if (step.type === 'rule') path.push(step)
    for (const entry of entriesOf(hop, step, { path, family, protocol, misses, answering }, options)) {
      lines.push(...entryLines(entry, entry.stage === stage, misses, options))
      stage = entry.stage
    }
  }
  return lines
}

/** A policy that drops is said by the line on which the packet ends. */
function isPolicyOfEnd(step: Step, next: Step | undefined): boolean {
  return step.type === 'rule' && step.number === 0 && next?.type === 'ended' && next.by?.number === 0
}

interface EntryContext {
  readonly path: readonly RuleStep[]
  readonly family: 4 | 6
  readonly protocol: number
  readonly misses: boolean
  readonly answering: boolean
}

function entry(stage: string, text: string, tone: Entry['tone'] = 'plain', at?: SourceLocation): Entry {
  return { stage, text, tone, ...(at && { at }) }
}

/** The step, and what policies said at it. */
function entriesOf(
  hop: Hop,
  step: Step,
  context: EntryContext,
  { policies = [] }: WalkOptions,
): readonly Entry[] {
  const own = entryOf(step, context)
  const judged = checksAt(hop, step, policies)
    .flatMap((check) => policyLines(check, 'all'))
    .map(({ text, at, tone }) => entry('policy', text, tone, at))
  return [...(own ? [own] : []), ...judged]
}

function entryOf(step: Step, context: EntryContext): Entry | undefined {
  switch (step.type) {
    case 'rule':
      return ruleEntry(step, context)
    case 'conntrack':
      return entry('conntrack', `${step.state}${step.direction ? `, ${step.direction} direction` : ''}`)
    case 'nat':
      return entry(step.hook, natText(step, context.protocol), 'change')
    case 'assumed': {
      const taken = step.matched ? 'to match' : 'not to match'
      return entry(step.by.hook, `${step.what}; here it is taken ${taken}`, 'bad')
    }
    case 'ended':
      return endEntry(step, context)
    case 'delivered':
      return entry('socket', deliveredText(step, context.answering))
    default:
      return transportEntry(step)
  }
}

function ruleEntry(step: RuleStep, { family, misses }: EntryContext): Entry | undefined {
  if (!step.matched && !misses) return undefined
  const tone = step.matched ? 'rule' : 'miss'
  return entry(step.hook, ruleText(step, family), tone, step.rule?.origin?.subject?.at)
}

function endEntry(step: Extract<Step, { type: 'ended' }>, { path }: EntryContext): Entry {
  const { by } = step
  if (!by) return entry('end', endText(step), 'bad')
  return entry(by.hook, `${endText(step)} by ${endCause(by, path)}`, 'bad', by.rule?.origin?.subject?.at)
}

/** How the packet got from one place to the next. */
function transportEntry(step: Step): Entry | undefined {
  switch (step.type) {
    case 'sent':
      return entry('send', `${packetText(step.packet)}, by ${step.device}`)
    case 'route': {
      const again = step.again ? ', routed again' : ''
      const way = step.route.type === 'local' ? '' : ` dev ${step.device}`
      return entry('route', `${routeText(step)}${way}${again}`, 'plain', step.route.origin?.subject?.at)
    }
    case 'bridged':
      return entry('bridge', `${step.bridge}: ${step.from} to ${step.to}`)
    case 'encapsulated':
      return entry('tunnel', `${step.device}: in ${tunnelText(step, true)}`)
    case 'decapsulated':
      return entry('tunnel', `${step.device}: ${packetText(step.inner)}`)
    case 'fragmented':
      return entry('fragment', `to ${step.mtu} bytes`)
    case 'redirect': {
      const end = step.arrived ? '' : ', which does not arrive'
      return entry(
        'redirect',
        `tells the sender to reach ${formatIp(step.to)} via ${formatIp(step.via)}${end}`,
      )
    }
    case 'neighbor':
      return step.found
        ? undefined
        : entry('neighbour', `nobody answers for the address on ${step.device}`, 'bad')
    default:
      return undefined
  }
}

function entryLines(
  { stage, text, at, tone }: Entry,
  same: boolean,
  misses: boolean,
  options: WalkOptions,
): readonly string[] {
  const { style, columns, location } = options
  const mark = misses && (tone === 'rule' || tone === 'miss') ? (tone === 'rule' ? '+ ' : '· ') : ''
  const left = `    ${style.bold(padEnd(same ? '' : stage, stageColumns))}`
  const paints = { plain: unmarked, rule: unmarked, change: style.good, miss: style.dim, bad: style.bad }
  return blockLines(
    { left, text: `${mark}${text}`, hanging: 4, right: location(at), paint: paints[tone] },
    columns,
    style,
  )
}

const unmarked = (text: string) => text
