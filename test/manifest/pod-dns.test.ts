import { describe, expect, test } from 'vitest'
import { examine } from '../support/examine.ts'

/** What the API server refuses of how a pod resolves names (pkg/apis/core/validation), with its place. */

const pod = (spec: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c}]\n${spec.replace(/^/gm, '  ')}\n`
const list = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join(', ')

type Row = readonly [name: string, text: string, ...said: string[]]

// biome-ignore format: one pod a line
const refused: readonly Row[] = [
  ['a policy that there is not', pod('dnsPolicy: clusterFirst'), '6:14 invalid-value'],
  ['k08 None without a server', pod('dnsPolicy: None\ndnsConfig: {}'), '7:14 missing-field'],
  ['None without a dnsConfig', pod('dnsPolicy: None'), '5:3 missing-field'],
  ['None with searches alone', pod('dnsPolicy: None\ndnsConfig: {searches: [a]}'), '7:14 missing-field'],
  ['four servers', pod('dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]}'), '6:28 invalid-value'],
  ['a server that is a name', pod('dnsConfig: {nameservers: [1.1.1.1, dns.example]}'), '6:38 invalid-value'],
  ['33 search domains', pod(`dnsConfig: {searches: [${list(33, (at) => `d${at}`)}]}`), '6:25 invalid-value'],
  ['2049 characters of search domains', pod(`dnsConfig: {searches: [${list(16, (at) => `${'a'.repeat(at === 0 ? 129 : 127)}`)}]}`), '6:25 invalid-value'],
  ['a search domain in capitals', pod('dnsConfig: {searches: [a, My.Domain]}'), '6:29 invalid-value'],
  ['an empty search domain', pod("dnsConfig: {searches: ['']}"), '6:26 invalid-value'],
  ['an option without a name', pod("dnsConfig: {options: [{name: ndots, value: '2'}, {value: '3'}]}"), '6:52 missing-field'],
  ['an alias without an address', pod('hostAliases: [{ip: here, hostnames: [a]}]'), '6:22 invalid-value'],
  ['an alias that is no name', pod('hostAliases: [{ip: 10.0.0.1, hostnames: [a, b_c]}]'), '6:47 invalid-value'],
]

// biome-ignore format: one pod a line
const taken: readonly Row[] = [
  ...['ClusterFirst', 'ClusterFirstWithHostNet', 'Default'].map((policy): Row => [policy, pod(`dnsPolicy: ${policy}`)]),
  ['None with a server', pod('dnsPolicy: None\ndnsConfig: {nameservers: [1.1.1.1]}')],
  ['three servers of both families', pod('dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, "fd00::1"]}')],
  ['32 search domains', pod(`dnsConfig: {searches: [${list(32, (at) => `d${at}`)}]}`)],
  ['2048 characters of search domains', pod(`dnsConfig: {searches: [${list(16, (at) => `${'a'.repeat(at === 0 ? 128 : 127)}`)}]}`)],
  ['a trailing dot, an underscore, the root', pod('dnsConfig: {searches: [a.example., _tcp.example, .]}')],
  ['an option without a value', pod('dnsConfig: {options: [{name: rotate}]}')],
  ['aliases', pod('hostAliases: [{ip: 10.0.0.1, hostnames: [a, b.example]}, {ip: "fd00::1", hostnames: [c]}]')],
]

describe.each([
  ['refused', refused],
  ['taken', taken],
] as const)('%s', (_, rows) => {
  test.for(rows)('%s', async ([, text, ...wanted]) => {
    const { code, said } = await examine(text)
    const errors = said.filter((one) => one.includes(' error ')).map((one) => one.replace(' error', ''))
    expect(errors).toEqual(wanted)
    expect(code).toBe(wanted.length > 0 ? 2 : 0)
  })
})
