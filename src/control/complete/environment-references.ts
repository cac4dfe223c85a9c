import { nearest } from '../../base/nearest.ts'
import type { ClusterNode, ClusterPod } from '../../model/cluster.ts'
import type { Environment } from '../../model/environment.ts'
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
  for (const [path, map] of nodeMaps(spec)) {
    for (const name of Object.keys(map ?? {})) check('node', name, [...path, name])
  }
  for (const [path, { pod, node }] of entries(spec)) {
    if (pod !== undefined) check('pod', pod, [...path, 'pod'])
    if (node !== undefined) check('node', node, [...path, 'node'])
  }
}

/** Maps whose keys are names of nodes. */
function nodeMaps({
  nodes,
  kubelet,
  conntrack,
  environment,
  kubeProxy = {},
}: Environment): readonly (readonly [path: Path, map: Readonly<Record<string, unknown>> | undefined])[] {
  const { running, rules, staleState, hostnameOverride } = kubeProxy
  const { default: _, ...byNode } = kubelet ?? {}
  const { '*': _all, ...byName } = nodes ?? {}
  return [
    [['nodes'], byName],
    [['kubelet'], byNode],
    [['conntrack'], conntrack],
    [['environment', 'nodeContainers'], environment?.nodeContainers],
    [['kubeProxy', 'running'], running],
    [['kubeProxy', 'rules'], rules],
    [['kubeProxy', 'staleState'], staleState],
    [['kubeProxy', 'hostnameOverride'], hostnameOverride],
  ]
}

/** Lists whose items speak of a pod or a node. */
function entries({
  listeners = [],
  httpApps = [],
}: Environment): readonly (readonly [
  path: Path,
  entry: { readonly pod?: string; readonly node?: string },
])[] {
  return [
    ...listeners.map((one, index) => [['listeners', index], one] as const),
    ...httpApps.map((one, index) => [['httpApps', index], one] as const),
  ]
}
