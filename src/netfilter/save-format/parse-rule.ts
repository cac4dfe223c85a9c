import type { Family } from '../../base/ip.ts'
import type { MatchName } from '../match/registry.ts'
import { isMatchName, matchModules } from '../match/registry.ts'
import type { HeaderMatch, Rule, Target } from '../rule.ts'
import { isTargetName, targetModules } from '../target/registry.ts'
import { headerField, readHeaderField } from './header.ts'
import type { Extension, Option } from './options.ts'
import { Options } from './options.ts'
import { RuleSyntaxError } from './tokens.ts'

/** Protocols whose options may be used without `-m`, by their number. */
const implicitMatches: ReadonlyMap<number, MatchName> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [50, 'esp'],
  [51, 'ah'],
  [58, 'icmp6'],
  [132, 'sctp'],
])

/** Short ways to write header options, which an extension that is not modelled may have as its own (`--proto`). */
const abbreviations: ReadonlySet<string> = new Set(['--proto', '--src', '--dst'])

/** An extension of the rule while its options are still being gathered. */
interface OpenExtension {
  readonly kind: 'match' | 'target'
  readonly name: string
  /** The token that names it. */
  readonly at: number
  /** Absent for an extension that kubewalk does not know. */
  readonly module?: Extension<unknown>
  readonly options: Option[]
  readonly tokens: string[]
}

interface RuleDraft {
  readonly header: { -readonly [K in keyof HeaderMatch]: HeaderMatch[K] }
  readonly seen: Set<keyof HeaderMatch>
  readonly extensions: OpenExtension[]
  readonly family: Family
  jump?: { readonly verb: 'jump' | 'goto'; readonly name: string }
}

/**
 * Reads the part of a rule that follows `-A CHAIN`, in iptables' own grammar: options may stand in any order,
 * and an option belongs to the last extension that knows it. Throws a RuleSyntaxError.
 */
export function parseRuleTokens(tokens: readonly string[], family: Family): Rule {
  const draft: RuleDraft = { header: {}, seen: new Set(), extensions: [], family }
  let inverted = false
  for (let at = 0; at < tokens.length; ) {
    if (tokens[at] === '!') {
      if (inverted) throw new RuleSyntaxError('two "!" in a row', at)
      inverted = true
      at++
      continue
    }
    at += readOption(draft, tokens, at, inverted)
    inverted = false
  }
  if (inverted) throw new RuleSyntaxError('"!" stands at the end', tokens.length - 1)
  return finish(draft)
}

/** Reads the option at `at`; returns how many tokens it took. */
function readOption(draft: RuleDraft, tokens: readonly string[], at: number, inverted: boolean): number {
  const token = tokens[at] ?? ''
  const last = draft.extensions.at(-1)
  const field = headerField(token)
  if (field && !(abbreviations.has(token) && last && mayOwn(last, token))) {
    return readHeader(draft, field, tokens, at, inverted)
  }
  if (token === '-m' || token === '--match') {
    if (inverted) throw new RuleSyntaxError('"!" cannot stand before -m', at)
    draft.extensions.push(openMatch(valueAfter(tokens, at), draft.family, at + 1))
    return 2
  }
  if (['-j', '--jump', '-g', '--goto'].includes(token)) {
    if (inverted) throw new RuleSyntaxError(`"!" cannot stand before ${token}`, at)
    openTarget(draft, token, valueAfter(tokens, at), at + 1)
    return 2
  }
  if (token === '-4' || token === '-6') return 1
  return readExtensionOption(draft, tokens, at, inverted)
}

/** Whether an option that iptables would complete to one of its own is the extension's: its exact name goes first. */
function mayOwn({ module }: OpenExtension, token: string): boolean {
  return !module || Object.hasOwn(module.options, token.slice(2))
}

function readHeader(
  draft: RuleDraft,
  field: keyof HeaderMatch,
  tokens: readonly string[],
  at: number,
  inverted: boolean,
): number {
  if (draft.seen.has(field)) throw new RuleSyntaxError(`${tokens[at]} stands twice`, at)
  draft.seen.add(field)
  const count = field === 'fragment' ? 1 : 2
  const value = count === 1 ? '' : valueAfter(tokens, at)
  located(at + count - 1, () => readHeaderField(draft.header, field, value, inverted, draft.family))
  return count
}

/** Gives an error from within its place: the token that was being read. */
function located<T>(token: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RuleSyntaxError && error.token === undefined)
      throw new RuleSyntaxError(error.message, token)
    throw error
  }
}

function valueAfter(tokens: readonly string[], at: number): string {
  const value = tokens[at + 1]
  if (value === undefined) throw new RuleSyntaxError(`${tokens[at]} needs a value`, at)
  return value
}

function openMatch(name: string, family: Family, at: number): OpenExtension {
  const own = name === 'icmpv6' || name === 'ipv6-icmp' ? 'icmp6' : name
  if (!isMatchName(own)) return { kind: 'match', name, at, options: [], tokens: [] }
  const module: Extension<unknown> = matchModules[own]
  checkFamily(`match ${own}`, module, family, at)
  return { kind: 'match', name: own, at, module, options: [], tokens: [] }
}

function openTarget(draft: RuleDraft, token: string, name: string, at: number): void {
  if (draft.jump) throw new RuleSyntaxError(`a second target, ${name}; a rule has one`, at)
  const verb = token === '-g' || token === '--goto' ? 'goto' : 'jump'
  draft.jump = { verb, name }
  if (verb === 'goto' || isBuiltIn(name)) return
  if (!isTargetName(name)) {
    draft.extensions.push({ kind: 'target', name, at, options: [], tokens: [] })
    return
  }
  const module: Extension<unknown> = targetModules[name]
  checkFamily(`target ${name}`, module, draft.family, at)
  draft.extensions.push({ kind: 'target', name, at, module, options: [], tokens: [] })
}

function checkFamily(what: string, module: Extension<unknown>, family: Family, at: number): void {
  if (module.family !== undefined && module.family !== family)
    throw new RuleSyntaxError(`${what} exists for IPv${module.family} only`, at)
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
  const found = token.startsWith('--') ? ownerOf(draft, token.slice(2), at) : undefined
  if (found) {
    const { extension, name, count } = found
    const values = tokens.slice(at + 1, at + 1 + count)
    if (values.length < count)
      throw new RuleSyntaxError(`${token} needs ${count === 1 ? 'a value' : 'two values'}`, at)
    checkOption(extension, name, inverted, at)
    extension.options.push({ name, inverted, values, at })
    return 1 + count
  }
  const last = draft.extensions.at(-1)
  if (!last || last.module) throw new RuleSyntaxError(`unknown option "${token}"`, at)
  if (inverted) last.tokens.push('!')
  last.tokens.push(token)
  return 1
}

/** An option stands once, is inverted only if it can be, and not beside one that excludes it. */
function checkOption(extension: OpenExtension, name: string, inverted: boolean, at: number): void {
  const { module, options } = extension
  if (inverted && !module?.negatable?.includes(name))
    throw new RuleSyntaxError(`--${name} cannot be inverted`, at)
  for (const other of options) {
    if (other.name === name && !module?.repeatable?.includes(name))
      throw new RuleSyntaxError(`--${name} stands twice`, at)
    if (module?.exclusive?.some((group) => group.includes(name) && group.includes(other.name)))
      throw new RuleSyntaxError(`--${name} cannot stand beside --${other.name}`, at)
  }
}

function ownerOf(
  draft: RuleDraft,
  optionName: string,
  at: number,
): { readonly extension: OpenExtension; readonly name: string; readonly count: number } | undefined {
  for (const extension of draft.extensions.toReversed()) {
    const found = lookUp(extension, optionName)
    if (found) return { extension, ...found }
    if (!extension.module) return undefined
  }
  const implicit = implicitMatches.get(draft.header.protocol?.protocol ?? 0)
  if (!implicit || draft.extensions.some((one) => one.name === implicit)) return undefined
  const { family } = matchModules[implicit]
  if (family !== undefined && family !== draft.family) return undefined
  const extension = openMatch(implicit, draft.family, at)
  const found = lookUp(extension, optionName)
  if (!found) return undefined
  draft.extensions.push(extension)
  return { extension, ...found }
}

function lookUp(extension: OpenExtension, optionName: string): { name: string; count: number } | undefined {
  const name = extension.module?.aliases?.[optionName] ?? optionName
  const count =
    extension.module && Object.hasOwn(extension.module.options, name) && extension.module.options[name]
  return typeof count === 'number' ? { name, count } : undefined
}

function finish(draft: RuleDraft): Rule {
  const matches = draft.extensions
    .filter((extension) => extension.kind === 'match')
    .map((extension) => typed(extension, draft.family) as Rule['matches'][number])
  const target = finishTarget(draft)
  return { header: draft.header, matches, ...(target && { target }) }
}

function finishTarget(draft: RuleDraft): Target | undefined {
  const { jump } = draft
  if (!jump) return undefined
  if (jump.verb === 'goto') return { type: 'goto', chain: jump.name }
  if (jump.name === 'ACCEPT') return { type: 'accept' }
  if (jump.name === 'DROP') return { type: 'drop' }
  if (jump.name === 'RETURN') return { type: 'return' }
  if (jump.name === 'QUEUE') return { type: 'queue' }
  const extension = draft.extensions.find((one) => one.kind === 'target')
  if (extension?.module) return typed(extension, draft.family) as Target
  // Whether an unknown name is a chain or a target is known only when all chains are: see resolveTargets.
  return { type: 'unknown', name: jump.name, tokens: extension?.tokens ?? [] }
}

function typed(extension: OpenExtension, family: Family): unknown {
  const { name, module, options, tokens } = extension
  if (!module) return { type: 'unknown', name, tokens }
  const given = new Options(extension.kind === 'match' ? `-m ${name}` : `-j ${name}`, options)
  try {
    return { type: name, ...(module.parse(given, family) as object) }
  } catch (error) {
    if (!(error instanceof RuleSyntaxError)) throw error
    const { lastRead } = given
    const at = lastRead ? lastRead.at + (lastRead.values.length > 0 ? 1 : 0) : extension.at
    throw new RuleSyntaxError(error.message, at)
  }
}
