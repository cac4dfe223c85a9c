import type { Port } from '../reach/direct.ts'
import type { Place } from '../reach/place.ts'
import type { ReachTable } from '../reach/table.ts'

const names: Readonly<Record<number, Port['protocol']>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

/** As many ports of a place that listens on whatever it is asked are tried. */
const maxTried = 24

/** The ports that a destination is asked at: those where it listens; of one that says nothing, those that policies name. */
export function portsOf(table: ReachTable, { listeners }: Place): readonly Port[] {
  const stated = listeners.flatMap(({ protocol, port }): readonly Port[] => {
    const name = names[protocol]
    return name === undefined || port === 'any' ? [] : [{ protocol: name, number: port }]
  })
  const open = listeners.some(({ port, protocol }) => port === 'any' && names[protocol] !== undefined)
  return open && stated.length === 0 ? triedPorts(table) : stated
}

function triedPorts({ context }: ReachTable): readonly Port[] {
  const intervals = context.matrix?.intervals
  const told = ([6, 17] as const).flatMap((protocol) =>
    (intervals?.(protocol) ?? [])
      .slice(0, maxTried)
      .map(({ first }): Port => ({ protocol: protocol === 6 ? 'tcp' : 'udp', number: first })),
  )
  return told.length > 0 ? told : [{ protocol: 'tcp', number: 1 }]
}
