import { describe, expect, test } from 'vitest'
import { formatRuleSet } from '../../src/index.ts'
import type { IpSet } from '../../src/model/network.ts'
import { formatSets } from '../../src/render/node-state/tables.ts'
import type { ExampleOptions } from '../support/cni-example.ts'
import { example } from '../support/cni-example.ts'
import { policyExamples } from '../support/policy-examples.ts'
import { inOwnNamespace, whatIsAvailable } from './availability.ts'
import { asSavedBy, throughKernel } from './through-kernel.ts'

/** The rules and ipsets that plugins make of policies: loaded into the kernel and saved again, they are the same. */
const weaveIps = { p11: '10.32.0.2', p12: '10.32.0.3', p21: '10.44.0.2' }
const more = Object.values(policyExamples).join('\n---\n')
const named =
  '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: named}, spec: {podSelector: {}, ingress: [{ports: [{port: web}]}]}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: named, labels: {app: named}}, spec: {nodeName: n1, containers: [{name: app, image: app, ports: [{name: web, containerPort: 8081}]}]}, status: {phase: Running, podIP: 10.244.1.9, podIPs: [{ip: 10.244.1.9}]}}'

const plugins: Readonly<Record<string, ExampleOptions>> = {
  'kube-router': { cni: 'kube-router', more: `${more}\n---\n${named}` },
  'Weave Net': { cni: 'weave', ips: weaveIps, more },
}

/** The sets as the kernel holds them, each with its entries in order; what it chose by itself is left out. */
async function savedSets(sets: readonly IpSet[]): Promise<readonly string[]> {
  const { stdout, stderr } = await inOwnNamespace('ipset restore && ipset save', formatSets(sets))
  return stderr === '' ? sorted(stdout) : [stderr]
}

function sorted(text: string): readonly string[] {
  return text
    .replaceAll(/ bucketsize \d+ initval 0x[0-9a-f]+/g, '')
    .trimEnd()
    .split('\n')
    .toSorted()
}

const { backends, missing } = whatIsAvailable()
const reason = missing && `: skipped, ${missing}`

describe.skipIf(missing !== '')(`rules of policies, loaded and saved${reason}`, () => {
  test.each(Object.entries(plugins))('ipsets of %s', async (_, options) => {
    const sets = example(options).network.namespaces.get('node/n1')?.sets ?? []
    expect(await savedSets(sets)).toEqual(sorted(formatSets(sets)))
  })

  for (const backend of ['nft', 'legacy'] as const) {
    describe.skipIf(!backends.includes(backend))(`iptables-${backend}`, () => {
      test.each(Object.entries(plugins))('%s', async (_, options) => {
        const cluster = example(options)
        const sets = cluster.network.namespaces.get('node/n1')?.sets ?? []
        expect(sets.length).toBeGreaterThan(12)
        for (const ruleSet of cluster.ruleSets('n1') ?? []) {
          const text = formatRuleSet(ruleSet)
          const saved = await throughKernel(text, ruleSet.family, backend, sets)
          expect(saved, `IPv${ruleSet.family}`).toBe(asSavedBy(backend, text))
        }
      })
    })
  }
})
