import { certain, chain } from '../../branch.ts'
import type { Directive } from './directive.ts'
import type { PluginModule } from './plugin.ts'

/** Which flags of a response are set or cleared; of those that are shown, AA alone. */
export interface HeaderConfig {
  readonly authoritative?: boolean
}

/** Mirrors plugin/header. */
export const header: PluginModule<HeaderConfig> = {
  parse: parseHeader,
  serve: ({ authoritative }, query, next) =>
    chain(next(query), (reply) => {
      if (authoritative === undefined || reply.response === undefined) return certain(reply)
      return certain({ ...reply, response: { ...reply.response, authoritative } })
    }),
}

function parseHeader({ c }: Directive): HeaderConfig {
  const rules: HeaderConfig[] = []
  while (c.next() && rules.length === 0) while (c.nextBlock()) rules.push(readRule(c))
  if (rules.length === 0) throw c.argErr()
  return Object.assign({}, ...rules)
}

/** One line: rules for queries change nothing that is shown. */
function readRule(c: Directive['c']): HeaderConfig {
  const selector = c.val.toLowerCase()
  if (selector !== 'query' && selector !== 'response') {
    throw c.plain(`setting up rule: invalid selector=${selector} should be query or response`)
  }
  const action = c.nextArg() ? c.val.toLowerCase() : ''
  const flags = c.remainingArgs().map((flag) => flag.toLowerCase())
  const wrong = wrongHeader(action, flags)
  if (wrong !== undefined) throw c.plain(`setting up rule: ${wrong}`)
  return selector === 'response' && flags.includes('aa') ? { authoritative: action === 'set' } : {}
}

function wrongHeader(action: string, flags: readonly string[]): string | undefined {
  if (action === '') return 'no flag action provided'
  if (flags.length < 1) return 'invalid length for flags, at least one should be provided'
  if (action !== 'set' && action !== 'clear') {
    return `unknown flag action=${action}, should be set or clear`
  }
  const wrong = flags.find((flag) => !['aa', 'ra', 'rd'].includes(flag))
  return wrong === undefined ? undefined : `unknown/unsupported flag=${wrong}`
}
