import { joinOptions, option } from '../save-format/options.ts'
import type { MatchModule } from './match.ts'

/** What `-m rt` asks of an IPv6 routing header, as written. */
export interface RoutingHeaderMatch {
  readonly options: readonly string[]
}

/** Mirrors rt_mt6 of ip6t_rt: false without a routing header, whatever is asked and inverted; the walk's packets have none. */
export const rt: MatchModule<RoutingHeaderMatch> = {
  options: {
    'rt-type': 1,
    'rt-segsleft': 1,
    'rt-len': 1,
    'rt-0-res': 0,
    'rt-0-addrs': 1,
    'rt-0-not-strict': 0,
  },
  negatable: ['rt-type', 'rt-segsleft', 'rt-len'],
  family: 6,
  parse: (options) => ({
    options: options.all.map((one) => option(one.name, one.values[0], one.inverted)),
  }),
  format: (match) => joinOptions(...match.options),
  test: () => false,
}
