import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { collectDiagnostics, formatDiagnostic } from '../../src/base/diagnostic.ts'
import type { Ip } from '../../src/base/ip.ts'
import { familyOf, formatIp, parseCidr, parseInterfaceAddress, parseIp } from '../../src/base/ip.ts'
import type { IpSet } from '../../src/model/network.ts'
import type { RuleSet } from '../../src/netfilter/rule.ts'
import { parseSave } from '../../src/netfilter/save-format/parse.ts'

/** One packet put to a dump, and what reading the rules says becomes of it. */
export interface DumpWalk {
  /** The device it comes in by, or `local` for a packet of the node itself. */
  readonly in: string
  /** Who sends it; for the node itself the route decides. */
  readonly from?: string
  /** `192.0.2.1:80/tcp`, or `192.0.2.1/icmp`. */
  readonly to: string
  readonly expect: 'reached' | 'refused' | 'rejected' | 'dropped' | 'no-route' | 'unknown'
  /** The sockets that may take it, as `10.244.1.5:8080`. */
  readonly at?: string | readonly string[]
  /** The source that they see. */
  readonly seen?: string | readonly string[]
  /** What ended it: `filter KUBE-FIREWALL 1`, or `filter INPUT policy`. */
  readonly by?: string
  /** How the rules lead there. */
  readonly because: string
  /** Why the kernel is not asked, where it is not. */
  readonly kernel?: string
}

/** A device that the rules name, with what stands behind it. */
export interface DumpDevice {
  readonly addresses: readonly string[]
  /** For a bridge: its ports, and the addresses behind each. */
  readonly ports?: Readonly<Record<string, readonly string[]>>
}

/** `about.yaml`: where a dump comes from, what we added so that packets can be sent, and the packets. */
export interface About {
  readonly title: string
  readonly source: string
  readonly seen: string
  readonly restated: string
  readonly backend: 'legacy' | 'nft'
  readonly devices: Readonly<Record<string, DumpDevice>>
  readonly routes: readonly string[]
  readonly sysctls: Readonly<Record<string, number>>
  /** `by chain`: the text was input for iptables-restore, whose rules may stand in any order and between comments. */
  readonly printed?: 'by chain'
  /** Why the kernel here does not take it. */
  readonly kernel?: string
  /** Expected complaints, by code. */
  readonly diagnostics: readonly string[]
  readonly walks: readonly DumpWalk[]
}

/** One text of rules of a dump. */
export interface DumpText {
  readonly file: 'iptables-save' | 'ip6tables-save'
  readonly family: 4 | 6
  readonly text: string
}

export interface Dump {
  readonly name: string
  readonly about: About
  readonly texts: readonly DumpText[]
  readonly sets: readonly IpSet[]
  /** `ipset-save` as it stands in the folder. */
  readonly setsText: string
}

const folder = join(import.meta.dirname, '../dumps')

/** Every dump of test/dumps, by name. */
export function readDumps(): readonly Dump[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readDump(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function readDump(name: string): Dump {
  const read = (file: string) => {
    const path = join(folder, name, file)
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  }
  const texts = ([4, 6] as const).flatMap((family): DumpText[] => {
    const file = family === 4 ? 'iptables-save' : 'ip6tables-save'
    const text = read(file)
    return text === undefined ? [] : [{ file, family, text }]
  })
  const setsText = read('ipset-save') ?? ''
  return { name, about: readAbout(read('about.yaml') ?? ''), texts, sets: readSets(setsText), setsText }
}

type WrittenDevice =
  | string
  | readonly string[]
  | { addresses?: string | string[]; ports?: Record<string, string | string[]> }

type WrittenAbout = Omit<About, 'devices'> & {
  readonly devices: Readonly<Record<string, WrittenDevice | null>>
}

function readAbout(text: string): About {
  const written = parse(text) as WrittenAbout
  const devices = Object.entries(written.devices).map(([name, one]) => [name, readDevice(one)] as const)
  return {
    ...written,
    devices: Object.fromEntries(devices),
    routes: written.routes ?? [],
    sysctls: written.sysctls ?? {},
    diagnostics: written.diagnostics ?? [],
  }
}

function readDevice(written: WrittenDevice | null): DumpDevice {
  if (written === null) return { addresses: [] }
  if (typeof written === 'string' || isList(written)) return { addresses: listOf(written) }
  const ports = Object.entries(written.ports ?? {}).map(([name, one]) => [name, listOf(one)] as const)
  return {
    addresses: listOf(written.addresses ?? []),
    ...(ports.length > 0 && { ports: Object.fromEntries(ports) }),
  }
}

function isList(value: WrittenDevice): value is readonly string[] {
  return Array.isArray(value)
}

/** One word or several. */
export function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}

/** `create NAME TYPE …` and `add NAME ENTRY` lines. */
function readSets(text: string): readonly IpSet[] {
  const sets = new Map<string, { name: string; type: string; entries: string[] }>()
  for (const line of text.split('\n')) {
    const [verb, name = '', third = '', ...rest] = line.trim().split(/\s+/)
    if (verb === 'create') sets.set(name, { name, type: third, entries: [] })
    if (verb === 'add') sets.get(name)?.entries.push([third, ...rest].join(' '))
  }
  return [...sets.values()]
}

/** The rules of one text, and the codes of what the reader has to say of it. */
export function readText(
  { name }: Dump,
  { file, text, family }: DumpText,
): { ruleSet: RuleSet; complaints: readonly string[] } {
  const { report, diagnostics } = collectDiagnostics()
  const ruleSet = parseSave({ name: `${name}/${file}`, text }, family, report)
  return { ruleSet, complaints: diagnostics.map((one) => formatDiagnostic(one)) }
}

/** An address that has to be one. */
export function ipOf(text: string): Ip {
  const found = parseIp(text)
  if (found === undefined) throw new Error(`${text} is no address`)
  return found
}

export function cidrOfText(text: string) {
  const found = parseCidr(text)
  if (!found) throw new Error(`${text} is no block`)
  return found
}

export function interfaceAddressOf(text: string) {
  const found = parseInterfaceAddress(text)
  if (!found) throw new Error(`${text} is no address with a prefix length`)
  return found
}

/** `192.0.2.1:80/tcp`, `[fd00::1]:80/tcp`, `192.0.2.1/icmp`. */
export function targetOf(text: string): {
  readonly ip: Ip
  readonly port: number
  readonly protocol: 'tcp' | 'udp' | 'icmp'
} {
  const found = /^(?:\[(.+)\]|([\d.]+)|([\da-f:]+))(?::(\d+))?\/(tcp|udp|icmp)$/.exec(text)
  const protocol = found?.[5]
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'icmp') throw new Error(`${text} is no target`)
  return { ip: ipOf(found?.[1] ?? found?.[2] ?? found?.[3] ?? ''), port: Number(found?.[4] ?? 0), protocol }
}

/** The address of `10.244.1.5:8080` or `[fd00::5]:8080`. */
export function addressOf(socket: string): Ip {
  return ipOf(/^\[(.+)\]/.exec(socket)?.[1] ?? socket.replace(/:\d+$/, ''))
}

/** A socket as the walks write it. */
export function socketText(ip: Ip, port: number): string {
  if (port === 0) return formatIp(ip)
  return familyOf(ip) === 4 ? `${formatIp(ip)}:${port}` : `[${formatIp(ip)}]:${port}`
}
