import { expect, test } from 'vitest'
import { clusterOf } from '../support/clusters.ts'

const pod =
  '{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {containers: [{name: c}]}}'
const environment = (spec: string) =>
  `{apiVersion: kubewalk.dev/v1alpha1, kind: Environment, metadata: {name: e}, spec: ${spec}}`

test.each([
  ['{nodes: {worker: {}}}', []],
  ['{nodes: {worker9: {}}}', ['node worker9']],
  ['{conntrack: {nope: []}}', ['node nope']],
  ['{kubeProxy: {running: {nope: false, worker: false}}}', ['node nope']],
  [
    '{listeners: [{pod: shop/web, port: 80}, {pod: web, port: 80}, {node: wrker, port: 80}]}',
    ['pod web', 'node wrker'],
  ],
])('an Environment of %s speaks of nobody but %j in vain', (spec, expected) => {
  const { diagnostics } = clusterOf(pod, environment(spec))
  const unknown = diagnostics.filter(({ code }) => code === 'unknown-reference')
  expect(unknown.map(({ message }) => message)).toEqual(
    expected.map((name) => `the Environment speaks of ${name}, which does not exist`),
  )
  expect(unknown.every(({ at, severity }) => at?.line === 3 && severity === 'warning')).toBe(true)
})
