import { option } from '../save-format/options.ts'
import type { MatchModule, MatchResult } from './match.ts'

export interface MacMatch {
  readonly address: string
  readonly inverted: boolean
}

/** Mirrors mac_mt of xt_mac: Ethernet only, so never true, inverted or not, on the loopback device. */
export const mac: MatchModule<MacMatch> = {
  options: { 'mac-source': 1 },
  negatable: ['mac-source'],
  hooks: ['PREROUTING', 'INPUT', 'FORWARD'],
  parse: (options) => {
    const text = options.required('mac-source')
    if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text))
      options.fail(`"${text}" is not a hardware address such as 02:42:ac:11:00:02`)
    return { address: text.toLowerCase(), inverted: options.inverted('mac-source') }
  },
  format: (match) => option('mac-source', match.address, match.inverted),
  test: (_match, { devices }): MatchResult =>
    devices.in === 'lo' ? false : { unknown: 'hardware addresses are not part of the simulated packet' },
}
