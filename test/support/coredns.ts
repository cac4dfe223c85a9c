import { expect } from 'vitest'
import { parseIp } from '../../src/base/ip.ts'
import type { CoreDns } from '../../src/dns/coredns/config.ts'
import { parseCorefile } from '../../src/dns/coredns/corefile/parse.ts'
import type { KubernetesData } from '../../src/dns/kubernetes-data.ts'
import type { DnsQuery, DnsQuestion, DnsRecord, DnsResponse } from '../../src/dns/message.ts'
import type { OutsideDns, OutsideName } from '../../src/dns/outside.ts'
import { serveDns } from '../../src/dns/serve.ts'
import type { ServerAnswer, Upstream } from '../../src/dns/server.ts'
import { parseRecord } from '../../src/dns/zone-text.ts'
import { kubernetesDataOf } from './kubernetes-data.ts'

/** The address that a text says; the test ends if it says none. */
export function ip(text: string) {
  const address = parseIp(text)
  expect(address, text).toBeDefined()
  return address ?? 0
}

/** A CoreDNS that runs this Corefile, without an error in it. */
export function coreDnsWith(
  corefile: string,
  kubernetes: KubernetesData = kubernetesDataOf([]),
  files: Readonly<Record<string, string>> = {},
): CoreDns {
  const parsed = parseCorefile(corefile, {
    locate: (line, column) => ({ file: 'Corefile', line, column }),
    files: new Map(Object.entries(files)),
    environment: new Map(),
  })
  expect(parsed.errors).toEqual([])
  return {
    type: 'coredns',
    blocks: parsed.blocks,
    kubernetes,
    nameservers: [ip('192.0.2.53')],
    searches: ['corp.example'],
    addresses: [ip('127.0.0.1')],
  }
}

/** A server outside that knows these records, each as a line of a zone file, and that no other name exists. */
export function outsideWith(...lines: readonly string[]): OutsideDns {
  const names = new Map<string, OutsideName>()
  for (const line of lines) {
    const record = parseRecord(line)
    expect(record, line).toBeDefined()
    if (record === undefined) continue
    const records = [...(names.get(record.name)?.records ?? []), record]
    names.set(record.name, { rcode: 'NOERROR', records })
  }
  return { type: 'outside', names, exists: () => false, assumedAddress: () => ip('192.0.2.1') }
}

/** What a server is asked: `name TYPE`, where the name is absolute without its final dot. */
export function queryOf(text: string, more: Partial<DnsQuery> = {}): DnsQuery {
  const [name = '', type = 'A'] = text.split(' ')
  return {
    name: name.endsWith('.') ? name : `${name}.`,
    type,
    class: 'IN',
    client: ip('10.244.1.5'),
    server: ip('10.244.0.3'),
    port: 53,
    transport: 'udp',
    ...more,
  }
}

/** Everything that was asked of others while a query was answered. */
export interface Answered {
  readonly answers: readonly ServerAnswer[]
  readonly asked: readonly { readonly upstream: Upstream; readonly question: DnsQuestion }[]
}

/** Asks a CoreDNS, behind which all upstreams are the one server outside. */
export function askCoreDns(server: CoreDns, query: DnsQuery, outside: OutsideDns = outsideWith()): Answered {
  const asked: { upstream: Upstream; question: DnsQuestion }[] = []
  const answers = serveDns(server, query, {
    ask: (upstream, question) => {
      asked.push({ upstream, question })
      const context = { ask: () => [] }
      return serveDns(outside, { ...query, ...question }, context).map(({ probability, response }) => ({
        probability,
        exchange: asked.length,
        ...(response === undefined ? {} : { response }),
      }))
    },
  })
  return { answers, asked }
}

/** The one answer of a server that leaves nothing to chance. */
export function onlyResponse({ answers }: Answered): DnsResponse {
  expect(answers.map(({ probability }) => probability)).toEqual([1])
  const response = answers[0]?.response
  expect(response).toBeDefined()
  return response ?? expect.fail('no response')
}

/** `TYPE data`, with `owner > ` in front where the owner is not the name that was asked for; names without final dots. */
export function shortRecords(records: readonly DnsRecord[], asked: string): readonly string[] {
  return records
    .map(({ name, type, data }) => {
      const owner = name === asked ? '' : `${name.replace(/\.$/, '')} > `
      return `${owner}${type} ${data.replace(/\.(?= |$)/g, '')}`
    })
    .sort()
}
