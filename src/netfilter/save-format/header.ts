import type { Family, Ip } from '../../base/ip.ts'
import { bitsOf } from '../../base/ip.ts'
import type { DeviceMatch, HeaderMatch } from '../rule.ts'
import { maskOf, parseAddressMask, prefixOf, saveIp } from './options.ts'
import { protocolNumber, protocolText } from './protocols.ts'
import { RuleSyntaxError } from './tokens.ts'

/** `address/bits`, or `address/mask` when the mask is no prefix. */
export function formatAddressMask(match: { readonly address: Ip; readonly mask: Ip }): string {
  return `${saveIp(match.address)}/${prefixOf(match.mask) ?? saveIp(match.mask)}`
}

/** Mirrors ifname_compare of x_tables: exact, or a prefix if the name ends in `+`. */
export function deviceMatches(match: DeviceMatch, device: string): boolean {
  const same = match.name.endsWith('+') ? device.startsWith(match.name.slice(0, -1)) : device === match.name
  return same !== match.inverted
}

/** The header options of a rule in iptables-save's order. */
export function formatHeader(header: HeaderMatch): string {
  const { source, destination, protocol, fragment } = header
  let text = ''
  if (source) text += ` ${not(source)}-s ${formatAddressMask(source)}`
  if (destination) text += ` ${not(destination)}-d ${formatAddressMask(destination)}`
  if (header.in) text += ` ${not(header.in)}-i ${header.in.name}`
  if (header.out) text += ` ${not(header.out)}-o ${header.out.name}`
  if (protocol) text += ` ${not(protocol)}-p ${protocolText(protocol.protocol)}`
  if (fragment) text += ` ${not(fragment)}-f`
  return text.slice(1)
}

function not({ inverted }: { readonly inverted: boolean }): string {
  return inverted ? '! ' : ''
}

type MutableHeader = { -readonly [K in keyof HeaderMatch]: HeaderMatch[K] }

const headerFlags: Readonly<Record<string, keyof HeaderMatch>> = {
  '-s': 'source',
  '--source': 'source',
  '--src': 'source',
  '-d': 'destination',
  '--destination': 'destination',
  '--dst': 'destination',
  '-i': 'in',
  '--in-interface': 'in',
  '-o': 'out',
  '--out-interface': 'out',
  '-p': 'protocol',
  '--protocol': 'protocol',
  '--proto': 'protocol',
  '-f': 'fragment',
  '--fragment': 'fragment',
}

/** Which part of the header an option sets, if it is one of the header's. */
export function headerField(token: string): keyof HeaderMatch | undefined {
  return headerFlags[token]
}

/** Sets one part of the header from its value; `-f` has none. */
export function readHeaderField(
  header: MutableHeader,
  field: keyof HeaderMatch,
  value: string,
  inverted: boolean,
  family: Family,
): void {
  switch (field) {
    case 'source':
    case 'destination': {
      const match = { ...parseAddressMask(value, family), inverted }
      if (match.mask !== maskOf(family, 0) || inverted) header[field] = match
      return
    }
    case 'in':
    case 'out':
      if (value.length > 15) throw new RuleSyntaxError(`device name "${value}" is longer than 15 characters`)
      if (value !== '+') header[field] = { name: value, inverted }
      return
    case 'protocol': {
      const protocol = protocolNumber(value)
      if (protocol === 0 && inverted) throw new RuleSyntaxError('"! -p all" would never match')
      if (protocol !== 0) header.protocol = { protocol, inverted }
      return
    }
    case 'fragment':
      if (family === 6) throw new RuleSyntaxError('-f is for IPv4; IPv6 has -m frag')
      header.fragment = { inverted }
      return
    default:
      field satisfies never
  }
}

/** Whether the mask leaves a single address. */
export function isHostMask(mask: Ip, family: Family): boolean {
  return mask === maskOf(family, bitsOf(family))
}
