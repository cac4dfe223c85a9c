import type { FelixRule } from '../felix-rule.ts'
import type { Marks } from '../marks.ts'
import { clearMark, hex, markIs, markIsClear, setMark } from '../rule-context.ts'
import type { Side } from './match-text.ts'
import { netMatch, portsMatch, protocolMatch, setMatch, splitPorts } from './match-text.ts'
import type { ParsedEnd, ParsedRule } from './parsed-rule.ts'

/** The rules that stand before a rule for what it alone cannot ask, and the rule without that. */
export interface Blocks {
  readonly before: readonly FelixRule[]
  readonly rule: ParsedRule
  /** What the rule asks of the mark, if rules stand before it. */
  readonly match?: string
}

/** One condition of several rules, of which one must match or, for exceptions, none may. */
interface Block {
  readonly wanted: boolean
  readonly matches: readonly string[]
}

/**
 * iptables asks for one block of addresses on each side, and for 15 ports. What a rule asks beyond that becomes rules before
 * it that work on two bits of the mark: one says that all conditions so far hold, the other that one of them does. Mirrors
 * matchBlockBuilder of felix/rules/policy.go, and the order of conditions in ProtoRuleToIptablesRules.
 */
export function matchBlocks(rule: ParsedRule, family: 4 | 6, marks: Marks): Blocks {
  const src = portBlocks('src', rule.src, rule, family)
  const dst = portBlocks('dst', rule.dst, rule, family)
  const [srcNets, dstNets] = [netBlock('src', src.end), netBlock('dst', dst.end)]
  const [srcNot, dstNot] = [notBlock('src', srcNets.end), notBlock('dst', dstNets.end)]
  const blocks = [src, dst, srcNets, dstNets, srcNot, dstNot].flatMap(({ block }) => block ?? [])
  if (blocks.length === 0) return { before: [], rule }
  return {
    before: rulesOf(blocks, marks),
    rule: { ...rule, src: srcNot.end, dst: dstNot.end },
    match: markIs(marks.scratch0),
  }
}

interface Taken {
  readonly end: ParsedEnd
  readonly block?: Block
}

function portBlocks(side: Side, end: ParsedEnd, { protocol }: ParsedRule, family: 4 | 6): Taken {
  const splits = splitPorts(end.ports)
  if (splits.length + end.namedPorts.length <= 1) return { end }
  const numbers = splits.map((ports) => [...protocolMatch(protocol), portsMatch(side, ports)].join(' '))
  const names = end.namedPorts.map((set) => setMatch(family, side, set))
  return {
    end: { ...end, ports: [], namedPorts: [] },
    block: { wanted: true, matches: [...numbers, ...names] },
  }
}

function netBlock(side: Side, end: ParsedEnd): Taken {
  if (end.nets.length <= 1) return { end }
  const matches = end.nets.map((net) => netMatch(side, net))
  return { end: { ...end, nets: [] }, block: { wanted: true, matches } }
}

function notBlock(side: Side, end: ParsedEnd): Taken {
  if (end.nets.length + end.notNets.length <= 1) return { end }
  const matches = end.notNets.map((net) => netMatch(side, net))
  return matches.length === 0 ? { end } : { end: { ...end, notNets: [] }, block: { wanted: false, matches } }
}

function rulesOf(blocks: readonly Block[], { scratch0: all, scratch1: one }: Marks): readonly FelixRule[] {
  const [first] = blocks
  const initially = first?.wanted ? 0 : all
  const start: FelixRule = { action: `--jump MARK --set-mark ${hex(initially)}/${hex(all + one)}` }
  return [
    start,
    ...blocks.flatMap((block, index): readonly FelixRule[] => {
      if (!block.wanted) return block.matches.map((match) => ({ match, action: clearMark(all) }))
      const isFirst = index === 0
      const rules = block.matches.map((match) => ({ match, action: setMark(isFirst ? all : one) }))
      return isFirst ? rules : [...rules, { match: markIsClear(one), action: clearMark(all) }]
    }),
  ]
}
