import { describe, expect, test } from 'vitest'
import { formatRuleSet } from '../../src/index.ts'
import { whatIsAvailable } from './availability.ts'
import { loadKernelCluster } from './cluster-text.ts'
import { kernelClusters } from './clusters.ts'
import { features, featuresOf } from './features.ts'
import { asSavedBy, throughKernel } from './through-kernel.ts'

/**
 * The text of every node's rules is checked by `iptables-restore --test`, loaded into a fresh network namespace
 * and saved again; what the kernel gives back must be our text. iptables-save's comment lines are left out, and its
 * counters, which count the few packets that a namespace sends by itself.
 */
const { backends, missing } = whatIsAvailable()

const clusters = kernelClusters.map((one) => {
  const loaded = loadKernelCluster(one)
  const texts = loaded.cluster.nodes.flatMap((node) =>
    (loaded.ruleSets(node.name) ?? []).map((set) => ({
      node: node.name,
      family: set.family,
      text: formatRuleSet(set),
    })),
  )
  return { name: one.name, texts, features: featuresOf(loaded, texts.map(({ text }) => text).join('')) }
})

test('there are clusters, and each feature is in one of them', () => {
  expect(clusters.length).toBeGreaterThanOrEqual(40)
  expect(new Set(clusters.map(({ name }) => name)).size).toBe(clusters.length)
  const covered = new Set(clusters.flatMap((one) => one.features))
  expect(features.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([])
})

const reason = missing && `: skipped, ${missing}`

describe.skipIf(missing !== '')(`rules of ${clusters.length} clusters, loaded and saved${reason}`, () => {
  for (const backend of ['nft', 'legacy'] as const) {
    const unusable = !backends.includes(backend)
    const title = `iptables-${backend}${unusable ? ': skipped, it cannot load rules here' : ''}`
    describe.skipIf(unusable)(title, () => {
      for (const cluster of clusters) {
        test(`${cluster.name} (${cluster.features.join(', ')})`, async () => {
          expect(cluster.texts.length).toBeGreaterThanOrEqual(2)
          const saved = await Promise.all(
            cluster.texts.map(({ text, family }) => throughKernel(text, family, backend)),
          )
          cluster.texts.forEach(({ node, family, text }, index) => {
            expect(saved[index], `${node}, IPv${family}`).toBe(asSavedBy(backend, text))
          })
        })
      }
    })
  }
})
