import type { Option } from '../save-format/options.ts'
import { option, parseNumber } from '../save-format/options.ts'
import type { MatchModule } from './match.ts'

export interface OwnerMatch {
  /** Users and groups as numbers or ranges; the walk does not know the processes, so it never compares them. */
  readonly wanted: readonly { readonly name: string; readonly value?: string; readonly inverted: boolean }[]
  readonly supplementaryGroups: boolean
}

const asked = ['socket-exists', 'uid-owner', 'gid-owner'] as const

/**
 * Mirrors owner_mt of xt_owner. A forwarded packet has no socket here, which decides the match; of the
 * namespace's own packets it is not known whose they are.
 */
export const owner: MatchModule<OwnerMatch> = {
  options: { 'uid-owner': 1, 'gid-owner': 1, 'socket-exists': 0, 'suppl-groups': 0 },
  negatable: ['uid-owner', 'gid-owner', 'socket-exists'],
  hooks: ['OUTPUT', 'POSTROUTING'],
  parse: (options) => {
    const wanted = asked.flatMap((name) => {
      const found = options.find(name)
      return found ? [readWanted(found)] : []
    })
    if (wanted.length === 0) options.fail('expected --uid-owner, --gid-owner or --socket-exists')
    return { wanted, supplementaryGroups: options.has('suppl-groups') }
  },
  format: ({ wanted, supplementaryGroups }) =>
    [
      ...wanted.map(({ name, value, inverted }) => option(name, value, inverted)),
      ...(supplementaryGroups ? ['--suppl-groups'] : []),
    ].join(' '),
  test: ({ wanted }, { hook, devices }) => {
    const isForwarded = hook === 'POSTROUTING' && devices.in !== undefined
    if (isForwarded) return wanted.every((one) => one.inverted)
    return { unknown: 'the user and group of the sending process are not part of the simulation' }
  },
}

function readWanted({ name, values, inverted }: Option): OwnerMatch['wanted'][number] {
  const [value] = values
  if (value === undefined) return { name, inverted }
  const numbers = value === 'root' ? '0' : value
  for (const part of numbers.split('-')) parseNumber(part, 'user or group number')
  return { name, value: numbers, inverted }
}
