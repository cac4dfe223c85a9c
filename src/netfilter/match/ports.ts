import type { NumberRange, Options } from '../save-format/options.ts'
import { formatPortRange, option, parsePortRange } from '../save-format/options.ts'

/** A range of ports, perhaps inverted. */
export interface PortMatch extends NumberRange {
  readonly inverted: boolean
}

/** The source and destination ports that `-m tcp`, `-m udp` and `-m sctp` share. */
export interface PortsMatch {
  readonly sport?: PortMatch
  readonly dport?: PortMatch
}

export const portOptions = { sport: 1, dport: 1 }
export const portAliases = { 'source-port': 'sport', 'destination-port': 'dport' }

export function parsePorts(options: Options): PortsMatch {
  return { ...parsePort(options, 'sport'), ...parsePort(options, 'dport') }
}

function parsePort<Name extends 'sport' | 'dport'>(
  options: Options,
  name: Name,
): { [K in Name]?: PortMatch } {
  const text = options.value(name)
  if (text === undefined) return {}
  const port: PortMatch = { ...parsePortRange(text), inverted: options.inverted(name) }
  return { [name]: port } as { [K in Name]?: PortMatch }
}

/** Every port, uninverted, is the same as asking for none, and is not printed. */
export function formatPort(name: string, port: PortMatch | undefined): string | undefined {
  if (port?.first === 0 && port.last === 65535 && !port.inverted) return undefined
  return port && option(name, formatPortRange(port), port.inverted)
}

/** Mirrors port_match of xt_tcpudp and xt_sctp. */
export function testPort(match: PortMatch | undefined, port: number): boolean {
  return match === undefined || (port >= match.first && port <= match.last) !== match.inverted
}
