import { expect, test } from 'vitest'
import { runCli } from '../support/run-cli.ts'

const objects = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all}
spec:
  podSelector: {}
  egress:
    - ports: [{port: 53}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: some}
spec:
  podSelector:
    matchLabels: {app: web}
    matchExpressions:
      - {key: tier, operator: In, values: [front, back]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec: {tier: Admin, priority: 10, subject: {namespaces: {}}}
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: old-guard}
spec: {priority: 7, subject: {namespaces: {}}}
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec: {subject: {namespaces: {}}}
`

// biome-ignore format: one type a line
const tables: readonly (readonly [type: string, rows: readonly string[]])[] = [
  ['networkpolicies', ['NAME POD-SELECTOR AGE', 'all <none> <unknown>', 'some app=web,tier in (back,front) <unknown>']],
  ['netpol/all', ['NAME POD-SELECTOR AGE', 'all <none> <unknown>']],
  ['cnp', ['NAME TIER PRIORITY AGE', 'guard Admin 10 <unknown>']],
  ['anp', ['NAME PRIORITY AGE', 'old-guard 7 <unknown>']],
  ['banp', ['NAME AGE', 'default <unknown>']],
]

test.for(tables)('get %s has the columns of kubectl', async ([type, rows]) => {
  const { out, code } = await runCli(['get', type, '-f', '-'], objects)
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/ {2,}/g, ' ')),
  ).toEqual(rows)
  expect(code).toBe(0)
})

test('a NetworkPolicy has the defaults of the API server', async () => {
  const { out } = await runCli(['get', 'netpol', 'all', '-o', 'json', '-f', '-'], objects)
  expect(JSON.parse(out)).toMatchObject({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'all', namespace: 'default' },
    spec: {
      podSelector: {},
      egress: [{ ports: [{ protocol: 'TCP', port: 53 }] }],
      policyTypes: ['Ingress', 'Egress'],
    },
  })
})
