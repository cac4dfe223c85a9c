import type { Family } from '../../base/ip.ts'
import type { MatchName } from '../match/registry.ts'
import { isMatchName, matchModules } from '../match/registry.ts'
import type { HeaderMatch, Rule, Target } from '../rule.ts'
import { isTargetName, targetModules } from '../target/registry.ts'
import { headerField, readHeaderField } from './header.ts'
import type { Extension, Option } from './options.ts'
import { Options } from './options.ts'
import { RuleSyntaxError } from './tokens.ts'

/** Protocols whose options may be used without `-m`; the key is what follows `-p`. */
const implicitMatches: Readonly<Record<string, MatchName>> = {
  tcp: 'tcp',
  udp: 'udp',
  udplite: 'udp',
  sctp: 'sctp',
}

/** An extension of the rule while its options are still being gathered. */
interface OpenExtension {
  readonly kind: 'match' | 'target'
  readonly name: string
  /** Absent for an extension that kubewalk does not know. */
  readonly module?: Extension<unknown>
  readonly options: Option[]
  readonly tokens: string[]
}

interface RuleDraft {
  readonly header: { -readonly [K in keyof HeaderMatch]: HeaderMatch[K] }
  readonly extensions: OpenExtension[]
  protocolName?: string
  jump?: { readonly verb: 'jump' | 'goto'; readonly name: string }
}

/**
 * Reads the part of a rule that follows `-A CHAIN`, in iptables' own grammar: options may stand in any order,
 * and an option belongs to the last extension that knows it. Throws a RuleSyntaxError.
 */
export function parseRuleTokens(tokens: readonly string[], family: Family): Rule {
  const draft: RuleDraft = { header: {}, extensions: [] }
  let inverted = false
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at] ?? ''
    if (token === '!') {
      if (inverted) throw new RuleSyntaxError('two "!" in a row')
      inverted = true
      at++
      continue
    }
    at += readOption(draft, tokens, at, inverted, family)
    inverted = false
  }
  if (inverted) throw new RuleSyntaxError('"!" stands at the end')
  return finish(draft, family)
}

/** Reads the option at `at`; returns how many tokens it took. */
function readOption(
  draft: RuleDraft,
  tokens: readonly string[],
  at: number,
  inverted: boolean,
  family: Family,
): number {
  const token = tokens[at] ?? ''
  const field = headerField(token)
  if (field) {
    const value = field === 'fragment' ? '' : valueAfter(tokens, at)
    readHeaderField(draft.header, field, value, inverted, family)
    if (field === 'protocol') draft.protocolName = value.toLowerCase()
    return field === 'fragment' ? 1 : 2
  }
  if (token === '-m' || token === '--match') {
    draft.extensions.push(openMatch(valueAfter(tokens, at)))
    return 2
  }
  if (['-j', '--jump', '-g', '--goto'].includes(token)) {
    openTarget(draft, token, valueAfter(tokens, at))
    return 2
  }
  if (token === '-4' || token === '-6') return 1
  return readExtensionOption(draft, tokens, at, inverted)
}

function valueAfter(tokens: readonly string[], at: number): string {
  const value = tokens[at + 1]
  if (value === undefined) throw new RuleSyntaxError(`${tokens[at]} needs a value`)
  return value
}

function openMatch(name: string): OpenExtension {
  const own = name === 'icmp6' || name === 'ipv6-icmp' ? 'icmpv6' : name
  return isMatchName(own)
    ? { kind: 'match', name: own, module: matchModules[own], options: [], tokens: [] }
    : { kind: 'match', name, options: [], tokens: [] }
}

function openTarget(draft: RuleDraft, token: string, name: string): void {
  if (draft.jump) throw new RuleSyntaxError(`a second target, ${name}; a rule has one`)
  const verb = token === '-g' || token === '--goto' ? 'goto' : 'jump'
  draft.jump = { verb, name }
  if (verb === 'goto' || isBuiltIn(name)) return
  draft.extensions.push(
    isTargetName(name)
      ? { kind: 'target', name, module: targetModules[name], options: [], tokens: [] }
      : { kind: 'target', name, options: [], tokens: [] },
  )
}

function isBuiltIn(name: string): boolean {
  return name === 'ACCEPT' || name === 'DROP' || name === 'RETURN' || name === 'QUEUE'
}

function readExtensionOption(
  draft: RuleDraft,
  tokens: readonly string[],
  at: number,
  inverted: boolean,
): number {
  const token = tokens[at] ?? ''
  const found = token.startsWith('--') ? ownerOf(draft, token.slice(2)) : undefined
  if (found) {
    const { extension, name, count } = found
    const values = tokens.slice(at + 1, at + 1 + count)
    if (values.length < count)
      throw new RuleSyntaxError(`${token} needs ${count === 1 ? 'a value' : 'two values'}`)
    extension.options.push({ name, inverted, values })
    return 1 + count
  }
  const last = draft.extensions.at(-1)
  if (!last || last.module) throw new RuleSyntaxError(`unknown option "${token}"`)
  if (inverted) last.tokens.push('!')
  last.tokens.push(token)
  return 1
}

function ownerOf(
  draft: RuleDraft,
  optionName: string,
): { readonly extension: OpenExtension; readonly name: string; readonly count: number } | undefined {
  const implicit = implicitMatches[draft.protocolName ?? '']
  for (const extension of draft.extensions.toReversed()) {
    const found = lookUp(extension, optionName)
    if (found) return { extension, ...found }
    if (!extension.module) return undefined
  }
  if (!implicit || draft.extensions.some((one) => one.name === implicit)) return undefined
  const extension = openMatch(implicit)
  const found = lookUp(extension, optionName)
  if (!found) return undefined
  draft.extensions.unshift(extension)
  return { extension, ...found }
}

function lookUp(extension: OpenExtension, optionName: string): { name: string; count: number } | undefined {
  const name = extension.module?.aliases?.[optionName] ?? optionName
  const count =
    extension.module && Object.hasOwn(extension.module.options, name) && extension.module.options[name]
  return typeof count === 'number' ? { name, count } : undefined
}

function finish(draft: RuleDraft, family: Family): Rule {
  const matches = draft.extensions
    .filter((extension) => extension.kind === 'match')
    .map((extension) => typed(extension, family) as Rule['matches'][number])
  const target = finishTarget(draft, family)
  return { header: draft.header, matches, ...(target && { target }) }
}

function finishTarget(draft: RuleDraft, family: Family): Target | undefined {
  const { jump } = draft
  if (!jump) return undefined
  if (jump.verb === 'goto') return { type: 'goto', chain: jump.name }
  if (jump.name === 'ACCEPT') return { type: 'accept' }
  if (jump.name === 'DROP') return { type: 'drop' }
  if (jump.name === 'RETURN') return { type: 'return' }
  if (jump.name === 'QUEUE') return { type: 'queue' }
  const extension = draft.extensions.find((one) => one.kind === 'target')
  if (extension?.module) return typed(extension, family) as Target
  // Whether an unknown name is a chain or a target is known only when all chains are: see resolveTargets.
  return { type: 'unknown', name: jump.name, tokens: extension?.tokens ?? [] }
}

function typed(extension: OpenExtension, family: Family): unknown {
  const { name, module, options, tokens } = extension
  if (!module) return { type: 'unknown', name, tokens }
  const owner = extension.kind === 'match' ? `-m ${name}` : `-j ${name}`
  return { type: name, ...(module.parse(new Options(owner, options), family) as object) }
}
