import { parseSelector } from '../../base/calico-selector.ts'
import type { Report } from '../../base/diagnostic.ts'
import { parseCidrSloppy, parseIp } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import type { Examined } from './kind.ts'
import { isPortNumber, refuse } from './kind.ts'
import { blockFix } from './policy-block.ts'

export type Path = readonly (string | number)[]

/** The object that is looked at, and where to say what is wrong. */
export interface Check {
  readonly located: Examined<unknown>
  readonly report: Report
}

/** Refuses a word that is none of these. */
export function checkOneOf(
  { located, report }: Check,
  text: string,
  words: readonly string[],
  path: Path,
): void {
  if (words.includes(text)) return
  const near = nearest(text, words)
  const message = `"${text}" is not one of ${words.join(', ')}`
  refuse(located, report, path, message, near && `write ${near}`)
}

/** Refuses a text that is no selector, and one with `global()` where that means nothing. */
export function checkSelectorText(
  { located, report }: Check,
  text: string | undefined,
  path: Path,
  takesGlobal = false,
): void {
  if (text === undefined) return
  if (!parseSelector(text)) {
    refuse(located, report, path, `"${text}" is no selector`, selectorFix(text))
  } else if (/\bglobal\(/.test(text) && !(takesGlobal && /^\s*global\(\s*\)\s*$/.test(text))) {
    const message = 'global() stands alone, in the namespaceSelector of a source or destination'
    refuse(located, report, path, message)
  }
}

function selectorFix(text: string): string {
  if (/[^=!]=[^=]/.test(text)) return "write == for equal: app == 'web'"
  if (/==\s*[^'"\s]/.test(text)) return "put values in quotes: app == 'web'"
  return "write conditions such as app == 'web' && has(tier) || zone in {'a', 'b'}"
}

/** Refuses texts that are no blocks of addresses. */
export function checkNets(
  { located, report }: Check,
  nets: readonly string[] = [],
  path: Path,
  form: 'block' | 'or-address' = 'block',
): void {
  for (const [index, text] of nets.entries()) {
    if (parseCidrSloppy(text) || (form === 'or-address' && parseIp(text) !== undefined)) continue
    refuse(located, report, [...path, index], `"${text}" is no block such as 10.0.0.0/8`, blockFix(text))
  }
}

/** Refuses what is no port, no range such as `80:90`, and no name. Mirrors PortFromString of api/pkg/lib/numorstring. */
export function checkPorts(
  { located, report }: Check,
  ports: readonly (number | string)[],
  path: Path,
): void {
  for (const [index, port] of ports.entries()) {
    const fault = faultOf(String(port))
    if (fault) refuse(located, report, [...path, index], fault.message, fault.fix)
  }
}

function faultOf(port: string): { readonly message: string; readonly fix?: string } | undefined {
  const [, first, last = first] = /^(\d+)(?::(\d+))?$/.exec(port) ?? []
  if (first === undefined || last === undefined) {
    return /^[a-zA-Z0-9_.-]{1,128}$/.test(port)
      ? undefined
      : { message: `"${port}" is no port, no range and no name of a port` }
  }
  const [low, high] = [Number(first), Number(last)]
  if (!isPortNumber(low) || !isPortNumber(high)) return { message: `port ${port} is not from 1 to 65535` }
  if (low <= high) return undefined
  return { message: `the range ${port} ends before it begins`, fix: `write ${last}:${first}` }
}
