import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../../src/index.ts'
import type { Flow } from '../../support/cni-example.ts'
import { example, ext, sourceSeen, ttlSeen, wrappings } from '../../support/cni-example.ts'

/**
 * The source that the far socket sees, measured in network namespaces of a real kernel with the plugins' own rules, for each
 * plugin with which the nodes have subnets of their own. A flow that a plugin's column leaves out was not measured.
 */
const modes = {
  'flannel-vxlan': 'flannel',
  'flannel-hostgw': 'flannel:backend=host-gw',
  kindnet: 'kindnet',
  kubenet: 'kubenet',
} as const

type Mode = keyof typeof modes
type Row = readonly [flow: Flow, seen: Partial<Readonly<Record<Mode, string>>> & { readonly others?: string }]

const gateway = '10.244.1.1'
const n1 = '192.168.1.11'
const tunnel = '10.244.1.0'

// biome-ignore format: a table
const rows: readonly Row[] = [
  ['p11->p12', { others: '10.244.1.2' }],
  ['p11->p21', { others: '10.244.1.2' }],
  ['p11->internet', { others: n1 }],
  ['p11->own node IP', { others: '10.244.1.2' }],
  ['p11->n2 IP', { others: n1 }],
  ['p11->svc(p11) self', { others: gateway }],
  ['p11->svc(p12)', { others: '10.244.1.2' }],
  ['p11->svc(p21)', { others: '10.244.1.2' }],
  ['n1->p12', { others: gateway }],
  ['n1->p21', { 'flannel-vxlan': tunnel, others: n1 }],
  ['n1->svc(p12)', { others: gateway }],
  ['n1->svc(p21)', { 'flannel-vxlan': tunnel, others: n1 }],
  ['ext->np(n1)->p21', { 'flannel-vxlan': tunnel, others: n1 }],
  ['ext->np(n2)->p21', { others: '10.244.2.1' }],
  ['ext->np(n1) local policy ->p12', { others: ext }],
]

const loaded = new Map<Mode, LoadedCluster>()
function clusterOf(mode: Mode): LoadedCluster {
  const known = loaded.get(mode) ?? example({ cni: modes[mode] })
  loaded.set(mode, known)
  return known
}

describe.each(Object.keys(modes) as Mode[])('%s: the source seen', (mode) => {
  test.each(rows)('%s', (flow, seen) => {
    expect(sourceSeen(clusterOf(mode), flow)).toBe(seen[mode] ?? seen.others)
  })
})

// biome-ignore format: a table
const ttls: readonly (readonly [flow: Flow, mode: Mode, ttl: number])[] = [
  ['p11->p12', 'flannel-vxlan', 64],
  ['p11->p12', 'kubenet', 64],
  ['p11->p12', 'kindnet', 63],
  ['p11->svc(p12)', 'flannel-vxlan', 64],
  ['p11->svc(p12)', 'kindnet', 63],
  ['p11->p21', 'flannel-vxlan', 62],
  ['p11->p21', 'flannel-hostgw', 62],
  ['p11->p21', 'kindnet', 62],
  ['p11->p21', 'kubenet', 62],
]

test.each(ttls)('TTL of %s with %s is %i', (flow, mode, ttl) => {
  expect(ttlSeen(clusterOf(mode), flow)).toBe(ttl)
})

test('what goes between nodes: flannel wraps it in VXLAN, the others do not', () => {
  expect(wrappings(clusterOf('flannel-vxlan'), 'p11->p21')).toEqual(['192.168.1.11 > 192.168.1.12 udp 8472'])
  expect(wrappings(clusterOf('flannel-hostgw'), 'p11->p21')).toEqual([])
  expect(wrappings(clusterOf('flannel-vxlan'), 'p11->p12')).toEqual([])
})
