import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'
import { drawPolicySet } from '../support/random-policies.ts'

/** Rows that are worked out at once say of each group what is said of it when it is asked alone. */

/** The random cluster, and a Service before all pods of each namespace. */
function load(seed: number, cni: string): LoadedCluster {
  const { objects } = drawPolicySet('network-policies', seed)
  const namespaces = [
    ...new Set(objects.map(({ metadata }) => (metadata as { namespace?: string }).namespace)),
  ]
  const services = namespaces.flatMap((namespace) =>
    namespace === undefined
      ? []
      : [
          {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 'all', namespace },
            spec: { selector: { everyone: 'yes' }, ports: [{ port: 80, targetPort: 8080 }] },
          },
        ],
  )
  const labelled = objects.map((one) => {
    if (one['kind'] !== 'Pod') return one
    const metadata = one['metadata'] as { readonly labels?: object }
    return { ...one, metadata: { ...metadata, labels: { ...metadata.labels, everyone: 'yes' } } }
  })
  const items = [...labelled, ...services]
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  return parseCluster([{ name: 'set.json', text }], { cni })
}

let compared = 0

describe.each(['kindnet', 'calico', 'antrea'])('under %s', (cni) => {
  test.each(Array.from({ length: 12 }, (_, seed) => seed + 1))('random cluster %i', (seed) => {
    const table = load(seed, cni).reachTable()
    const { groups } = table
    for (const port of [8080, 53, 80].map((number) => ({ protocol: 'tcp' as const, number }))) {
      for (const destination of groups) {
        const cells = table.allToGroup(groups, destination, port)
        for (const sender of groups) {
          const found = [...cells].find(([, own]) => own.includes(sender))?.[0]
          expect([sender.id, destination.id, found]).toEqual([
            sender.id,
            destination.id,
            table.toGroup(sender, destination, port),
          ])
          compared += 1
        }
      }
    }
    for (const asked of table.services) {
      const cells = table.allToService(groups, asked)
      for (const sender of groups) {
        const found = [...cells].find(([, own]) => own.includes(sender))?.[0]
        expect([sender.id, asked.service.name, found]).toEqual([
          sender.id,
          asked.service.name,
          table.toService(sender, asked),
        ])
      }
    }
  })
})

test('many cells were compared', () => {
  expect(compared).toBeGreaterThan(3000)
})
