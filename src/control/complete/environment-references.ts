import { nearest } from '../../base/nearest.ts'
import type { ClusterNode, ClusterPod } from '../../model/cluster.ts'
import type { Completion } from './completion.ts'

type Path = readonly (string | number)[]

/** Nodes and pods that the Environment speaks of and that do not exist, as warnings: what it says of them has no effect. */
export function checkEnvironmentReferences(
  { objects, report }: Completion,
  cluster: { readonly nodes: readonly ClusterNode[]; readonly pods: readonly ClusterPod[] },
): void {
  const [located] = objects.Environment
  const spec = located?.object.spec
  if (!located || !spec) return
  const nodes = cluster.nodes.map(({ name }) => name)
  const pods = cluster.pods.map(({ namespace, name }) => `${namespace}/${name}`)
  const check = (what: 'node' | 'pod', name: string, path: Path) => {
    const known = what === 'node' ? nodes : pods
    if (known.includes(name)) return
    const near = nearest(name, known)
    report('unknown-reference', `the Environment speaks of ${what} ${name}, which does not exist`, {
      at: located.locate(['spec', ...path]),
      object: located.ref,
      severity: 'warning',
      fix: near === undefined ? `kubewalk get ${what}s -A lists them` : `did you mean ${near}?`,
    })
  }
  const { running, rules, staleState, hostnameOverride } = spec.kubeProxy ?? {}
  const byNode = {
    nodes: spec.nodes,
    conntrack: spec.conntrack,
    'kubeProxy.running': running,
    'kubeProxy.rules': rules,
    'kubeProxy.staleState': staleState,
    'kubeProxy.hostnameOverride': hostnameOverride,
  }
  for (const [path, map] of Object.entries(byNode))
    for (const name of Object.keys(map ?? {})) check('node', name, [...path.split('.'), name])
  for (const [index, { pod, node }] of (spec.listeners ?? []).entries()) {
    if (pod !== undefined) check('pod', pod, ['listeners', index, 'pod'])
    if (node !== undefined) check('node', node, ['listeners', index, 'node'])
  }
}
