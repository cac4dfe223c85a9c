import { expect, test } from 'vitest'
import { loadKernelCluster } from '../kernel/cluster-text.ts'
import { handChosen } from '../kernel/hand-chosen.ts'
import { driftOf, dumpOf } from './support.ts'

test.for(handChosen)('a node that has what it should have: $name', (one) => {
  const cluster = loadKernelCluster(one)
  for (const { name } of cluster.cluster.nodes) {
    const { entries, foreign, notes } = driftOf(cluster, dumpOf(cluster, name))
    expect({ entries, foreign, notes }).toEqual({ entries: [], foreign: [], notes: [] })
  }
})
