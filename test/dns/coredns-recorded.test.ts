import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { Ip } from '../../src/base/ip.ts'
import { parseIp } from '../../src/base/ip.ts'
import type { CoreDns } from '../../src/dns/coredns/config.ts'
import { parseCorefile } from '../../src/dns/coredns/corefile/parse.ts'
import type { DnsQuery, DnsRecord, DnsResponse } from '../../src/dns/message.ts'
import { serveDns } from '../../src/dns/serve.ts'
import type { DnsContext } from '../../src/dns/server.ts'
import type { ApiObject } from '../support/kubernetes-data.ts'
import { kubernetesDataOf } from '../support/kubernetes-data.ts'

const root = process.env['COREDNS_RECORDED'] ?? join(import.meta.dirname, '../recorded/coredns')

/** A query and what the real CoreDNS said to it; a line of answers.jsonl. */
interface Recorded {
  readonly name: string
  readonly type: string
  readonly class?: string
  readonly from?: string
  readonly transport?: 'udp' | 'tcp'
  readonly size?: number
  readonly server?: string
  readonly port?: number
  readonly rcode: string
  readonly flags?: { readonly aa: boolean; readonly tc: boolean }
  readonly question?: string
  readonly answers: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
}

const read = (path: string) => readFileSync(path, 'utf8')

function lines<T>(path: string): readonly T[] {
  return read(path)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** A file of this name in the folder or, if there is none, in the nearest above. */
function nearestFile(folder: string, name: string): string | undefined {
  const path = join(folder, name)
  if (existsSync(path)) return path
  return folder === root ? undefined : nearestFile(dirname(folder), name)
}

function filesAround(folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>([['/etc/hosts', read(join(root, 'etc/hosts'))]])
  const folders = [folder]
  while (folders.at(-1) !== root) folders.push(dirname(folders.at(-1) ?? root))
  for (const one of folders.toReversed()) {
    for (const name of readdirSync(one)) {
      const path = join(one, name)
      if (!statSync(path).isFile() || /\.jsonl$|^Corefile$/.test(name)) continue
      found.set(name, read(path))
      found.set(`/${name}`, read(path))
    }
  }
  return found
}

function serverOf(corefile: string, folder: string): CoreDns {
  const setting = nearestFile(folder, 'setting.json')
  const { addresses = [], environment = {} } = setting === undefined ? {} : JSON.parse(read(setting))
  const objects = nearestFile(folder, 'objects.yaml')
  const documents = objects === undefined ? [] : parseAllDocuments(read(objects))
  const parsed = parseCorefile(corefile, {
    locate: (line, column) => ({ file: 'Corefile', line, column }),
    files: filesAround(folder),
    environment: new Map(Object.entries(environment)),
  })
  expect(parsed.errors).toEqual([])
  return {
    type: 'coredns',
    blocks: parsed.blocks,
    kubernetes: kubernetesDataOf(documents.flatMap((document): ApiObject[] => document.toJS() ?? [])),
    nameservers: ips(['192.0.2.53']),
    searches: ['corp.example'],
    addresses: ips(addresses.map((text: string) => text.replace(/\/.*/, ''))),
  }
}

function ips(texts: readonly string[]): readonly Ip[] {
  return texts.map(parseIp).filter((ip) => ip !== undefined)
}

/** The other servers of a setting, asked in turn; 192.0.2.98 and .99 never answer. */
function contextOf(folder: string): DnsContext {
  return {
    ask: ({ ip, port, transport }, question) => {
      const names = ['192.0.2.53', '192.0.2.54', '192.0.2.55', '192.0.2.56']
      const name = names.find((one) => parseIp(one) === ip)
      const corefile = name && nearestFile(folder, `upstream-${name}.Corefile`)
      if (corefile === undefined) return [{ probability: 1, exchange: 0 }]
      const server = serverOf(read(corefile), dirname(corefile))
      const query: DnsQuery = {
        ...question,
        client: parseIp('127.0.0.1') ?? 0,
        server: ip,
        port,
        transport: transport === 'udp' ? 'udp' : 'tcp',
        bufferSize: 4096,
      }
      return serveDns(server, query, contextOf(folder)).map(({ probability, response }) => ({
        probability,
        exchange: 0,
        ...(response === undefined ? {} : { response }),
      }))
    },
  }
}

function texts(records: readonly DnsRecord[], dnsClass: string): readonly string[] {
  const print = ({ name, ttl, type, data }: DnsRecord) =>
    `${name} ${ttl} ${type === 'TXT' && dnsClass === 'CH' ? 'CH' : 'IN'} ${type} ${data}`
  const aliases = records.filter((record) => record.type === 'CNAME').map(print)
  const rest = records.filter((record) => record.type !== 'CNAME').map(print)
  return [...aliases, ...rest.sort()]
}

function asRecorded(query: DnsQuery, response: DnsResponse | undefined) {
  if (response === undefined) return '(no reply)'
  const { question, truncated } = response
  const sections = (records: readonly DnsRecord[]) => texts(records, query.class)
  const head = {
    rcode: response.rcode,
    flags: { aa: response.authoritative, tc: truncated },
    question: `${question.name} ${question.class} ${question.type}`,
  }
  if (truncated) return head
  return {
    ...head,
    answers: sections(response.answers),
    authority: sections(response.authority),
    additional: sections(response.additional),
  }
}

function expectedOf({ rcode, flags, question, answers, authority, additional }: Recorded) {
  if (rcode === '(no reply)') return '(no reply)'
  return { rcode, flags, question, answers, authority, additional }
}

const folders = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.name === 'answers.jsonl')
  .map((entry) => relative(root, entry.parentPath))
  .sort()

test.for(folders)('%s', (name) => {
  const folder = join(root, name)
  const server = serverOf(read(join(folder, 'Corefile')), folder)
  const context = contextOf(folder)
  const rows = lines<Recorded>(join(folder, 'answers.jsonl'))
  const wrong = rows.flatMap((row) => {
    const query: DnsQuery = {
      name: row.name.endsWith('.') ? row.name : `${row.name}.`,
      type: row.type,
      class: row.class ?? 'IN',
      client: parseIp(row.from ?? '127.0.0.1') ?? 0,
      server: parseIp(row.server ?? '127.0.0.1') ?? 0,
      clientPort: 40053,
      port: row.port ?? 53,
      transport: row.transport ?? 'udp',
      ...(row.size === undefined ? {} : { bufferSize: row.size }),
    }
    const given = serveDns(server, query, context).map(({ response }) => asRecorded(query, response))
    const expected = expectedOf(row)
    const said = given.map((one) => JSON.stringify(one))
    if (said.includes(JSON.stringify(expected))) return []
    return `${row.name} ${row.type}\n  expected ${JSON.stringify(expected)}\n  given    ${said.join('\n        or ')}`
  })
  expect(wrong).toEqual([])
})
