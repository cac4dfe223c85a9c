import { familyOf, formatEndpoint, formatIp } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { formatFlow, hasPorts, protocolName } from '../base/packet.ts'
import type { ObjectRef } from '../base/source.ts'
import type { Hop, RuleStep, Socket, Step } from '../model/trace.ts'
import { formatRuleBody } from '../netfilter/save-format/format.ts'
import { formatTaken } from './route-text.ts'

/** How much of a walk is shown: what changed it, every rule that matched, every rule that was looked at. */
export type Detail = 'brief' | 'matched' | 'all'

/** One line of a walk: where, by which device, what, and why. */
export interface TraceLine {
  readonly place: string
  readonly device: string
  readonly text: string
  /** Chains, comments: what made it so. */
  readonly cause: string
  readonly subject?: ObjectRef
  readonly tone: 'plain' | 'bad' | 'dim'
}

/** The lines of a walk, hop by hop. */
export function traceLines(
  hops: readonly Hop[],
  label: (netns: string) => string,
  detail: Detail,
): TraceLine[] {
  return hops.flatMap((hop) => {
    const lines = hopLines(hop, detail)
    return lines.map((line, index) => ({ ...line, place: index === 0 ? label(hop.netns) : '' }))
  })
}

type Bare = Omit<TraceLine, 'place'>

function hopLines(hop: Hop, detail: Detail): Bare[] {
  const lines: Bare[] = []
  const family = familyOfHop(hop)
  let device = ''
  const path: RuleStep[] = []
  const add = (text: string, more: Partial<Bare> = {}) => {
    lines.push({ device, text, cause: '', tone: 'plain', ...more })
    device = ''
  }
  for (const step of hop.steps) {
    if (step.type === 'received') device = step.port ?? step.device
    if (step.type === 'rule') path.push(step)
    if (detail !== 'brief') addDetail(step, detail, family, add)
    addStep(step, path, add)
  }
  if (lines.length === 0) add('passes')
  return lines
}

function familyOfHop({ steps }: Hop): 4 | 6 {
  for (const step of steps) if ('packet' in step) return familyOf(step.packet.dst)
  return 4
}

type Add = (text: string, more?: Partial<Bare>) => void

/** A rule, in the detailed forms. */
function addDetail(step: Step, detail: Detail, family: 4 | 6, add: Add): void {
  if (step.type === 'conntrack') {
    add(`conntrack: ${step.state}${step.direction ? `, ${step.direction} direction` : ''}`, { tone: 'dim' })
  }
  if (step.type !== 'rule' || (!step.matched && detail !== 'all')) return
  const place = `${step.hook === step.chain ? '' : `${step.hook} `}${step.table} ${step.chain} ${step.number || 'policy'}`
  const text = step.rule
    ? `-A ${step.chain} ${step.rule.spelling ?? formatRuleBody(step.rule, family)}`
    : 'ACCEPT'
  const subject = step.rule?.origin?.subject
  add(`${step.matched ? '' : 'no match: '}${text}`, {
    cause: place,
    tone: 'dim',
    ...(subject && { subject }),
  })
}

function addStep(step: Step, path: readonly RuleStep[], add: Add): void {
  switch (step.type) {
    case 'sent':
      add(`${formatFlow(step.packet)}  ${protocolName(step.packet.protocol)}${flagText(step.packet)}`)
      return
    case 'nat':
      addNat(step, path, add)
      return
    case 'route':
      if (step.route.type !== 'local') {
        const subject = step.route.origin?.subject
        add(`route ${formatTaken(step.route, step.device, step.via)}${step.again ? ', routed again' : ''}`, {
          ...(subject && { subject }),
        })
      }
      return
    case 'bridged':
      add(`bridged on ${step.bridge} to ${step.to}`)
      return
    case 'encapsulated':
      add(`into the tunnel ${step.device}: ${formatFlow(step.outer)} udp`)
      return
    case 'decapsulated':
      add(`out of the tunnel ${step.device}`)
      return
    case 'fragmented':
      add(`fragmented to ${step.mtu} bytes`)
      return
    case 'assumed':
      add(`not modelled: ${step.what}; taken to ${step.matched ? 'match' : 'not match'}`, { tone: 'bad' })
      return
    case 'delivered':
      addDelivered(step, add)
      return
    case 'ended':
      addEnd(step, path, add)
      return
    default:
      return
  }
}

function flagText(packet: Packet): string {
  if (packet.icmp?.quoted) return ` error: type ${packet.icmp.type} code ${packet.icmp.code}`
  return ''
}

/** The chains that led to a rule: `KUBE-SERVICES → KUBE-SVC-4XJ… → KUBE-SEP-7PQ…`. */
function chainPath(path: readonly RuleStep[], end: RuleStep | undefined): string {
  if (!end) return ''
  const own = path.filter((step) => step.matched && step.table === end.table && step.hook === end.hook)
  const chains: string[] = []
  for (const { rule } of own) {
    const target = rule?.target
    if (target?.type === 'jump' || target?.type === 'goto') chains.push(target.chain)
  }
  const last = chains.lastIndexOf(end.chain)
  const walked = last < 0 ? [] : trimPath(chains.slice(0, last + 1))
  return walked.map(shorten).join(' → ')
}

/** Leaves out chains that were gone back from. Marks are set on the way and lead nowhere. */
function trimPath(chains: readonly string[]): readonly string[] {
  return chains.filter((chain) => !['KUBE-MARK-MASQ', 'KUBE-KUBELET-CANARY'].includes(chain))
}

/** The chains of service ports and endpoints have names too long for a line. */
function shorten(chain: string): string {
  return chain.replace(/^(KUBE-(?:SVC|SVL|SEP|EXT|FW)-)([A-Z2-7]{4})[A-Z2-7]{12}$/, '$1$2…')
}

function addNat(step: Step & { readonly type: 'nat' }, path: readonly RuleStep[], add: Add): void {
  const to = socketText(step.to, step.randomPort)
  const subject = step.by?.rule?.origin?.subject
  const cause = { cause: chainPath(path, step.by), ...(subject && { subject }) }
  switch (step.action) {
    case 'dnat':
      add(`DNAT to ${to}`, cause)
      return
    case 'snat':
      add(step.by?.rule?.target?.type === 'MASQUERADE' ? `masqueraded as ${to}` : `SNAT to ${to}`, cause)
      return
    case 'again':
      add(`${step.side === 'source' ? 'SNAT' : 'DNAT'} to ${to}, as conntrack remembers`)
      return
    case 'undo':
      add(`${step.side === 'source' ? 'DNAT undone: from' : 'SNAT undone: to'} ${to}`)
      return
    default:
      step.action satisfies never
  }
}

function socketText({ ip, port }: Socket, randomPort: boolean | undefined): string {
  if (randomPort) return `${familyOf(ip) === 4 ? formatIp(ip) : `[${formatIp(ip)}]`}:(random port)`
  return port === 0 ? formatIp(ip) : formatEndpoint(ip, port)
}

function addDelivered({ packet, listener }: Step & { readonly type: 'delivered' }, add: Add): void {
  const from = hasPorts(packet.protocol) ? formatEndpoint(packet.src, packet.sport) : formatIp(packet.src)
  if (!listener) {
    add(`arrives from ${from}`)
    return
  }
  const who = listener.label === undefined ? '' : ` (${listener.label})`
  const assumed = listener.assumed ? '; that it listens is assumed' : ''
  add(`listens on ${packet.dport}${who}; sees ${from}${assumed}`)
}

function addEnd(step: Step & { readonly type: 'ended' }, path: readonly RuleStep[], add: Add): void {
  const { by, text } = step
  const subject = by?.rule?.origin?.subject
  if (!by) {
    add(text, { tone: 'bad' })
    return
  }
  const chains = chainPath(path, by)
  const where = [
    by.table,
    by.hook,
    chains === '' ? '' : `→ ${chains}`,
    by.number === 0 ? 'policy' : by.number,
  ]
  add(
    text === 'dropped'
      ? by.number === 0
        ? 'DROP by policy'
        : 'DROP'
      : text.replace(/^rejected with /, 'REJECT '),
    {
      cause: `${where.filter((part) => part !== '').join(' ')}${commentOf(by)}`,
      tone: 'bad',
      ...(subject && { subject }),
    },
  )
}

function commentOf({ rule }: RuleStep): string {
  for (const match of rule?.matches ?? []) if (match.type === 'comment') return ` "${match.comment}"`
  return ''
}
