import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../../src/index.ts'
import type { Flow } from '../../support/cni-example.ts'
import { example, ext, sourceSeen, ttlSeen, wrappings } from '../../support/cni-example.ts'

const modes = {
  'calico-vxlan': 'calico:encapsulation=vxlan',
  'calico-noencap': 'calico:encapsulation=none',
  'calico-ipip': 'calico:encapsulation=ipip',
  canal: 'canal',
} as const
type Mode = keyof typeof modes

const loaded = new Map<Mode, LoadedCluster>()
function clusterOf(mode: Mode): LoadedCluster {
  const known = loaded.get(mode) ?? example({ cni: modes[mode] })
  loaded.set(mode, known)
  return known
}

const n1 = '192.168.1.11'
const n2 = '192.168.1.12'
const tunnel = '10.244.1.0'

/**
 * The source that the far socket sees. VXLAN and no encapsulation were measured in network namespaces of a real kernel with
 * Felix's own rules. IPIP, which that kernel has not, and Canal have the sources of VXLAN: all three leave by a device that has
 * a tunnel address, the first of the node's block.
 */
// biome-ignore format: a table
const rows: readonly (readonly [flow: Flow, vxlan: string, noEncap: string])[] = [
  ['p11->p12', '10.244.1.2', '10.244.1.2'],
  ['p11->p21', '10.244.1.2', '10.244.1.2'],
  ['p11->internet', n1, n1],
  ['p11->own node IP', '10.244.1.2', '10.244.1.2'],
  ['p11->n2 IP', n1, n1],
  ['p11->svc(p11) self', n1, n1],
  ['p11->svc(p12)', '10.244.1.2', '10.244.1.2'],
  ['p11->svc(p21)', '10.244.1.2', '10.244.1.2'],
  ['n1->p12', n1, n1],
  ['n1->p21', tunnel, n1],
  ['n1->svc(p12)', n1, n1],
  ['n1->svc(p21)', tunnel, n1],
  ['ext->np(n1)->p21', tunnel, n1],
  ['ext->np(n2)->p21', n2, n2],
  ['ext->np(n1) local policy ->p12', ext, ext],
]

describe.each(Object.keys(modes) as Mode[])('%s: the source seen', (mode) => {
  test.each(rows)('%s', (flow, vxlan, noEncap) => {
    expect(sourceSeen(clusterOf(mode), flow)).toBe(mode === 'calico-noencap' ? noEncap : vxlan)
  })
})

describe.each(Object.keys(modes) as Mode[])('%s: the TTL at the pod, sent with 64', (mode) => {
  test.each([
    ['p11->p12', 63],
    ['p11->svc(p12)', 63],
    ['p11->p21', 62],
  ] as const)('%s', (flow, ttl) => {
    expect(ttlSeen(clusterOf(mode), flow)).toBe(ttl)
  })
})

test.each([
  ['calico-noencap', []],
  ['calico-ipip', ['192.168.1.11 > 192.168.1.12 protocol 4']],
  ['calico-vxlan', ['192.168.1.11 > 192.168.1.12 udp 4789']],
  ['canal', ['192.168.1.11 > 192.168.1.12 udp 8472']],
] as const)('what goes between nodes: %s', (mode, outer) => {
  expect(wrappings(clusterOf(mode), 'p11->p21')).toEqual(outer)
})
