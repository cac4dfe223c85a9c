import { option } from '../save-format/options.ts'
import type { MatchModule, MatchResult } from './match.ts'

export interface SetMatch {
  readonly set: string
  readonly dimensions: readonly ('src' | 'dst')[]
  readonly inverted: boolean
  /** Options beyond `--match-set`, as written; they count packets or look at counters. */
  readonly extra: readonly string[]
}

/** Mirrors set_match of xt_set: whether an ipset holds the packet's addresses and ports. */
export const set: MatchModule<SetMatch> = {
  options: {
    'match-set': 2,
    'return-nomatch': 0,
    'update-counters': 0,
    'update-subcounters': 0,
    'packets-eq': 1,
    'packets-lt': 1,
    'packets-gt': 1,
    'bytes-eq': 1,
    'bytes-lt': 1,
    'bytes-gt': 1,
  },
  negatable: ['match-set', 'update-counters', 'update-subcounters', 'packets-eq', 'bytes-eq'],
  parse: (options) => {
    const found = options.find('match-set') ?? options.fail('needs --match-set NAME FLAGS')
    const [name = '', flags = ''] = found.values
    const dimensions = flags.split(',').map((flag) => (flag === 'src' || flag === 'dst' ? flag : undefined))
    const known = dimensions.filter((flag) => flag !== undefined)
    if (known.length !== dimensions.length) options.fail(`flags "${flags}" are not a list of src and dst`)
    const extra = options.all
      .filter((one) => one.name !== 'match-set')
      .map((one) => option(one.name, one.values[0], one.inverted))
    return { set: name, dimensions: known, inverted: found.inverted, extra }
  },
  format: (match) =>
    [option('match-set', `${match.set} ${match.dimensions.join(',')}`, match.inverted), ...match.extra].join(
      ' ',
    ),
  test: (match, context): MatchResult => {
    if (context.memory.get(changedSetKey(match.set)) !== undefined)
      return { unknown: `ipset ${match.set} was changed by a SET rule` }
    const found = context.host.set(match.set)
    if (!found) return { unknown: `the members of ipset ${match.set} are not known` }
    if (match.extra.some((text) => !text.includes('update-')))
      return { unknown: 'ipset counters are not modelled' }
    return found.contains(context.packet, match.dimensions, context.devices) !== match.inverted
  },
}

/** The name under which a namespace remembers that a rule changed an ipset, whose members are then not known. */
export function changedSetKey(name: string): string {
  return `changed ipset ${name}`
}
