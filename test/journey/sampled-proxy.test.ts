import { expect, test } from 'vitest'
import { loadCluster } from '../../src/index.ts'

const cluster = await loadCluster(['examples/notes/ingress.yaml'])
const visit = { from: 'internet', to: 'http://www.gasbugs.com/' }

test('a seed follows one of the ways through a proxy', () => {
  expect(cluster.trace(visit).outcomes.length).toBeGreaterThan(2)
  const sampled = cluster.trace(visit, { seed: 3 }).outcomes
  expect(sampled.map((one) => one.probability)).toEqual([1])
})

test('connections one after the other go to every endpoint of the proxy', () => {
  const journeys = cluster.repeat(visit, { count: 40 })
  expect(new Set(journeys.map(({ outcomes }) => outcomes.length))).toEqual(new Set([1]))
  expect(new Set(journeys.flatMap(({ outcomes }) => outcomes[0]?.destination?.name)).size).toBe(3)
})
