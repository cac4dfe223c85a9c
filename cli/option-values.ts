import { InvalidArgumentError } from 'commander'
import type { SysctlOption } from '../src/index.ts'

/** A firewall of a node, by its name or by the file with its rules. */
export interface HostFirewallChoice {
  readonly node?: string
  readonly choice: string
}

/** Reads a whole number within limits. */
export function integer(what: string, first: number, last: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= first && value <= last) return value
    throw new InvalidArgumentError(`Expected ${what} from ${first} to ${last}.`)
  }
}

/** Reads `NODE=FILE`; may be given several times. */
export function nodeFile(text: string, before: readonly (readonly [string, string])[] = []) {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('Expected NODE=FILE.')
  return [...before, [text.slice(0, at), text.slice(at + 1)] as const]
}

/** Reads `NODE:KEY=VALUE` or `KEY=VALUE`; may be given several times. A `/` may separate the key's parts, as sysctl takes it. */
export function sysctlSetting(text: string, before: readonly SysctlOption[] = []): readonly SysctlOption[] {
  const found = /^(?:([^:=]+):)?([\w./*-]+)=(-?\d+)$/.exec(text)
  if (!found)
    throw new InvalidArgumentError('Expected NODE:KEY=NUMBER, such as worker:net.ipv4.ip_forward=0.')
  const [, node, key = '', value] = found
  return [
    ...before,
    {
      ...(node !== undefined && { node }),
      key: dotted(key),
      value: Number(value),
      position: before.length + 1,
    },
  ]
}

/** Mirrors sysctl(8): where a `/` is the first separator, it separates the parts, and dots belong to names of devices. */
function dotted(key: string): string {
  if (/^[^./]*\//.test(key)) return key.replace(/[./]/g, (sign) => (sign === '/' ? '.' : '/'))
  return key
}

/** Reads `NODE=docker`, `NODE=FILE`, or either without a node for all of them; may be given several times. */
export function hostFirewall(
  text: string,
  before: readonly HostFirewallChoice[] = [],
): readonly HostFirewallChoice[] {
  const at = text.indexOf('=')
  const node = at > 0 ? text.slice(0, at) : undefined
  const choice = text.slice(at + 1)
  if (choice === '' || at === 0)
    throw new InvalidArgumentError('Expected NODE=docker, ufw, firewalld or a file.')
  return [...before, { ...(node !== undefined && { node }), choice }]
}

/** Reads `NODE=FOLDER`; may be given several times. */
export function nodeFolder(text: string, before: readonly (readonly [string, string])[] = []) {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('Expected NODE=FOLDER.')
  return [...before, [text.slice(0, at), text.slice(at + 1)] as const]
}

/** Reads paths with commas between them; may be given several times. Mirrors kubectl's `-f`. */
export function paths(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...list(text)]
}

/** Reads a list with commas. */
export function list(text: string): readonly string[] {
  return text.split(',').filter((one) => one !== '')
}

/** Reads a time of RFC 3339, in milliseconds since 1970. */
export function moment(text: string): number {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
  const time = form.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new InvalidArgumentError('Expected a time such as 2026-01-31T12:00:00Z.')
}

/** Collects texts; may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

/** Reads `NAME=ADDRESS`, or curl's `NAME:PORT:ADDRESS`; may be given several times. */
export function nameAddress(text: string, before: readonly (readonly [string, string])[] = []) {
  const found = /^([^=:]+)(?:=|:\d*:)(.*)$/.exec(text)
  if (!found) throw new InvalidArgumentError('Expected NAME=ADDRESS.')
  return [...before, [found[1] ?? '', found[2] ?? ''] as const]
}
