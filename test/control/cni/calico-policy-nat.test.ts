import { describe, expect, test } from 'vitest'
import { example, ext } from '../../support/cni-example.ts'

/** p21 takes connections from the client ext alone, p11 from nobody. */
const more = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ext-alone}
spec:
  podSelector: {matchLabels: {app: p21}}
  ingress: [{from: [{ipBlock: {cidr: ${ext}/32}}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nobody}
spec:
  podSelector: {matchLabels: {app: p11}}
  policyTypes: [Ingress]`

/** What policies see where addresses are translated: after the destination is, before the source is. */
describe.each([
  { cni: 'calico:encapsulation=none', ofN1: '192.168.1.11' },
  { cni: 'calico:encapsulation=vxlan', ofN1: '10.244.1.0' },
  { cni: 'canal', ofN1: '10.244.1.0' },
])('policies and translation: $cni', ({ cni, ofN1 }) => {
  const cluster = example({ cni, more })
  // biome-ignore format: one way a line
  test.each<readonly [flow: string, from: string, to: string, sees: string | undefined, disposition: string]>([
    ['ext by the node port of the pod’s own node', 'external/ext', '192.168.1.12:30021', ext, 'reached'],
    ['ext by the node port of another node', 'external/ext', '192.168.1.11:30021', ofN1, 'dropped'],
    ['the pod’s own node', 'node/n2', 'pod/p21:8080', undefined, 'reached'],
    ['another node', 'node/n1', 'pod/p21:8080', ofN1, 'dropped'],
    ['a pod by its own Service', 'pod/p11', '10.96.0.11:80', '10.244.1.2', 'dropped'],
    ['a pod by its own address', 'pod/p11', '10.244.1.2:8080', undefined, 'reached'],
    ['a pod of another node', 'pod/p11', 'pod/p21:8080', '10.244.1.2', 'dropped'],
    ['a pod of the same node', 'pod/p12', 'pod/p11:8080', '10.244.1.3', 'dropped'],
    ['what no policy is about', 'pod/p11', 'pod/p12:8080', undefined, 'reached'],
  ])('%s', (_, from, to, sees, disposition) => {
    const [outcome] = cluster.trace({ from, to }).outcomes
    const checks = outcome?.policies ?? []
    expect(checks.map(({ packet }) => packet.src)).toEqual(sees === undefined ? [] : [sees])
    expect(outcome?.disposition).toBe(disposition)
    expect(checks.map(({ verdict }) => verdict)).toEqual(
      sees === undefined ? [] : [disposition === 'reached' ? 'allowed' : 'denied'],
    )
  })
})

test('what is denied is refused with an error where Felix is told so', () => {
  const felix =
    'apiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nmetadata: {name: default}\nspec: {iptablesFilterDenyAction: Reject}'
  const cluster = example({ cni: 'calico:encapsulation=none', more: `${more}\n---\n${felix}` })
  expect(cluster.trace({ from: 'pod/p11', to: 'pod/p21:8080' }).outcomes[0]?.disposition).toBe('rejected')
})

test('policies are accepted and have no effect where the Environment says so', () => {
  const environment = ['cni: {plugin: calico, encapsulation: none, enforcesNetworkPolicy: false}']
  const cluster = example({ environment, more })
  expect(cluster.trace({ from: 'pod/p11', to: 'pod/p21:8080' }).outcomes[0]?.disposition).toBe('reached')
})
