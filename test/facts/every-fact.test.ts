import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** What experiments on the kernel (6.18, iptables 1.8.9, both backends) have shown, by the names of the experiments. */
const facts = [
  'addrtype-local',
  'both-backends-at-once',
  'bridge-nf-off',
  'bridge-port-mtu',
  'bridged-vxlan-answers',
  'clusterip-answers-only-its-port',
  'conntrack-needs-a-user',
  'conntrack-states',
  'conntrack-timeouts',
  'dnat-beats-a-local-listener',
  'dnat-ends-the-nat-chain',
  'dropped-syn-leaves-no-entry',
  'existing-flow-keeps-its-nat',
  'filter-sees-dnat',
  'flood-and-hairpin',
  'flow-older-than-the-service',
  'forwarded-dnat-needs-no-route',
  'hairpin',
  'hook-order',
  'icmp-error-is-related-and-translated',
  'icmp-rate-limit',
  'invalid-reply-is-not-untranslated',
  'ip-forward-off',
  'localnet-from-outside',
  'loopback-nat-chains',
  'mark-arithmetic',
  'mark-lives-in-one-node',
  'masquerade-address',
  'nat-first-packet-only',
  'nat-refuses-drop-and-reject',
  'nodeport-needs-masquerade',
  'notrack-skips-nat',
  'one-prerouting-per-packet',
  'output-dnat-reroutes',
  'physdev',
  'pod-namespace-has-no-rules',
  'policy-counters',
  'ptp-needs-no-bridge-nf',
  'ptp-proxy-arp',
  'random-fully',
  'recent-is-per-node',
  'recent-limits',
  'recent-rcheck-and-set',
  'recent-reap',
  'recent-without-seconds',
  'redirect-spends-the-icmp-allowance',
  'redirects-and-nat',
  'reject-kinds',
  'reject-local-output',
  'reject-without-endpoints',
  'return-goto-policy',
  'reused-tcp-port-picks-again',
  'route-localnet',
  'rp-filter',
  'snat-keeps-the-port-if-free',
  'snat-port-shared-across-destinations',
  'snat-range-exhausted',
  'stale-udp-entry-to-a-dead-pod',
  'statistic-nth',
  'statistic-random',
  'trace-sources',
  'tunnel-keeps-the-mark',
  'udp-soft-errors',
  'unreachable-pod-address',
  'veth-drops-larger-frames',
  'virtual-states',
  'vxlan-cuts-its-own-packets',
  'vxlan-mtu',
  'vxlan-over-ipv6-never-cuts',
  'vxlan-packets-in-the-chains',
  'vxlan-static-tables',
  'ways-between-nodes',
]

/** The facts that tests of this folder name in backticks, each as often as it is named. */
function namedFacts(): string[] {
  const folder = import.meta.dirname
  const texts = readdirSync(folder)
    .filter((file) => file.endsWith('.test.ts') && file !== 'every-fact.test.ts')
    .map((file) => readFileSync(join(folder, file), 'utf8'))
  return texts.flatMap((text) =>
    [...text.matchAll(/^(?:test|describe)\(\s*'`([a-z0-9-]+)`:/gm)].map((found) => found[1] ?? ''),
  )
}

test('each fact has one test that names it', () => {
  expect(new Set(facts).size).toBe(facts.length)
  expect(namedFacts().toSorted()).toEqual(facts)
})
