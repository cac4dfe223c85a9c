import type { Report } from '../base/diagnostic.ts'
import type { Ip } from '../base/ip.ts'
import type { SourceFile } from '../base/source.ts'
import type { IpSet, Route, RoutingRule } from '../model/network.ts'
import type { DumpedConnection, DumpedDevice, DumpedNeighbor, NodeDump } from '../model/node-dump.ts'
import { readConnections } from './connections.ts'
import { readDevices } from './devices.ts'
import type { DumpText } from './dump-text.ts'
import { limits, openDump } from './dump-text.ts'
import type { Entry } from './entry.ts'
import type { DumpedCommand } from './file-names.ts'
import { commandOf } from './file-names.ts'
import type { FdbLine } from './forwarding.ts'
import { fdbEntries, readForwarding } from './forwarding.ts'
import { deviceEntries } from './ip-devices.ts'
import { routeEntries } from './ip-routes.ts'
import { readSets } from './ipsets.ts'
import { jsonEntries } from './json.ts'
import type { Line } from './lines.ts'
import { isFailure, linesOf } from './lines.ts'
import { neighborEntries, readNeighbors } from './neighbors.ts'
import { followsFromAddresses, readRoutes } from './routes.ts'
import type { SavedRules } from './rule-sets.ts'
import { readSavedRules } from './rule-sets.ts'
import { readRules, ruleEntries } from './rules.ts'
import { readSysctls } from './sysctls.ts'

/** The files of one folder: those whose names stand for a command, and the names of all others. */
export interface NodeDumpFiles {
  /** The folder, as messages call it. */
  readonly folder: string
  readonly files: readonly SourceFile[]
  readonly unread?: readonly string[]
}

type FileType = DumpedCommand['type']

/** What is collected while the files are read. A part is absent as long as no file of it was read. */
interface Collecting {
  readonly report: Report
  readonly devices: { readonly dump: DumpText; readonly entries: readonly Entry[] }[]
  readonly saved: SavedRules[]
  readonly forwarding: FdbLine[]
  routes?: Route[]
  rules?: RoutingRule[]
  neighbors?: DumpedNeighbor[]
  sets?: IpSet[]
  sysctls?: Record<string, number>
  connections?: DumpedConnection[]
}

/** Reads what was collected on a node. All problems are reported; what could be read is returned. */
export function readNodeDump(
  node: string,
  { folder, files, unread = [] }: NodeDumpFiles,
  report: Report,
): NodeDump {
  for (const name of unread) tellUnread(folder, name, report)
  const named = files.flatMap((file) => {
    const command = commandOf(baseName(file.name))
    if (command) return { file, command }
    tellUnread(folder, baseName(file.name), report)
    return []
  })
  if (named.length === 0) {
    report('dump-empty', `no file of ${folder} is one of a node dump`, {
      fix: 'kubewalk node-dump-script prints a script that collects one; file names are in docs/node-dumps.md',
    })
  }
  const collecting: Collecting = { report, devices: [], saved: [], forwarding: [] }
  for (const { file, command } of named) readFile(collecting, file, command)
  return assemble(node, collecting)
}

function baseName(path: string): string {
  return path.replace(/^.*[/\\]/, '')
}

function tellUnread(folder: string, name: string, report: Report): void {
  report('dump-file-unread', `${folder}: nothing reads the file ${name}`, {
    fix: 'name it after the command whose output it holds, such as iptables-save.txt or ip-addr.json',
  })
}

function readFile(collecting: Collecting, file: SourceFile, command: DumpedCommand): void {
  const dump = openDump(file, collecting.report)
  if (file.text.length > limits.characters) {
    dump.problem(
      'dump-too-large',
      0,
      `more than ${limits.characters} characters are not read`,
      'split the file',
    )
  } else if (command.type === 'iptables') {
    const saved = readSavedRules(dump, command.family, command.backend, collecting.report)
    if (saved) collecting.saved.push(saved)
  } else readOutput(collecting, dump, command)
  dump.finish()
}

/** Formats that are lines and nothing else. */
const lineFormats: Partial<
  Record<FileType, (collecting: Collecting, dump: DumpText, lines: readonly Line[]) => void>
> = {
  sets: (collecting, dump, lines) => {
    collecting.sets = [...(collecting.sets ?? []), ...readSets(dump, lines)]
  },
  sysctls: (collecting, dump, lines) => {
    collecting.sysctls = { ...collecting.sysctls, ...readSysctls(dump, lines) }
  },
  connections: (collecting, dump, lines) => {
    collecting.connections = [...(collecting.connections ?? []), ...readConnections(dump, lines)]
  },
}

/** How the text of a command that can print JSON becomes entries. */
const textForms: Partial<Record<FileType, (dump: DumpText, lines: readonly Line[]) => readonly Entry[]>> = {
  devices: deviceEntries,
  routes: routeEntries,
  rules: ruleEntries,
  neighbors: neighborEntries,
  forwarding: fdbEntries,
}

function readOutput(
  collecting: Collecting,
  dump: DumpText,
  command: Exclude<DumpedCommand, { readonly type: 'iptables' }>,
): void {
  const start = startOfJson(dump)
  const asLines = lineFormats[command.type]
  if (start !== undefined && !asLines) {
    takeEntries(collecting, dump, command, jsonEntries(dump, start))
    return
  }
  const lines = linesOf(dump)
  const [first] = lines
  if (first && lines.length < 5 && isFailure(first.text)) {
    const message = 'this is what a command says that failed; nothing of the file is used'
    dump.problem(
      'dump-incomplete',
      first.offset,
      message,
      'collect the file as root, or take it out of the folder',
    )
    return
  }
  if (asLines) asLines(collecting, dump, lines)
  else takeEntries(collecting, dump, command, textForms[command.type]?.(dump, lines) ?? [])
}

/** Where JSON begins, after lines that say nothing. */
function startOfJson({ text }: DumpText): number | undefined {
  const found = /^\s*[[{]\s*(?:[[{"\]]|$)/m.exec(text.slice(0, 20_000))
  if (!found) return undefined
  const before = text.slice(0, found.index)
  const prompted = before.split('\n').every((line) => line.trim() === '' || /[#$:]/.test(line))
  return prompted ? found.index : undefined
}

function takeEntries(
  collecting: Collecting,
  dump: DumpText,
  command: Exclude<DumpedCommand, { readonly type: 'iptables' }>,
  entries: readonly Entry[],
): void {
  switch (command.type) {
    case 'devices':
      collecting.devices.push({ dump, entries })
      break
    case 'routes':
      collecting.routes = merge(collecting.routes, readRoutes(dump, entries, command.family))
      break
    case 'rules':
      collecting.rules = merge(collecting.rules, readRules(dump, entries, command.family ?? 4))
      break
    case 'neighbors':
      collecting.neighbors = merge(collecting.neighbors, readNeighbors(dump, entries))
      break
    case 'forwarding':
      collecting.forwarding.push(...readForwarding(dump, entries))
      break
    default:
      break
  }
}

/** The same line may stand in several files: `ip route`, `ip route show table all`, both as text and as JSON. */
function merge<T>(before: T[] | undefined, more: readonly T[]): T[] {
  if (before === undefined || before.length === 0) return [...more]
  const known = new Set(before.map(keyOf))
  return [...before, ...more.filter((one) => !known.has(keyOf(one)))]
}

function keyOf(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one))
}

function assemble(node: string, collecting: Collecting): NodeDump {
  const { rules, neighbors, sets, sysctls, connections } = collecting
  const devices =
    collecting.devices.length > 0
      ? withForwarding(readDevices(collecting.devices), collecting.forwarding)
      : undefined
  const routes = collecting.routes && withoutImplied(collecting.routes, devices)
  return {
    node,
    ruleSets: inLoadOrder(collecting),
    ...(devices && { devices }),
    ...(routes && { routes }),
    ...(rules && { rules }),
    ...(neighbors && { neighbors }),
    ...(sysctls && { sysctls }),
    ...(sets && { sets }),
    ...(connections && { connections }),
  }
}

function withForwarding(
  devices: readonly DumpedDevice[],
  lines: readonly FdbLine[],
): readonly DumpedDevice[] {
  if (lines.length === 0) return devices
  const byDevice = new Map<string, FdbLine[]>()
  for (const line of lines) {
    const list = byDevice.get(line.device)
    if (list) list.push(line)
    else byDevice.set(line.device, [line])
  }
  return devices.map((device) => {
    const own = byDevice.get(device.name) ?? []
    const learned = [...new Set(own.filter((one) => one.learned).map(({ mac }) => mac))]
    const remotes = new Map(
      own.flatMap(({ mac, remote }) =>
        remote === undefined ? [] : [[`${mac} ${remote}`, { mac, remote }] as const],
      ),
    )
    return {
      ...device,
      ...(learned.length > 0 && { learned }),
      ...(remotes.size > 0 && { forwarding: [...remotes.values()] }),
    }
  })
}

function withoutImplied(
  routes: readonly Route[],
  devices: readonly DumpedDevice[] | undefined,
): readonly Route[] {
  const known = new Set<Ip>(devices?.flatMap(({ addresses }) => addresses.map(({ ip }) => ip)))
  return routes.filter((route) => !followsFromAddresses(route, known, route.destination))
}

/** Of two backends with rules of one family the one that is loaded last translates; nft, which is newer, is taken for it. */
function inLoadOrder({ saved, report }: Collecting): readonly NodeDump['ruleSets'][number][] {
  const order = { legacy: 0, undefined: 1, nft: 1 } as const
  for (const family of [4, 6] as const) {
    const own = saved.filter(({ ruleSet }) => ruleSet.family === family)
    if (own.filter(({ ruleSet }) => ruleSet.tables.some(({ name }) => name === 'nat')).length > 1) {
      report(
        'dump-incomplete',
        'both backends of iptables have a nat table; the one of nftables is taken to be loaded last',
        {
          fix: 'where both translate one packet, the order in which they were loaded decides: find it out',
        },
      )
    }
  }
  return saved
    .toSorted((a, b) => order[`${a.backend ?? 'undefined'}`] - order[`${b.backend ?? 'undefined'}`])
    .map(({ ruleSet }) => ruleSet)
}
