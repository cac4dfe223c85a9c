import type { DeviceMatch } from '../rule.ts'
import { deviceMatches } from '../save-format/header.ts'
import type { Options } from '../save-format/options.ts'
import { joinOptions, option } from '../save-format/options.ts'
import type { MatchModule, MatchResult } from './match.ts'

export interface PhysdevMatch {
  readonly in?: DeviceMatch
  readonly out?: DeviceMatch
  readonly isIn?: { readonly inverted: boolean }
  readonly isOut?: { readonly inverted: boolean }
  readonly isBridged?: { readonly inverted: boolean }
}

/** Mirrors physdev_mt of xt_physdev: the bridge ports behind the devices, known only where br_netfilter set them. */
export const physdev: MatchModule<PhysdevMatch> = {
  options: {
    'physdev-in': 1,
    'physdev-out': 1,
    'physdev-is-in': 0,
    'physdev-is-out': 0,
    'physdev-is-bridged': 0,
  },
  negatable: ['physdev-in', 'physdev-out', 'physdev-is-in', 'physdev-is-out', 'physdev-is-bridged'],
  refuse: ({ out, isOut, isBridged }, { hook }) => {
    const bridged = isBridged !== undefined && !isBridged.inverted
    return hook === 'OUTPUT' && (out || isOut) && !bridged
      ? '--physdev-out and --physdev-is-out know no port in OUTPUT unless --physdev-is-bridged stands beside them'
      : undefined
  },
  parse: (options) => ({
    ...atLeastOne(options),
    ...device(options, 'physdev-in', 'in'),
    ...device(options, 'physdev-out', 'out'),
    ...flag(options, 'physdev-is-in', 'isIn'),
    ...flag(options, 'physdev-is-out', 'isOut'),
    ...flag(options, 'physdev-is-bridged', 'isBridged'),
  }),
  format: (match) =>
    joinOptions(
      match.isIn && option('physdev-is-in', undefined, match.isIn.inverted),
      match.in && option('physdev-in', match.in.name, match.in.inverted),
      match.isOut && option('physdev-is-out', undefined, match.isOut.inverted),
      match.out && option('physdev-out', match.out.name, match.out.inverted),
      match.isBridged && option('physdev-is-bridged', undefined, match.isBridged.inverted),
    ),
  test: (match, { devices }): MatchResult => {
    const { physicalIn, physicalOut, bridged } = devices
    const all: readonly (boolean | undefined)[] = [
      match.isBridged && bridged !== match.isBridged.inverted,
      match.isIn && (physicalIn !== undefined) !== match.isIn.inverted,
      match.isOut && (physicalOut !== undefined) !== match.isOut.inverted,
      match.in && deviceMatches(match.in, physicalIn ?? ''),
      match.out && deviceMatches(match.out, physicalOut ?? ''),
    ]
    return all.every((one) => one !== false)
  },
}

/** Nothing to add to the match, once it is clear that it asks for something. */
function atLeastOne(options: Options): object {
  return options.all.length > 0 ? {} : options.fail('expected at least one option')
}

function device<K extends 'in' | 'out'>(options: Options, name: string, key: K): { [P in K]?: DeviceMatch } {
  const value = options.value(name)
  if (value === undefined) return {}
  return { [key]: { name: value, inverted: options.inverted(name) } } as { [P in K]?: DeviceMatch }
}

function flag<K extends string>(
  options: Options,
  name: string,
  key: K,
): { [P in K]?: { inverted: boolean } } {
  if (!options.has(name)) return {}
  return { [key]: { inverted: options.inverted(name) } } as { [P in K]?: { inverted: boolean } }
}
