import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import type { Ip } from '../../src/base/ip.ts'
import { parseIp } from '../../src/base/ip.ts'
import { completeCluster } from '../../src/control/complete.ts'
import { kubernetesData } from '../../src/control/kubernetes-data.ts'
import type { CoreDns } from '../../src/dns/coredns/config.ts'
import type { ParsedCorefile } from '../../src/dns/coredns/corefile/parse.ts'
import { parseCorefile } from '../../src/dns/coredns/corefile/parse.ts'
import type { KubernetesData } from '../../src/dns/kubernetes-data.ts'
import { loadManifest } from '../../src/manifest/load.ts'

/** The folder in which the answers of the real CoreDNS are kept; its README says how they were got. */
export const root = join(import.meta.dirname, '../recorded/coredns')

/** One line of answers.jsonl. */
export interface Row {
  readonly name: string
  readonly type: string
  readonly class?: string
  readonly from?: string
  readonly transport?: 'tcp'
  /** Octets that the client takes over UDP. */
  readonly size?: number
  readonly rcode: string
  readonly flags?: { readonly aa: boolean; readonly tc: boolean }
  readonly question?: string
  readonly answers?: readonly string[]
  readonly authority?: readonly string[]
  readonly additional?: readonly string[]
}

/** What a Corefile does not say. */
interface Setting {
  readonly addresses?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** A Corefile with what the real CoreDNS answered. */
export interface RecordedSet {
  readonly name: string
  readonly rows: readonly Row[]
  readonly corefile: ParsedCorefile
  readonly server: CoreDns
  /** The other servers, by their addresses. */
  readonly upstreams: ReadonlyMap<Ip, CoreDns>
  readonly upstreamFiles: readonly ParsedCorefile[]
}

/** The names of all sets: every folder with an answers.jsonl. */
export function setNames(): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => basename(file) === 'answers.jsonl')
    .map((file) => dirname(file))
    .sort()
}

/** Reads a set. */
export function readSet(name: string): RecordedSet {
  const folder = join(root, name)
  const setting = readSetting(folder)
  const kubernetes = readObjects(folder)
  const server = (path: string) => readServer(path, { kubernetes, setting })
  const corefile = server(join(folder, 'Corefile'))
  const upstreams = nearest(folder, /^upstream-.*\.Corefile$/).map((path) => {
    const address = basename(path).slice('upstream-'.length, -'.Corefile'.length)
    return { address: ip(address), ...server(path) }
  })
  const rows = readFileSync(join(folder, 'answers.jsonl'), 'utf8').trimEnd().split('\n')
  return {
    name,
    rows: rows.map((line): Row => JSON.parse(line)),
    corefile: corefile.parsed,
    server: corefile.server,
    upstreams: new Map(upstreams.map(({ address, server }) => [address, server])),
    upstreamFiles: upstreams.map(({ parsed }) => parsed),
  }
}

/** An address that is known to be one. */
export function ip(text: string): Ip {
  const found = parseIp(text)
  if (found === undefined) throw new Error(`${text} is no address`)
  return found
}

/** The files of this name in the nearest folder that has any: the folder itself or one above it. */
function nearest(folder: string, name: RegExp): readonly string[] {
  const found = readdirSync(folder).filter((file) => name.test(file))
  if (found.length > 0) return found.map((file) => join(folder, file))
  return relative(root, folder) === '' ? [] : nearest(dirname(folder), name)
}

function readSetting(folder: string): Setting {
  const [path] = nearest(folder, /^setting\.json$/)
  return path === undefined ? {} : JSON.parse(readFileSync(path, 'utf8'))
}

/** The cluster is read as any manifest is. Some objects have addresses that an API server would not have given out. */
function readObjects(folder: string): KubernetesData {
  const [path] = nearest(folder, /^objects\.yaml$/)
  const files = path === undefined ? [] : [{ name: path, text: readFileSync(path, 'utf8') }]
  const loaded = loadManifest(files)
  const completed = completeCluster(loaded.value.objects, {})
  const wrong = [...loaded.diagnostics, ...completed.diagnostics]
    .filter(({ severity }) => severity === 'error')
    .filter(({ code }) => code !== 'cluster-ip-outside-range' && code !== 'cluster-ip-taken')
  if (wrong.length > 0) throw new Error(`${path}: ${wrong.map(({ code }) => code).join(', ')}`)
  return kubernetesData(completed.value)
}

function readServer(
  path: string,
  { kubernetes, setting }: { readonly kubernetes: KubernetesData; readonly setting: Setting },
): { readonly parsed: ParsedCorefile; readonly server: CoreDns } {
  const folder = dirname(path)
  const beside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
  const files = new Map(beside.map(({ name }) => [name, readFileSync(join(folder, name), 'utf8')]))
  files.set('/etc/hosts', readFileSync(join(root, 'etc/hosts'), 'utf8'))
  const parsed = parseCorefile(readFileSync(path, 'utf8'), {
    locate: (line, column, file) => ({ file: file === '' ? path : file, line, column }),
    files,
    environment: new Map(Object.entries(setting.environment ?? {})),
  })
  const resolver = readFileSync(join(root, 'etc/resolv.conf'), 'utf8').split('\n')
  const lines = (keyword: string) =>
    resolver.flatMap((line) => (line.startsWith(`${keyword} `) ? line.split(' ').slice(1) : []))
  const server: CoreDns = {
    type: 'coredns',
    blocks: parsed.blocks,
    kubernetes,
    nameservers: lines('nameserver').map(ip),
    searches: lines('search'),
    addresses: (setting.addresses ?? []).map((address) => ip(address.replace(/\/.*/, ''))),
  }
  return { parsed, server }
}
