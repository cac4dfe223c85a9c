import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../src/index.ts'
import { diffClusters, parseCluster } from '../../src/index.ts'
import { drawFrom } from '../support/random-policies/draw.ts'
import { drawPolicySet } from '../support/random-policies.ts'

/**
 * Random clusters with policies, and one object of them taken away: the connections whose end differs are those of which
 * two traces of every pair differ.
 */

type Manifest = ReturnType<typeof drawPolicySet>['objects'][number]

function load(items: readonly Manifest[]): LoadedCluster {
  return parseCluster([{ name: 'set.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }])
}

/** Every pod to every other at the TCP ports that it declares. */
function traced(cluster: LoadedCluster): ReadonlyMap<string, string> {
  const ends = new Map<string, string>()
  const { pods } = cluster.cluster
  for (const from of pods) {
    for (const to of pods) {
      const isMeant = from !== to && to.ips.length > 0 && to.namespace !== 'kube-system'
      if (!isMeant || from.namespace === 'kube-system') continue
      for (const { port, protocol } of to.ports.filter((one) => one.protocol === 'TCP')) {
        const request = {
          from: `pod/${from.namespace}/${from.name}`,
          to: `pod/${to.namespace}/${to.name}:${port}`,
          protocol: protocol.toLowerCase() as 'tcp',
        }
        const { outcomes } = cluster.trace(request)
        ends.set(`${request.from} → ${request.to}`, outcomes.map((one) => one.disposition).join(' '))
      }
    }
  }
  return ends
}

/** How many connections differed over all sets. */
let differing = 0

describe('the difference is what traces of every pair differ in', () => {
  test.for(Array.from({ length: 25 }, (_, seed) => seed + 1))('set %i', (seed) => {
    const { objects } = drawPolicySet('network-policies', seed)
    const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy')
    const gone = policies[drawFrom(seed).between(0, policies.length - 1)]
    const [before, after] = [load(objects), load(objects.filter((one) => one !== gone))]
    const [was, is] = [traced(before), traced(after)]
    const expected = [...was].filter(([key, end]) => is.get(key) !== end).map(([key]) => key)
    const { connections } = diffClusters(before, after)
    const told = connections
      .filter(({ from, to, protocol }) => /^pod\//.test(from) && /^pod\//.test(to) && protocol === 'tcp')
      .filter(({ to, from }) => !/kube-system/.test(`${from} ${to}`))
    const declared = new Set([...was.keys()])
    const pairs = told.filter(({ from, to }) => declared.has(`${from} → ${to}`))
    differing += expected.length
    expect(pairs.map(({ from, to }) => `${from} → ${to}`).toSorted()).toEqual(expected.toSorted())
  })
})

test('many connections differed', () => {
  expect(differing).toBeGreaterThan(100)
})
