import { formatFlow } from '../base/packet.ts'
import type { SourceLocation } from '../base/source.ts'
import type { PolicyCheck } from '../model/journey.ts'
import type { Hop, Leg, RuleStep, Step } from '../model/trace.ts'
import type { Rule } from '../netfilter/rule.ts'
import type { ShowLocation } from './layout.ts'
import { blockLines } from './layout.ts'
import { checksAt, policyLines } from './policy-text.ts'
import type { StepOf } from './step-text.ts'
import {
  chainPath,
  deliveredText,
  endCause,
  endText,
  natText,
  packetOf,
  packetText,
  randomPortHider,
  routeText,
  tunnelText,
  undoneText,
} from './step-text.ts'
import type { Style } from './style.ts'
import { padEnd, width } from './style.ts'

/** One line of a brief walk: where, by which device, what, and what made it so. */
interface Row {
  readonly place: string
  readonly device: string
  readonly text: string
  /** The chains that led to it. */
  readonly cause: string
  readonly at?: SourceLocation
  readonly tone: 'plain' | 'bad' | 'heading'
}

/** What the words of a walk depend on beside the walk. */
export interface WalkOptions {
  readonly style: Style
  readonly columns: number
  /** The name of a namespace as people say it. */
  readonly label: (netns: string) => string
  readonly location: ShowLocation
  /** Sizes were asked for: tunnels say what they make of them. */
  readonly sized?: boolean
  /** What policies said on this leg. */
  readonly policies?: readonly PolicyCheck[]
}

/** What the rows of a walk depend on beside it. */
type View = Pick<WalkOptions, 'label' | 'sized' | 'policies'>

/** Names longer than this get a line of their own. */
const placeColumns = 26

/** The widths of the columns of a walk: machines, and their devices. */
export interface WalkColumns {
  readonly places: number
  readonly devices: number
}

/** The columns in which the walks of several legs stand below each other. */
export function walkColumns(legs: readonly Leg[], label: WalkOptions['label']): WalkColumns {
  const rows = legs.flatMap((leg) => legRows(leg, { label }))
  return {
    places: Math.min(placeColumns, Math.max(0, ...rows.map((row) => width(row.place)))),
    devices: Math.max(0, ...rows.map((row) => width(row.device))),
  }
}

/** What changed the first packet, hop by hop, and of the answer the same, or its whole walk where it was lost. */
export function briefWalk(leg: Leg, columns: WalkColumns, options: WalkOptions): readonly string[] {
  const hide = randomPortHider(leg)
  const rows = legRows(leg, options).map((row) => ({ ...row, text: hide(row.text) }))
  return rows.flatMap((row) => rowLines(row, columns, options))
}

function legRows(leg: Leg, view: View): readonly Row[] {
  const rows = walkRows(leg.forward, view, false)
  if (leg.reply.length > 0) {
    if (lost(leg.reply)) rows.push(heading('the answer'), ...walkRows(leg.reply, view, true))
    else rows.push(...answerRows(leg.reply, view))
  }
  for (const walk of leg.later ?? []) {
    rows.push(heading(`the ${walk.name} that follows`), ...walkRows(walk.hops, view, true))
  }
  return rows
}

function heading(text: string): Row {
  return { place: '', device: '', text, cause: '', tone: 'heading' }
}

function lost(hops: readonly Hop[]): boolean {
  return hops.some(({ steps }) => steps.some(({ type }) => type === 'ended'))
}

/** Where the answer was translated, in a line each; else what it is. */
function answerRows(hops: readonly Hop[], view: View): readonly Row[] {
  const rows: Row[] = []
  const add = (text: string) =>
    rows.push({ place: rows.length === 0 ? 'answer' : '', device: '', text, cause: '', tone: 'plain' })
  const [first] = hops
  for (const step of first?.steps ?? []) if (step.type === 'sent') addAnswer(step, hops, add)
  for (const hop of hops) {
    const protocol = packetOf(hop)?.protocol ?? 0
    for (const step of hop.steps)
      if (step.type === 'nat') add(`on ${view.label(hop.netns)}: ${undoneText(step, protocol)}`)
  }
  return rows
}

/** An answer that is no plain reply is named; one that nothing translates is shown. */
function addAnswer(
  { packet }: Extract<Step, { type: 'sent' }>,
  hops: readonly Hop[],
  add: (text: string) => void,
): void {
  const text = packetText(packet)
  const plain = !/ RST| unreachable| prohibited| exceeded| needed| too big/.test(text)
  const translated = hops.some(({ steps }) => steps.some(({ type }) => type === 'nat'))
  if (!plain) add(text)
  else if (!translated) add(`${formatFlow(packet)}, not translated`)
}

function walkRows(hops: readonly Hop[], view: View, answering: boolean): Row[] {
  return hops.flatMap((hop, index) => {
    const { sized = false, policies = [] } = view
    const rows = hopRows(hop, { answering, sender: index === 0, sized, policies })
    const [first, ...rest] = rows
    return first ? [{ ...first, place: view.label(hop.netns) }, ...rest] : []
  })
}

interface HopContext {
  readonly answering: boolean
  /** The hop in which the packet was sent: how it leaves is said in its first line. */
  readonly sender: boolean
  readonly sized: boolean
  readonly policies: readonly PolicyCheck[]
}

function hopRows(hop: Hop, { answering, sender, sized, policies }: HopContext): readonly Row[] {
  const rows: BareRow[] = []
  const path: RuleStep[] = []
  const protocol = packetOf(hop)?.protocol ?? 0
  const device = deviceOfFirst(hop)
  let routed: StepOf<'route'> | undefined
  for (const step of hop.steps) {
    if (step.type === 'rule') path.push(step)
    if (isProviderBridge(hop, step)) continue
    if (step.type === 'route') {
      if (isToldAlready(step, routed, sender)) continue
      routed = step
    }
    const row = rowOf(step, { path, protocol, answering, sized })
    rows.push(...policyRows(hop, step, policies), ...(row ? [row] : []))
  }
  if (rows.length === 0) rows.push(line('passes'))
  return rows.map((row, index) => ({ ...row, place: '', device: row.device || (index === 0 ? device : '') }))
}

/** What policies said at a step. */
function policyRows(hop: Hop, step: Step, policies: readonly PolicyCheck[]): readonly BareRow[] {
  return checksAt(hop, step, policies)
    .flatMap((check) => policyLines(check, 'brief'))
    .map(({ text, at, tone }) => line(text, { tone, ...(at && { at }) }))
}

/** How a provider's firewall is built is not what happens to the packet: it passes, or is dropped. */
function isProviderBridge({ netns }: Hop, { type }: Step): boolean {
  return type === 'bridged' && netns.startsWith('firewall/')
}

/** The sender's default route is no news, nor is a second decision that is the first one again. */
function isToldAlready(step: StepOf<'route'>, before: StepOf<'route'> | undefined, sender: boolean): boolean {
  if (!step.again) return sender && step.route.destination.bits === 0
  return before !== undefined && before.device === step.device && routeText(before) === routeText(step)
}

/** The device by which the packet came in; for one that was sent here, the one by which it leaves. */
function deviceOfFirst({ steps }: Hop): string {
  for (const step of steps) {
    if (step.type === 'received') return step.port ?? step.device
    if (step.type === 'sent') return step.device
  }
  return ''
}

type BareRow = Omit<Row, 'place'>

function line(text: string, more: Partial<BareRow> = {}): BareRow {
  return { device: '', text, cause: '', tone: 'plain', ...more }
}

interface RowContext {
  readonly path: readonly RuleStep[]
  readonly protocol: number
  readonly answering: boolean
  readonly sized: boolean
}

function rowOf(step: Step, { path, protocol, answering, sized }: RowContext): BareRow | undefined {
  switch (step.type) {
    case 'sent':
      // A tunnel's packet has been shown where it was made.
      return step.packet.tunnel ? undefined : line(packetText(step.packet))
    case 'nat': {
      const at = step.by?.rule?.origin?.subject?.at
      const chains = chainPath(path, step.by)
      const named = serviceInComment(step.by?.rule)
      return line(natText(step, protocol), { cause: chains && `by ${chains}${named}`, ...(at && { at }) })
    }
    case 'route':
      return routeRow(step)
    case 'bridged':
      return line(`bridged on ${step.bridge}`, { device: step.to })
    case 'encapsulated':
      return line(`into the tunnel: ${tunnelText(step, sized)}`, { device: step.device })
    case 'decapsulated':
      return line('out of the tunnel', { device: step.device })
    case 'fragmented':
      return line(`fragmented to ${step.mtu} bytes`)
    case 'assumed':
      return line(`${step.what}; here it is taken ${step.matched ? 'to match' : 'not to match'}`, {
        tone: 'bad',
      })
    case 'delivered':
      return line(deliveredText(step, answering))
    case 'ended':
      return endRow(step, path)
    default:
      return undefined
  }
}

function routeRow(step: Extract<Step, { type: 'route' }>): BareRow | undefined {
  if (step.route.type === 'local') return undefined
  const at = step.route.origin?.subject?.at
  const text = `${step.again ? 'routed again: ' : 'route '}${routeText(step)}`
  return line(text, { device: step.device, ...(at && { at }) })
}

function endRow(step: Extract<Step, { type: 'ended' }>, path: readonly RuleStep[]): BareRow {
  const { by, reason, text } = step
  // What the program says of the policies has been said in full above.
  if (reason === 'filter') return line(`dropped by ${text.split(':', 1)[0]}`, { tone: 'bad' })
  if (!by) return line(endText(step), { tone: 'bad' })
  const at = by.rule?.origin?.subject?.at
  const cause = `by ${endCause(by, path)}${serviceInComment(by.rule)}`
  return line(endText(step), { cause, tone: 'bad', ...(at && { at }) })
}

/** What a Kubernetes comment of a rule that was read from a node says of the Service: `default/web:http`. */
function serviceInComment(rule: Rule | undefined): string {
  if (rule?.origin?.component !== 'iptables-save') return ''
  for (const match of rule.matches) {
    const named = match.type === 'comment' && /^[a-z\d-]+\/[a-z\d.-]+(?::[\w-]+)?(?= |$)/.exec(match.comment)
    if (named) return ` (${named[0]})`
  }
  return ''
}

function rowLines(row: Row, { places, devices }: WalkColumns, options: WalkOptions): readonly string[] {
  const { style, columns, location } = options
  if (row.tone === 'heading') return [`  ${style.dim(row.text)}`]
  const long = width(row.place) > places
  const place = long ? '' : row.place
  const device = devices > 0 ? `${style.dim(padEnd(row.device, devices))}  ` : ''
  const left = `  ${style.name(padEnd(place, places))}  ${device}`
  const paint = row.tone === 'bad' ? style.bad : (text: string) => text
  const right = location(row.at)
  const above = long ? [`  ${style.name(row.place)}`] : []
  const oneLine = row.cause === '' ? row.text : `${row.text}  ${row.cause}`
  if (row.cause === '' || width(left) + width(oneLine) + 2 + width(right) <= columns) {
    const text = row.cause === '' ? paint(row.text) : `${paint(row.text)}  ${style.dim(row.cause)}`
    return [...above, ...blockLines({ left, text, right, hanging: 2, paint: (t) => t }, columns, style)]
  }
  const blank = ' '.repeat(width(left) + 2)
  return [
    ...above,
    ...blockLines({ left, text: row.text, right, hanging: 2, paint }, columns, style),
    ...blockLines({ left: blank, text: row.cause, right: '', hanging: 2, paint: style.dim }, columns, style),
  ]
}
