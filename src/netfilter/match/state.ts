import { option } from '../save-format/options.ts'
import { readList } from './conntrack.ts'
import type { ConnectionState, MatchModule } from './match.ts'

export interface StateMatch {
  readonly states: readonly ConnectionState[]
  readonly inverted: boolean
}

const stateNames: readonly ConnectionState[] = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED']

/** The old `-m state`, which the kernel serves with xt_conntrack. */
export const state: MatchModule<StateMatch> = {
  options: { state: 1 },
  negatable: ['state'],
  parse: (options) => ({
    states: readList(options.required('state'), stateNames, 'connection state'),
    inverted: options.inverted('state'),
  }),
  format: (match) => option('state', match.states.join(','), match.inverted),
  test: (match, context) => match.states.includes(context.state) !== match.inverted,
}
