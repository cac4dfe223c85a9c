import { diffClusters, parseCluster } from '../src/index.ts'
import { clusterWithPolicies } from './policies.ts'

const size = { nodes: 300, namespaces: 200, pods: 10_000, policies: 2000, services: 500 }

/** All pairs of 10,000 pods under 2,000 policies: time beyond loading, and the memory that it takes. */
export function benchReach(out: (text: string) => void): void {
  const file = clusterWithPolicies(size)
  const started = performance.now()
  const cluster = parseCluster([file], { cni: 'kindnet' })
  const loaded = performance.now()
  const { walks, groups, rows } = cluster.reach()
  const done = performance.now()
  const peak = process.resourceUsage().maxRSS / 1024
  out(
    `reach, 10,000 pods and 2,000 policies: ${(done - loaded).toFixed(0)} ms after ${(loaded - started).toFixed(0)} ms of loading, ${groups.length} groups, ${rows.length} targets, ${walks.made} walks, at most ${peak.toFixed(0)} MiB`,
  )
}

/** The difference that one edit of a policy makes there, beyond loading both. */
export function benchDiff(out: (text: string) => void): void {
  const file = clusterWithPolicies(size)
  const edited = {
    ...file,
    text: file.text.replace(/("kind":"NetworkPolicy".*?)"port":\d+/, '$1"port":4242'),
  }
  const [before, after] = [file, edited].map((one) => parseCluster([one], { cni: 'kindnet' }))
  if (!before || !after) return
  const loaded = performance.now()
  const { connections } = diffClusters(before, after)
  const done = performance.now()
  const peak = process.resourceUsage().maxRSS / 1024
  out(
    `diff after one edit there: ${(done - loaded).toFixed(0)} ms beyond loading both, ${connections.length} connections differ, at most ${peak.toFixed(0)} MiB`,
  )
}
