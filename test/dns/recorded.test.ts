import { describe, expect, test } from 'vitest'
import type { DnsQuery, DnsQuestion, DnsRecord, DnsResponse } from '../../src/dns/message.ts'
import { serveDns } from '../../src/dns/serve.ts'
import type { DnsServer, ServerAnswer, Upstream, UpstreamAnswer } from '../../src/dns/server.ts'
import type { RecordedSet, Row } from './recorded-set.ts'
import { ip, readSet, setNames } from './recorded-set.ts'

/**
 * What the real CoreDNS answered. Every answer is compared in full: code, flags, question and the records of all
 * sections with their TTLs. Where CoreDNS chooses by chance, each way that kubewalk sees must give that answer.
 */
const sets = setNames().map(readSet)

/** Plugins that are not modelled: what passes one is not compared, as the step says so. */
const notModelled: readonly string[] = ['header', 'k8s_external']

/** Rows that are not compared, and why. */
const leftOut: readonly { readonly set: RegExp; readonly asked: RegExp; readonly why: string }[] = [
  { set: /^multicluster/, asked: /clusterset/, why: 'ServiceImports are not read' },
]

test('there are thousands of answers', () => {
  expect(sets.flatMap(({ rows }) => rows).length).toBeGreaterThan(4000)
})

test('nothing is left out but for plugins that are known not to be modelled', () => {
  const plugins = sets.flatMap((set) =>
    [set.corefile, ...set.upstreamFiles].flatMap(({ notices }) => notices),
  )
  const named = new Set(plugins.flatMap(({ plugin }) => plugin ?? []))
  expect([...named].filter((plugin) => !notModelled.includes(plugin))).toEqual([])
})

describe('answers as the real CoreDNS does', () => {
  for (const set of sets) {
    test(set.name, () => {
      expect(set.corefile.errors.map(({ message }) => message)).toEqual([])
      expect(set.rows.flatMap((row) => differences(set, row))).toEqual([])
    })
  }
})

/** Each way in which kubewalk answers otherwise. */
function differences(set: RecordedSet, row: Row): readonly string[] {
  const query = {
    ...questionOf(row),
    client: ip(row.from ?? '127.0.0.1'),
    clientPort: 40053,
    server: ip(row.from?.includes(':') ? '::1' : '127.0.0.1'),
    port: 53,
    transport: row.transport ?? 'udp',
    ...(row.size === undefined ? {} : { bufferSize: row.size }),
  } as const
  const { answers, modelled } = served(set, query)
  const asked = [row.name, row.type, row.class, row.from, row.transport, row.size].filter(Boolean).join(' ')
  if (!modelled || leftOut.some((known) => known.set.test(set.name) && known.asked.test(asked))) return []
  const recorded = textOf(row)
  const total = answers.reduce((sum, { probability }) => sum + probability, 0)
  if (Math.abs(total - 1) > 1e-9) return [`${asked}\n  the ways add up to ${total}`]
  const ways = answers.map(({ response }) => answerText(response))
  return [...new Set(ways)]
    .filter((text) => text !== recorded)
    .map((text) => `${asked}\n  recorded ${recorded}\n  answered ${text}`)
}

function questionOf(row: Row): DnsQuestion {
  return {
    name: row.name.endsWith('.') ? row.name : `${row.name}.`,
    type: row.type,
    class: row.class ?? 'IN',
  }
}

/** The ways in which the set's server answers, and whether all that was passed on the way is modelled. */
function served(set: RecordedSet, query: DnsQuery) {
  let modelled = true
  const serve = (server: DnsServer, asked: DnsQuery): readonly ServerAnswer[] => {
    const answers = serveDns(server, asked, { ask })
    if (answers.some(({ steps }) => steps.some((step) => step.notModelled === true))) modelled = false
    return answers
  }
  const ask = (upstream: Upstream, question: DnsQuestion): readonly UpstreamAnswer[] => {
    const server = set.upstreams.get(upstream.ip)
    if (server === undefined) return [{ probability: 1, exchange: 0 }]
    const transport = upstream.transport === 'tcp' ? 'tcp' : 'udp'
    const asked = { ...question, client: ip('127.0.0.1'), server: upstream.ip, port: 53, transport } as const
    return serve(server, asked).map(({ probability, response }) => ({
      probability,
      exchange: 0,
      ...(response === undefined ? {} : { response }),
    }))
  }
  return { answers: serve(set.server, query), modelled }
}

/** An answer in one line. A truncated one is without its records, as which of them fit differs from run to run. */
function textOf(row: Row): string {
  if (row.flags === undefined) return row.rcode
  const flags = `${row.flags.aa ? ' aa' : ''}${row.flags.tc ? ' tc' : ''}`
  const sections = [row.answers, row.authority, row.additional].map((records) => (records ?? []).join('; '))
  return `${row.rcode}${flags} ${row.question} | ${sections.join(' | ')}`
}

function answerText(response: DnsResponse | undefined): string {
  if (response === undefined) return '(no reply)'
  const { question, rcode, authoritative, truncated } = response
  const section = (records: readonly DnsRecord[]) =>
    truncated ? [] : sorted(records.map((record) => recordText(record, question.class)))
  return textOf({
    ...question,
    rcode,
    flags: { aa: authoritative, tc: truncated },
    question: `${question.name} ${question.class} ${question.type}`,
    answers: section(response.answers),
    authority: section(response.authority),
    additional: section(response.additional),
  })
}

/**
 * The serial of the kubernetes plugin's SOA is a time, which was recorded as 0. Records have no class of their own;
 * only the chaos plugin writes others than IN.
 */
function recordText({ name, ttl, type, data }: DnsRecord, queryClass: string): string {
  const known = type === 'SOA' && data.startsWith('ns.dns.') ? data.replace(/^(\S+ \S+) \d+ /, '$1 0 ') : data
  const recordClass = queryClass === 'CH' && type === 'TXT' ? 'CH' : 'IN'
  return `${name} ${ttl} ${recordClass} ${type} ${known}`
}

/** CNAMEs first, as they stand; the rest sorted. */
function sorted(records: readonly string[]): readonly string[] {
  const isAlias = (record: string) => / IN CNAME /.test(record)
  return [...records.filter(isAlias), ...records.filter((record) => !isAlias(record)).sort()]
}
