import type { NumberRange, Options } from '../save-format/options.ts'
import { formatPortRange, joinOptions, option, parseNumberRange } from '../save-format/options.ts'
import type { MatchModule, MatchResult } from './match.ts'

/** The security parameter indexes that `-m esp` and `-m ah` ask for. */
export interface SpiMatch {
  readonly spi?: NumberRange & { readonly inverted: boolean }
  /** Further options of the IPv6 `-m ah`, as written. */
  readonly others: readonly string[]
}

function spiMatch(name: 'espspi' | 'ahspi', protocol: number, others: Readonly<Record<string, number>>) {
  const module: MatchModule<SpiMatch> = {
    options: { [name]: 1, ...others },
    negatable: [name, ...Object.keys(others).filter((option) => option === 'ahlen')],
    protocols: [protocol],
    parse: (options) => ({ ...readSpi(options, name), others: readOthers(options, name) }),
    format: ({ spi, others: rest }) =>
      joinOptions(spi && option(name, formatPortRange(spi), spi.inverted), ...rest),
    test: ({ spi, others: rest }): MatchResult => {
      const isAny = spi === undefined || (spi.first === 0 && spi.last === 0xffffffff && !spi.inverted)
      return isAny && rest.length === 0
        ? true
        : { unknown: 'IPsec headers are not part of the simulated packet' }
    },
  }
  return module
}

function readSpi(options: Options, name: string): Pick<SpiMatch, 'spi'> {
  const text = options.value(name)
  return text === undefined
    ? {}
    : { spi: { ...parseNumberRange(text, 'SPI'), inverted: options.inverted(name) } }
}

function readOthers(options: Options, name: string): string[] {
  return options.all
    .filter((one) => one.name !== name)
    .map((one) => option(one.name, one.values[0], one.inverted))
}

/** Mirrors esp_mt of xt_esp. */
export const esp: MatchModule<SpiMatch> = spiMatch('espspi', 50, {})

/** Mirrors ah_mt of ipt_ah and ah_mt6 of ip6t_ah. */
export const ah: MatchModule<SpiMatch> = spiMatch('ahspi', 51, { ahlen: 1, ahres: 0 })
