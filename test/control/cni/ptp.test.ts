import { describe, expect, test } from 'vitest'
import type { Flow } from '../../support/cni-example.ts'
import { example, ext, sourceSeen, ttlSeen, wrappings } from '../../support/cni-example.ts'

/**
 * The CNI plugin ptp. Sources follow from its ipMasq chain, which keeps the addresses of its own node's block alone
 * (SetupIPMasqForNetworks), and from the gateway's address that every node end has; the TTL from the node between.
 */
const n1 = '192.168.1.11'
const gateway = '10.244.1.1'

// biome-ignore format: a table
const rows: readonly (readonly [flow: Flow, masqueraded: string, plain: string, ttl?: number])[] = [
  ['p11->p12',                       '10.244.1.2', '10.244.1.2', 63],
  ['p11->p21',                       n1,           '10.244.1.2', 62],
  ['p11->own node IP',               '10.244.1.2', '10.244.1.2'],
  ['p11->n2 IP',                     n1,           '10.244.1.2'],
  ['p11->svc(p11) self',             gateway,      gateway],
  ['p11->svc(p12)',                  '10.244.1.2', '10.244.1.2', 63],
  ['p11->svc(p21)',                  n1,           '10.244.1.2', 62],
  ['n1->p12',                        gateway,      gateway,      64],
  ['n1->p21',                        n1,           n1,           63],
  ['ext->np(n1)->p21',               n1,           n1],
  ['ext->np(n2)->p21',               '10.244.2.1', '10.244.2.1'],
  ['ext->np(n1) local policy ->p12', ext,          ext],
  ['p11->internet',                  n1,           'dropped'],
]

describe.each(['ptp', 'ptp:ipMasq=false'])('%s', (cni) => {
  const cluster = example({ cni })
  test.for(rows)('%s: the source seen', ([flow, masqueraded, plain, ttl]) => {
    expect(sourceSeen(cluster, flow)).toBe(cni === 'ptp' ? masqueraded : plain)
    if (ttl !== undefined) expect(ttlSeen(cluster, flow)).toBe(ttl)
    expect(wrappings(cluster, flow)).toEqual([])
  })
})
