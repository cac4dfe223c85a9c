import type { Report } from '../../base/diagnostic.ts'
import { familyOf, parseCidr, parseCidrSloppy, parseIp } from '../../base/ip.ts'
import type { Examined } from './kind.ts'
import { refuse } from './kind.ts'

/** Refuses a text that is no block of addresses. */
export function checkPolicyBlock(
  { located, report }: { readonly located: Examined<unknown>; readonly report: Report },
  text: string,
  path: readonly (string | number)[],
): void {
  if (parseCidrSloppy(text)) return
  refuse(located, report, path, `"${text}" is no block such as 10.0.0.0/8`, blockFix(text))
}

/** What was meant by a text that is no block, where that is plain. */
export function blockFix(text: string): string | undefined {
  const ip = parseIp(text)
  if (ip === undefined) return parseCidr(text.trim()) ? `write ${text.trim()}` : undefined
  return `write ${text}/${familyOf(ip) === 4 ? 32 : 128}`
}
