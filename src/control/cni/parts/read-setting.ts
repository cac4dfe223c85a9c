import type { Report } from '../../../base/diagnostic.ts'
import type { Cidr } from '../../../base/ip.ts'
import { parseCidr } from '../../../base/ip.ts'
import type { CniInput } from '../cni.ts'
import type { Setting } from './daemon.ts'
import { settingOf } from './daemon.ts'

/** Settings are read as the plugins' own programs read them: what cannot be read is told, and the default counts. */
const words: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
])

/** Mirrors strconv.ParseBool. */
export function readBoolean(report: Report, setting: Setting | undefined, otherwise: boolean): boolean {
  if (!setting || setting.value === '') return otherwise
  const read = words.get(setting.value)
  if (read === undefined) refuse(report, setting, 'true or false', String(otherwise))
  return read ?? otherwise
}

/** A whole number between two bounds, in any notation that Go reads (`0x80`). */
export function readNumber(
  report: Report,
  setting: Setting | undefined,
  { otherwise, least, most }: { readonly otherwise: number; readonly least: number; readonly most: number },
): number {
  if (!setting || setting.value === '') return otherwise
  const read = /^(0x[0-9a-f]+|\d+)$/i.test(setting.value) ? Number(setting.value) : Number.NaN
  if (read >= least && read <= most) return read
  refuse(report, setting, `a number from ${least} to ${most}`, String(otherwise))
  return otherwise
}

/** The MTU that the user sets; `undefined` for the plugin's own. */
export function readMtu(input: CniInput): number | undefined {
  const read = readNumber(input.report, settingOf(input, 'mtu'), { otherwise: 0, least: 68, most: 65535 })
  return read === 0 ? undefined : read
}

/** One of a few words. */
export function readWord<T extends string>(
  report: Report,
  setting: Setting | undefined,
  allowed: readonly T[],
  otherwise: T,
): T {
  if (!setting || setting.value === '') return otherwise
  const read = allowed.find((one) => one === setting.value)
  if (read === undefined) refuse(report, setting, `one of ${allowed.join(', ')}`, otherwise)
  return read ?? otherwise
}

/** Blocks with commas between them; those that cannot be read are left out. */
export function readBlocks(report: Report, setting: Setting | undefined): readonly Cidr[] {
  const texts = setting?.value.split(/[\s,]+/).filter((one) => one !== '') ?? []
  return texts.flatMap((text) => {
    const cidr = parseCidr(text)
    if (!cidr && setting)
      refuse(report, { ...setting, value: text }, 'a block such as 10.0.0.0/16', 'nothing')
    return cidr ? [cidr] : []
  })
}

/** A daemon notes it in its log and goes on; what the user sets here is an error. */
function refuse(report: Report, { value, from, at }: Setting, expected: string, counts: string): void {
  report('invalid-setting', `${from}: "${value}" is not ${expected}; ${counts} counts`, {
    ...(at && { at, severity: 'warning' as const }),
    fix: `write ${expected}`,
  })
}
