import { describe, expect, test } from 'vitest'
import { lookUp } from '../../src/resolver/libcs.ts'
import type { Libc } from '../../src/resolver/lookup.ts'
import { parseResolvConf } from '../../src/resolver/resolv-conf.ts'
import { play } from '../support/resolver.ts'

/**
 * The query sequences of the reference (q01 to q27): a pod of namespace `app` on a node with the search domain
 * `host.example`. A step is the questions A and AAAA for one name; `ok` is an address for A and NODATA for AAAA.
 */

const server = '10.0.0.10'
const zone = 'cluster.local'
const list = `app.svc.${zone} svc.${zone} ${zone} host.example`

const answers: Readonly<Record<string, readonly [a: string, aaaa: string]>> = {
  ok: ['10.96.0.50', 'nd'],
  'ok/nx': ['10.96.0.50', 'nx'],
  nx: ['nx', 'nx'],
  nd: ['nd', 'nd'],
  sf: ['sf', 'sf'],
  ref: ['ref', 'ref'],
}

interface Row {
  readonly id: string
  readonly libc: 'both' | Libc
  readonly name: string
  /** `name answer`, a step each; `Z` is the cluster's domain. */
  readonly steps: readonly string[]
  readonly result?: 'not-found' | 'no-data' | 'try-again'
  readonly ndots?: number
  readonly search?: string
  readonly family?: 4
  readonly seconds?: number
}

const repeat = (count: number, step: string) => Array.from({ length: count }, () => step)
const long = `app.svc.${zone} ${Array.from({ length: 5 }, (_, index) => `d${index}0.${'x'.repeat(40)}.example`).join(' ')}`

// biome-ignore format: one lookup a line
const rows: readonly Row[] = [
  { id: 'q01', libc: 'both', name: 'db', steps: ['db.app.svc.Z ok'] },
  { id: 'q02', libc: 'both', name: 'db.', steps: ['db nx'], result: 'not-found' },
  { id: 'q03', libc: 'both', name: 'db.other', steps: ['db.other.app.svc.Z nx', 'db.other.svc.Z ok'] },
  { id: 'q04', libc: 'both', name: 'db.other.svc', steps: ['db.other.svc.app.svc.Z nx', 'db.other.svc.svc.Z nx', 'db.other.svc.Z ok'] },
  { id: 'q05', libc: 'both', name: 'db.other.svc.cluster.local', steps: ['db.other.svc.Z.app.svc.Z nx', 'db.other.svc.Z.svc.Z nx', 'db.other.svc.Z.Z nx', 'db.other.svc.Z.host.example nx', 'db.other.svc.Z ok'] },
  { id: 'q06', libc: 'both', name: 'db.other.svc.cluster.local.', steps: ['db.other.svc.Z ok'] },
  { id: 'q07', libc: 'both', name: 'www.google.com', steps: ['www.google.com.app.svc.Z nx', 'www.google.com.svc.Z nx', 'www.google.com.Z nx', 'www.google.com.host.example nx', 'www.google.com ok'] },
  { id: 'q08', libc: 'both', name: 'www.google.com.', steps: ['www.google.com ok'] },
  { id: 'q09', libc: 'both', name: 'nope', steps: ['nope.app.svc.Z nx', 'nope.svc.Z nx', 'nope.Z nx', 'nope.host.example nx', 'nope nx'], result: 'not-found' },
  { id: 'q10', libc: 'glibc', name: 'other', steps: ['other.app.svc.Z nx', 'other.svc.Z nd', 'other.Z nx', 'other.host.example nx', 'other nx'], result: 'no-data' },
  { id: 'q11', libc: 'musl', name: 'other', steps: ['other.app.svc.Z nx', 'other.svc.Z nd'], result: 'no-data' },
  { id: 'q12', libc: 'glibc', ndots: 2, name: 'db.other.svc', steps: ['db.other.svc nx', 'db.other.svc.app.svc.Z nx', 'db.other.svc.svc.Z nx', 'db.other.svc.Z ok'] },
  { id: 'q13', libc: 'musl', ndots: 2, name: 'db.other.svc', steps: ['db.other.svc nx'], result: 'not-found' },
  { id: 'q14', libc: 'both', ndots: 2, name: 'www.google.com', steps: ['www.google.com ok'] },
  { id: 'q15', libc: 'glibc', ndots: 2, name: 'nosuch.example.com', steps: ['nosuch.example.com nx', 'nosuch.example.com.app.svc.Z nx', 'nosuch.example.com.svc.Z nx', 'nosuch.example.com.Z nx', 'nosuch.example.com.host.example nx'], result: 'not-found' },
  { id: 'q16', libc: 'musl', ndots: 2, name: 'nosuch.example.com', steps: ['nosuch.example.com nx'], result: 'not-found' },
  { id: 'q17', libc: 'glibc', name: 'broken', steps: ['broken.app.svc.Z ok/nx'] },
  { id: 'q18', libc: 'musl', name: 'broken', steps: ['broken.app.svc.Z ok/nx', 'broken.svc.Z nx', 'broken.Z nx', 'broken.host.example nx', 'broken nx'], result: 'not-found' },
  { id: 'q19', libc: 'glibc', name: 'sfail', steps: [...repeat(2, 'sfail.app.svc.Z sf'), 'sfail.svc.Z ok'] },
  { id: 'q20', libc: 'musl', name: 'sfail', steps: repeat(6, 'sfail.app.svc.Z sf'), result: 'try-again', seconds: 5 },
  { id: 'q21', libc: 'glibc', name: 'ref', steps: [...repeat(2, 'ref.app.svc.Z ref'), 'ref nx'], result: 'not-found' },
  { id: 'q22', libc: 'musl', search: long, name: 'db', steps: ['db nx'], result: 'not-found' },
  { id: 'q22 glibc', libc: 'glibc', search: long, name: 'db', steps: ['db.app.svc.Z ok'] },
  { id: 'q23', libc: 'both', ndots: 1, search: '', name: 'db', steps: ['db nx'], result: 'not-found' },
  { id: 'q24', libc: 'both', search: '.', name: 'db', steps: ['db nx'], result: 'not-found' },
  { id: 'q25', libc: 'both', family: 4, name: 'db.other', steps: ['db.other.app.svc.Z nx', 'db.other.svc.Z ok'] },
  { id: 'q26', libc: 'as-is', family: 4, name: 'db.other', steps: ['db.other nx'], result: 'not-found' },
  { id: 'q27', libc: 'both', search: `app.svc.${zone} svc.${zone} ${zone} corp.example`, name: 'example.com', steps: ['example.com.app.svc.Z nx', 'example.com.svc.Z nx', 'example.com.Z nx', 'example.com.corp.example ok'] },
]

describe('the rows of the reference', () => {
  const libcsOf = ({ libc }: Row): readonly Libc[] => (libc === 'both' ? ['glibc', 'musl'] : [libc])
  test.for(rows.flatMap((row) => libcsOf(row).map((libc) => ({ ...row, libc }))))(
    '$id $libc: $name',
    (row) => {
      const steps = row.steps.map((step) => step.replaceAll('Z', zone).split(' '))
      const script = Object.fromEntries(
        steps.flatMap(([name = '', code = '']) => {
          const [a = 'nx', aaaa = 'nx'] = answers[code] ?? []
          return [
            [`${name}. A`, a],
            [`${name}. AAAA`, aaaa],
          ]
        }),
      )
      const search = row.search ?? list
      const text = `nameserver ${server}\n${search && `search ${search}\n`}options ndots:${row.ndots ?? 5}\n`
      const { name, family } = row
      const played = play(lookUp(row.libc, { name, family, conf: parseResolvConf(text) }), {
        [server]: script,
      })
      expect(played.rounds).toEqual(
        steps.map(([at = '']) => (family === 4 ? `A ${at}.` : `A ${at}., AAAA ${at}.`)),
      )
      const last = steps.at(-1)?.[0] ?? ''
      expect(played.result).toEqual(
        row.result === undefined
          ? { type: 'found', name: `${last}.`, addresses: [0x0a600032] }
          : { type: 'failed', error: row.result, ...(row.seconds !== undefined && { seconds: row.seconds }) },
      )
    },
  )

  test('none is missing', () => {
    const wanted = Array.from({ length: 27 }, (_, index) => `q${String(index + 1).padStart(2, '0')}`)
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(wanted))
  })
})
