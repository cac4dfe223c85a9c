import { describe, expect, test } from 'vitest'
import { colored, digText, parseCluster, plain } from '../../src/index.ts'
import { formatRecord, formatRecordQuestion } from '../../src/render/dig-record.ts'

/** Lines of dig 9.18.49 (Debian), recorded against a server that answered so. */
// biome-ignore format: one record a line
const recorded: readonly (readonly [record: string, line: string])[] = [
  ['a.b. 5 IN A 10.96.0.7', 'a.b.\t\t\t5\tIN\tA\t10.96.0.7'],
  ['ab.cde.fghij. 30 IN A 10.96.0.8', 'ab.cde.fghij.\t\t30\tIN\tA\t10.96.0.8'],
  ['abcdefg.hijklmn.opqrst. 30 IN A 10.96.0.7', 'abcdefg.hijklmn.opqrst.\t30\tIN\tA\t10.96.0.7'],
  ['10.0.96.10.in-addr.arpa. 30 IN PTR kube-dns.kube-system.svc.cluster.local.', '10.0.96.10.in-addr.arpa. 30\tIN\tPTR\tkube-dns.kube-system.svc.cluster.local.'],
  ['web.shop.svc.cluster.local. 30 IN A 10.96.0.7', 'web.shop.svc.cluster.local. 30\tIN\tA\t10.96.0.7'],
  ['alias.shop.svc.cluster.local. 30 IN CNAME www.example.com.', 'alias.shop.svc.cluster.local. 30 IN\tCNAME\twww.example.com.'],
  ['dns-version.cluster.local. 28800 IN TXT "1.1.0"', 'dns-version.cluster.local. 28800 IN\tTXT\t"1.1.0"'],
  ['_http._tcp.web.shop.svc.cluster.local. 30 IN SRV 0 100 80 web.shop.svc.cluster.local.', '_http._tcp.web.shop.svc.cluster.local. 30 IN SRV 0 100 80 web.shop.svc.cluster.local.'],
  ['cluster.local. 30 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1700000000 7200 1800 86400 30', 'cluster.local.\t\t30\tIN\tSOA\tns.dns.cluster.local. hostmaster.cluster.local. 1700000000 7200 1800 86400 30'],
]

test.for(recorded)('a record stands as dig prints it: %s', ([record, line]) => {
  expect(formatRecord(record)).toBe(line)
})

// biome-ignore format: one question a line
test.for([
  ['a.b.', 'A', ';a.b.\t\t\t\tIN\tA'],
  ['ab.cde.fghij.', 'A', ';ab.cde.fghij.\t\t\tIN\tA'],
  ['abcdefg.hijklmn.opqrst.', 'A', ';abcdefg.hijklmn.opqrst.\t\tIN\tA'],
  ['web.shop.svc.cluster.local.', 'AAAA', ';web.shop.svc.cluster.local.\tIN\tAAAA'],
  ['nothing.shop.svc.cluster.local.', 'A', ';nothing.shop.svc.cluster.local.\tIN\tA'],
  ['_http._tcp.web.shop.svc.cluster.local.', 'SRV', ';_http._tcp.web.shop.svc.cluster.local. IN SRV'],
] as const)('a question stands as dig prints it: %s %s', ([name, type, line]) => {
  expect(formatRecordQuestion(name, type)).toBe(line)
})

const cluster = parseCluster([
  {
    name: 'shop.yaml',
    text: `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { clusterIP: 10.96.0.7, selector: { app: web }, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: client, namespace: shop }
spec: { nodeName: worker, containers: [{ name: c }] }
`,
  },
])

const longName = `${'a-label-of-many-letters.'.repeat(9)}example.com`

function ask(
  name: string,
  { explain = false, short = false, ...rest }: { type?: string; explain?: boolean; short?: boolean } = {},
): string {
  const answer = cluster.resolve({ name, from: 'pod/shop/client', ...rest })
  return digText(answer, { style: plain, columns: 100, explain, short })
}

describe('an answer has the sections of dig', () => {
  test('header, question, answer, server, as dig 9.18.49 printed them of this Service', () => {
    expect(ask('web', { type: 'A' })).toContain(`
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 0
;; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0

;; QUESTION SECTION:
;web.shop.svc.cluster.local.\tIN\tA

;; ANSWER SECTION:
web.shop.svc.cluster.local. 30\tIN\tA\t10.96.0.7

;; SERVER: 10.96.0.10#53(10.96.0.10) (UDP)
`)
  })

  test('the address of a Service port comes along with its SRV record', () => {
    expect(ask('_http._tcp.web.shop.svc.cluster.local.', { type: 'SRV' })).toContain(`
;; ANSWER SECTION:
_http._tcp.web.shop.svc.cluster.local. 30 IN SRV 0 100 80 web.shop.svc.cluster.local.

;; ADDITIONAL SECTION:
web.shop.svc.cluster.local. 30\tIN\tA\t10.96.0.7
`)
  })

  test('of a name that nobody has, the last name with its status, and how many were asked for', () => {
    const text = ask('nothing', { type: 'A' })
    expect(text).toContain('; the last of 4 names that were asked for')
    expect(text).toContain(';; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 0')
    expect(text.match(/QUESTION SECTION/g)).toHaveLength(1)
  })

  test('a server that says nothing is told once, in the words of dig', () => {
    const answer = cluster.resolve({ name: 'web', from: 'pod/shop/client', server: '10.244.9.9' })
    const text = digText(answer, { style: plain, columns: 100, explain: false, short: false })
    const said = text.split('\n').filter((line) => line.includes('communications error'))
    expect(said).toEqual([
      ';; communications error to 10.244.9.9#53: timed out',
      ';; communications error to 10.244.9.9#53: timed out',
    ])
  })

  test.for([
    ['web', 'A', '10.96.0.7\n'],
    ['10.96.0.7', undefined, 'web.shop.svc.cluster.local.\n'],
    ['nothing', 'A', ''],
  ] as const)('--short %s %s', ([name, type, expected]) => {
    expect(ask(name, { short: true, ...(type && { type }) })).toBe(expected)
  })
})

describe('--explain', () => {
  test('shows each query, and what mattered once for A and AAAA', () => {
    const lines = ask('web', { explain: true }).split('\n').slice(6)
    expect(
      lines.map((line) =>
        line
          .trim()
          .replace(/ {2,}/g, '  ')
          .replace(/coredns-\S+/, 'coredns'),
      ),
    ).toEqual([
      'web.shop.svc.cluster.local.  A  10.96.0.7  coredns',
      'AAAA  no data  coredns',
      'kubernetes: found Service/shop/web, which has no AAAA record',
      '',
    ])
  })

  test('shows the search list, name by name', () => {
    const names = ask('nothing', { explain: true }).match(/^ {2}nothing\S+/gm)
    expect(names).toEqual([
      '  nothing.shop.svc.cluster.local.',
      '  nothing.svc.cluster.local.',
      '  nothing.cluster.local.',
      '  nothing.',
    ])
  })
})

test.for([false, true])('a long name keeps within 100 columns (explain: %s)', (explain) => {
  const lines = ask(longName, { explain }).split('\n')
  // A record is one line, as dig prints it.
  const own = lines.filter((line) => !line.startsWith(';a-label') && !line.startsWith('a-label'))
  expect(own.filter((line) => [...line].length > 100)).toEqual([])
  expect(own.join('').replaceAll(/[; ]/g, '')).toContain(
    explain ? 'letters.example.com.' : 'letters.example.com',
  )
})

test('colour changes nothing but colour', () => {
  const answer = cluster.resolve({ name: 'nothing', from: 'pod/shop/client' })
  const options = { columns: 100, explain: true, short: false }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  const bare = digText(answer, { ...options, style: colored }).replaceAll(/\u001b\[[0-9;]*m/g, '')
  expect(bare).toBe(digText(answer, { ...options, style: plain }))
})
