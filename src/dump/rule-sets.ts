import type { Report } from '../base/diagnostic.ts'
import type { SourceFile } from '../base/source.ts'
import type { RuleSet } from '../netfilter/rule.ts'
import { parseSave } from '../netfilter/save-format/parse.ts'
import type { DumpText } from './dump-text.ts'
import { limits } from './dump-text.ts'
import { isFailure, isNoise } from './lines.ts'

/** One text of iptables-save, and which of the two backends printed it, as far as that is known. */
export interface SavedRules {
  readonly ruleSet: RuleSet
  readonly backend: 'nft' | 'legacy' | undefined
}

/**
 * iptables-save and ip6tables-save of either backend. What a terminal puts around the text is blanked, so that places
 * stay; what iptables-save itself says of rules that it does not print is told.
 */
export function readSavedRules(
  dump: DumpText,
  family: 4 | 6,
  stated: 'nft' | 'legacy' | undefined,
  report: Report,
): SavedRules | undefined {
  const text = withoutNoise(dump)
  if (text === undefined) return undefined
  const backend = stated ?? backendIn(dump.text)
  if (!/^\s*\*/m.test(text)) return withoutTables(dump, family, backend)
  tellOtherRules(dump)
  const file: SourceFile = { name: dump.name, text }
  return { ruleSet: { ...parseSave(file, family, report), ...(backend && { backend }) }, backend }
}

/** Every save begins with a comment that names its program: `iptables-nft-save`, `iptables-save v1.8.9 (nf_tables)`. */
function backendIn(text: string): 'nft' | 'legacy' | undefined {
  const head = /^# .*\bip6?tables(-nft|-legacy)?-save v[\d.]+( \(nf_tables\)| \(legacy\))?/m.exec(
    text.slice(0, 20_000),
  )
  if (!head) return undefined
  const said = `${head[1] ?? ''}${head[2] ?? ''}`
  return said.includes('nf') ? 'nft' : said.includes('legacy') ? 'legacy' : undefined
}

/** No table at all: there are no rules, or the command failed and said so. */
function withoutTables(
  dump: DumpText,
  family: 4 | 6,
  backend: SavedRules['backend'],
): SavedRules | undefined {
  const lines = dump.text.split('\n', 1000)
  const failed = lines.findIndex((line) => isFailure(line))
  if (failed >= 0) {
    const offset = lines.slice(0, failed).reduce((sum, line) => sum + line.length + 1, 0)
    const message = 'this is what a command says that failed; the rules are taken from the cluster'
    dump.problem('dump-incomplete', offset, message, 'collect the file as root')
    return undefined
  }
  const stray = lines.findIndex((line) => !isNoise(line))
  if (stray >= 0) {
    const offset = lines.slice(0, stray).reduce((sum, line) => sum + line.length + 1, 0)
    dump.problem('iptables-syntax', offset, 'expected iptables-save text, which begins with "*table"')
    return undefined
  }
  // The older backend has no table until somebody asks for one.
  if (backend === 'legacy') return undefined
  const message = 'the file is empty: the node is taken to have no such rules'
  dump.problem('dump-incomplete', 0, message, 'if it has, collect them as root')
  return { ruleSet: { family, tables: [] }, backend }
}

/** Lines that iptables-save prints about rules that are not in its text. */
function tellOtherRules(dump: DumpText): void {
  const other = /^# Warning: (ip6?tables-legacy) tables present/m.exec(dump.text)
  if (other && !/legacy/.test(dump.name)) {
    const message = `${other[1]} has rules on the node as well, which are not in this file`
    dump.problem('dump-incomplete', other.index, message, `add ${other[1]}-save to the folder`)
  }
  const strange = /^# Table `([^`'\n]{1,64})' (?:contains|is incompatible)/m.exec(dump.text)
  if (strange) {
    const message = `table ${strange[1]} of nftables is not printed by iptables-save, and not modelled`
    dump.problem('dump-not-modelled', strange.index, message)
  }
}

/** How rules, chains, tables and comments begin. */
const ownStart = '-:*#'

/** The text with prompts and the like blanked; `undefined` if a line or the whole is too long. */
function withoutNoise(dump: DumpText): string | undefined {
  const { text } = dump
  const parts: string[] = []
  let kept = 0
  let start = 0
  let lines = 0
  while (start < text.length) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    lines++
    if (end - start > limits.line || lines > limits.lines) {
      const what =
        lines > limits.lines
          ? `more than ${limits.lines} lines`
          : `a line of more than ${limits.line} characters`
      dump.problem('dump-too-large', start, `${what} is not read`, 'collect the file again')
      return undefined
    }
    // Of five hundred thousand lines hardly one is noise: the first character rules most of them out.
    const looksRight = ownStart.includes(text[start] ?? '')
    if (!looksRight && isNoise(text.slice(start, end))) {
      parts.push(text.slice(kept, start))
      kept = end
    }
    start = end + 1
  }
  parts.push(text.slice(kept))
  return parts.join('')
}
