import { describe, expect, test } from 'vitest'
import { parseIp } from '../../src/base/ip.ts'
import { serveDns } from '../../src/dns/serve.ts'
import type { DnsContext } from '../../src/dns/server.ts'
import type { Answered } from '../support/coredns.ts'
import {
  askCoreDns,
  coreDnsWith,
  ip,
  onlyResponse,
  outsideWith,
  queryOf,
  shortRecords,
} from '../support/coredns.ts'
import { kubernetesDataOf } from '../support/kubernetes-data.ts'
import { recordedObjects } from '../support/recorded-objects.ts'

const cluster = kubernetesDataOf(recordedObjects('c3'))

const outside = outsideWith(
  'b.com. 60 IN A 192.0.2.7',
  'www.example.com. 300 IN A 198.51.100.5',
  'alias.example.com. 300 IN CNAME www.example.com.',
)

const kubernetes = 'kubernetes cluster.local {\n ttl 30\n }'

/** `RCODE question: answers`, or where the query went. */
function answerOf(answered: Answered, asked: string): string {
  const response = onlyResponse(answered)
  const records = shortRecords(response.answers, asked)
  return [`${response.rcode} ${response.question.name}`, ...records].join(' | ')
}

// biome-ignore format: one Corefile a line
test.for<{ readonly id: string; readonly corefile: string; readonly ask: string; readonly from?: string; readonly answer: string; readonly sentTo?: string }>([
  { id: 'r001', corefile: `.:53 {\n rewrite name exact foo.example.com web.app.svc.cluster.local\n ${kubernetes}\n}`, ask: 'foo.example.com A', answer: 'NOERROR foo.example.com. | A 10.96.1.1' },
  { id: 'r002', corefile: `.:53 {\n rewrite name suffix .apps.corp .app.svc.cluster.local answer auto\n ${kubernetes}\n}`, ask: 'web.apps.corp A', answer: 'NOERROR web.apps.corp. | A 10.96.1.1' },
  { id: 'r003', corefile: `.:53 {\n rewrite name suffix .apps.corp .app.svc.cluster.local\n ${kubernetes}\n}`, ask: 'web.apps.corp A', answer: 'NOERROR web.apps.corp. | web.app.svc.cluster.local > A 10.96.1.1' },
  { id: 'r004', corefile: `.:53 {\n rewrite name prefix foo bar\n ${kubernetes}\n forward . 192.0.2.53\n}`, ask: 'foobar.example.com A', answer: 'NXDOMAIN foobar.example.com.', sentTo: '192.0.2.53 foobar.example.com.' },
  { id: 'r005', corefile: `.:53 {\n rewrite name regex (.*)\\.local\\.corp {1}.app.svc.cluster.local\n ${kubernetes}\n}`, ask: 'web.local.corp A', answer: 'NOERROR web.local.corp. | web.app.svc.cluster.local > A 10.96.1.1' },
  { id: 'r005b', corefile: `.:53 {\n rewrite name regex ^(.*)\\.local\\.corp$ {1}.app.svc.cluster.local\n ${kubernetes}\n forward . 192.0.2.53\n}`, ask: 'web.local.corp A', answer: 'NXDOMAIN web.local.corp.', sentTo: '192.0.2.53 web.local.corp.' },
  { id: 'r006', corefile: `.:53 {\n hosts {\n 192.0.2.1 db.example.com\n }\n ${kubernetes}\n}`, ask: 'web.app.svc.cluster.local A', answer: 'SERVFAIL web.app.svc.cluster.local.' },
  { id: 'r007', corefile: `.:53 {\n hosts {\n 192.0.2.1 db.example.com\n fallthrough\n }\n ${kubernetes}\n}`, ask: 'web.app.svc.cluster.local A', answer: 'NOERROR web.app.svc.cluster.local. | A 10.96.1.1' },
  { id: 'r008', corefile: `.:53 {\n hosts {\n 192.0.2.1 web.app.svc.cluster.local\n fallthrough\n }\n ${kubernetes}\n}`, ask: 'web.app.svc.cluster.local A', answer: 'NOERROR web.app.svc.cluster.local. | A 192.0.2.1' },
  { id: 'r009', corefile: `.:53 {\n hosts {\n 192.0.2.1 web.app.svc.cluster.local\n fallthrough\n }\n ${kubernetes}\n}`, ask: 'web.app.svc.cluster.local AAAA', answer: 'NOERROR web.app.svc.cluster.local.' },
  { id: 'r010', corefile: `.:53 {\n template ANY AAAA . {\n rcode NOERROR\n }\n ${kubernetes}\n}`, ask: 'web.app.svc.cluster.local AAAA', answer: 'NOERROR web.app.svc.cluster.local.' },
  { id: 'r011', corefile: '.:53 {\n template IN A corp {\n match ^x\n answer "{{ .Name }} 60 IN A 10.0.0.1"\n }\n forward . 192.0.2.53\n}', ask: 'y.corp A', answer: 'SERVFAIL y.corp.' },
  { id: 'r011, a match', corefile: '.:53 {\n template IN A corp {\n match ^x\n answer "{{ .Name }} 60 IN A 10.0.0.1"\n }\n forward . 192.0.2.53\n}', ask: 'x.corp A', answer: 'NOERROR x.corp. | A 10.0.0.1' },
  { id: 'r012', corefile: `cluster.local:53 {\n ${kubernetes}\n}\ncorp:53 {\n forward . 10.1.1.1\n}`, ask: 'example.org A', answer: 'REFUSED example.org.' },
  { id: 'r013', corefile: `.:53 {\n ${kubernetes}\n forward . 10.1.1.1\n}\napp.svc.cluster.local:53 {\n forward . 10.2.2.2\n}`, ask: 'web.app.svc.cluster.local A', answer: 'NXDOMAIN web.app.svc.cluster.local.', sentTo: '10.2.2.2 web.app.svc.cluster.local.' },
  { id: 'r014', corefile: `.:53 {\n ${kubernetes}\n}`, ask: 'www.example.com A', answer: 'SERVFAIL www.example.com.' },
  { id: 'r015', corefile: `.:53 {\n acl {\n block net 10.244.1.0/24\n allow\n }\n ${kubernetes}\n}`, ask: 'web.app.svc.cluster.local A', answer: 'REFUSED web.app.svc.cluster.local.' },
  { id: 'r015, another sender', corefile: `.:53 {\n acl {\n block net 10.244.1.0/24\n allow\n }\n ${kubernetes}\n}`, ask: 'web.app.svc.cluster.local A', from: '10.244.2.5', answer: 'NOERROR web.app.svc.cluster.local. | A 10.96.1.1' },
  { id: 'r016', corefile: '.:53 {\n kubernetes cluster.local {\n fallthrough\n }\n forward . 192.0.2.53\n}', ask: 'nope.app.svc.cluster.local A', answer: 'NXDOMAIN nope.app.svc.cluster.local.', sentTo: '192.0.2.53 nope.app.svc.cluster.local.' },
  { id: 'p001', corefile: '.:53 {\n autopath /search.conf\n forward . 192.0.2.53\n}', ask: 'b.example.org A', answer: 'NOERROR b.example.org. | CNAME b.com | b.com > A 192.0.2.7' },
  { id: 'p002', corefile: '.:53 {\n autopath /search.conf\n forward . 192.0.2.53\n}', ask: 'a.example.com A', answer: 'NXDOMAIN a.example.com.', sentTo: '192.0.2.53 a.example.com.' },
])('$id: $ask', ({ corefile, ask, from, answer, sentTo }) => {
  const server = coreDnsWith(corefile, cluster, { '/search.conf': 'search example.org example.com com\n' })
  const query = queryOf(ask, { ...(from === undefined ? {} : { client: ip(from) }) })
  const answered = askCoreDns(server, query, outside)
  expect(answerOf(answered, query.name)).toBe(answer)
  const sent = answered.asked.map(({ upstream, question }) => [upstream.ip, question.name])
  const [address, name] = sentTo?.split(' ') ?? []
  if (address !== undefined) expect(sent).toEqual([[parseIp(address), name]])
})

describe('forward', () => {
  const two = coreDnsWith('. {\n forward . 192.0.2.53 192.0.2.54\n}')

  /** The first upstream never answers. */
  const context: DnsContext = {
    ask: (upstream, question) => {
      if (upstream.ip === parseIp('192.0.2.53')) return [{ probability: 1, exchange: 1 }]
      return serveDns(outside, queryOf('x', question), { ask: () => [] }).map((answer) => ({
        ...answer,
        exchange: 2,
      }))
    },
  }

  test('by chance each upstream is the first for half of the queries, and the other follows if it is silent', () => {
    const answers = serveDns(two, queryOf('www.example.com A'), context)
    expect(
      answers.map(({ probability, steps }) => [probability, steps.map(({ exchange }) => exchange)]),
    ).toEqual([
      [0.5, [undefined, 1, 2]],
      [0.5, [undefined, 2]],
    ])
    expect(answers.map(({ response }) => response?.rcode)).toEqual(['NOERROR', 'NOERROR'])
  })

  test('if nobody answers, the query fails after as many tries as fit into five seconds', () => {
    const answers = serveDns(two, queryOf('www.example.com A'), {
      ask: () => [{ probability: 1, exchange: 1 }],
    })
    expect(answers.map(({ response }) => response?.rcode)).toEqual(['SERVFAIL', 'SERVFAIL'])
    expect(answers.map(({ steps }) => steps.filter(({ exchange }) => exchange === 1).length)).toEqual([3, 3])
  })

  test('what an upstream does by chance comes through', () => {
    const sometimes: DnsContext = {
      ask: (upstream, question) => [
        ...context
          .ask({ ...upstream, ip: ip('192.0.2.54') }, question)
          .map((one) => ({ ...one, probability: 0.75 })),
        { probability: 0.25, exchange: 3 },
      ],
    }
    const one = coreDnsWith('. {\n forward . 192.0.2.54\n}')
    const answers = serveDns(one, queryOf('www.example.com A'), sometimes)
    const shares = answers.map(({ probability, response }) => [response?.rcode, probability])
    expect(shares).toEqual([
      ['NOERROR', 0.75],
      ['NOERROR', 0.1875],
      ['SERVFAIL', 0.0625],
    ])
  })

  // biome-ignore format: one Corefile a line
  test.for([
    { name: 'a query over UDP goes on over UDP', options: '', transport: 'udp', sent: '192.0.2.53:53/udp' },
    { name: 'a query over TCP goes on over TCP', options: '', transport: 'tcp', sent: '192.0.2.53:53/tcp' },
    { name: 'force_tcp', options: '{\n force_tcp\n }', transport: 'udp', sent: '192.0.2.53:53/tcp' },
    { name: 'prefer_udp', options: '{\n prefer_udp\n }', transport: 'tcp', sent: '192.0.2.53:53/udp' },
  ] as const)('$name', ({ options, transport, sent }) => {
    const server = coreDnsWith(`. {\n forward . 192.0.2.53 ${options}\n}`)
    const { asked } = askCoreDns(server, queryOf('www.example.com A', { transport }), outside)
    expect(asked.map(({ upstream }) => `192.0.2.53:${upstream.port}/${upstream.transport}`)).toEqual([sent])
  })
})

describe('steps', () => {
  test('say what each plugin did, where the Corefile says so, and of which object', () => {
    const corefile = `.:53 {\n rewrite name exact foo.corp web.app.svc.cluster.local\n ${kubernetes}\n}`
    const { answers } = askCoreDns(coreDnsWith(corefile, cluster), queryOf('foo.corp A'))
    expect(
      answers[0]?.steps.map(({ plugin, text, at, object }) => [plugin, text, at?.line, object?.name]),
    ).toEqual([
      ['coredns', 'server block .', 1, undefined],
      ['rewrite', 'name foo.corp. → web.app.svc.cluster.local.', 2, undefined],
      ['kubernetes', 'found Service/app/web', 3, 'web'],
    ])
  })

  test('a plugin that is not modelled is said where the query passes it', () => {
    const { answers } = askCoreDns(coreDnsWith('. {\n etcd\n whoami\n}'), queryOf('foo.corp A'))
    expect(answers[0]?.steps.map(({ plugin, notModelled }) => [plugin, notModelled])).toEqual([
      ['coredns', undefined],
      ['etcd', true],
      ['whoami', undefined],
    ])
  })
})

test('a name that leads back to itself through the whole server gets no answer at all', () => {
  const corefile = '. {\n template IN A loop.test {\n answer "{{ .Name }} 60 IN CNAME a.loop.test."\n }\n}'
  const { answers } = askCoreDns(coreDnsWith(corefile), queryOf('b.loop.test A'))
  expect(answers.map(({ response }) => response)).toEqual([undefined])
})

describe('a server outside', () => {
  const server = {
    ...outsideWith(
      'corp.example. 60 IN A 10.9.0.1',
      '*.corp.example. 60 IN A 10.9.0.2',
      'alias.example. 60 IN CNAME x.corp.example.',
      'away.example. 60 IN CNAME gone.example.',
    ),
    exists: (name: string) => name.endsWith('.test.'),
  }

  // biome-ignore format: one query a line
  test.for([
    { ask: 'corp.example A', answer: 'NOERROR | A 10.9.0.1' },
    { ask: 'corp.example AAAA', answer: 'NOERROR' },
    { ask: 'x.corp.example A', answer: 'NOERROR | A 10.9.0.2' },
    { ask: 'y.x.corp.example A', answer: 'NOERROR | A 10.9.0.2' },
    { ask: 'alias.example A', answer: 'NOERROR | CNAME x.corp.example | x.corp.example > A 10.9.0.2' },
    { ask: 'alias.example CNAME', answer: 'NOERROR | CNAME x.corp.example' },
    { ask: 'away.example A', answer: 'NXDOMAIN | CNAME gone.example' },
    { ask: 'other.test A', answer: 'NOERROR assumed | A 192.0.2.1' },
    { ask: 'other.test AAAA', answer: 'NOERROR assumed' },
    { ask: 'other.example A', answer: 'NXDOMAIN' },
  ])('$ask: $answer', ({ ask, answer }) => {
    const query = queryOf(ask)
    const [given] = serveDns(server, query, { ask: () => [] })
    const { rcode, assumed, answers } = given?.response ?? expect.fail('no response')
    const head = assumed ? `${rcode} assumed` : rcode
    expect([head, ...shortRecords(answers, query.name)].join(' | ')).toBe(answer)
  })

  test('one that is said to be silent gives nothing', () => {
    const names = new Map([['slow.example.', { rcode: 'NOERROR', records: [], silent: true } as const]])
    const [given] = serveDns({ ...server, names }, queryOf('slow.example A'), { ask: () => [] })
    expect(given).toEqual({ probability: 1, steps: [] })
  })
})
