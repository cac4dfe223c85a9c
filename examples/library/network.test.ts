import { loadCluster } from 'kubewalk'
import { expect, test } from 'vitest'

const cluster = await loadCluster(['examples/notes/cluster-ip.yaml'])

// One connection a line: who, to whom, and how each of its ways must end.
test.each([
  ['pod/client', 'http-go-svc:80', 'reached'],
  ['pod/client', 'http-go-svc:81', 'dropped'],
  ['internet', 'node/worker:80', 'refused'],
])('%s → %s: %s', (from, to, expected) => {
  const { outcomes, findings } = cluster.trace({ from, to })
  for (const { disposition } of outcomes) expect(disposition, findings[0]?.message).toBe(expected)
})
