import type { DumpText } from './dump-text.ts'
import { recollect } from './dump-text.ts'
import type { Line } from './lines.ts'
import { isFailure } from './lines.ts'

/** `sysctl -a`: the settings that are one number. A device's own dots are written as slashes there, and kept. */
export function readSysctls(dump: DumpText, lines: readonly Line[]): Readonly<Record<string, number>> {
  const settings = new Map<string, number>()
  for (const { text, offset } of lines) {
    const found = /^([\w./@:+-]+)\s*=\s*(.*)$/.exec(text)
    if (found) {
      const [, key = '', value = ''] = found
      if (/^-?\d{1,15}$/.test(value)) settings.set(key, Number(value))
    } else if (!/^sysctl: /.test(text) && !isFailure(text) && !/^\s/.test(text)) {
      dump.problem('dump-syntax', offset, 'expected a setting such as "net.ipv4.ip_forward = 1"', recollect)
    }
  }
  return Object.fromEntries(settings)
}
