import type { LoadedCluster, ObjectGroup } from '../../src/index.ts'
import { apiResources, cniEntries, findObjects, findResource } from '../../src/index.ts'

/** One word that may be typed, and what it is about. */
export interface Candidate {
  readonly word: string
  readonly about?: string
}

const defaultNamespace = 'default'

/** The network plugins that are modelled. */
export const cniNames: readonly Candidate[] = cniEntries.map(({ name, facts }) => ({
  word: name,
  about: facts.networkModel,
}))

/** Names for the operand of a command that comes after those already typed. */
export function argumentNames(
  command: string,
  operands: readonly string[],
  current: string,
  cluster: LoadedCluster | undefined,
): readonly Candidate[] {
  switch (command) {
    case 'cni':
      return operands.length === 0 ? cniNames : []
    case 'rules':
    case 'node':
    case 'drift':
      return operands.length === 0 ? nodeNames(cluster) : []
    case 'trace':
      return operands.length === 0 ? senders(cluster) : operands.length === 1 ? targets(cluster) : []
    case 'reach':
      // It has no operands: this is the second of the two after --between.
      return namespaceRefs(cluster)
    case 'get':
      return objectNames(operands, current, cluster)
    case 'describe':
      return objectNames(operands.length === 0 ? [] : ['svc', ...operands.slice(1)], current, cluster).filter(
        ({ word }) => operands.length > 0 || /^(?:svc|services?)\b/.test(word),
      )
    default:
      return []
  }
}

export function nodeNames(cluster: LoadedCluster | undefined): readonly Candidate[] {
  return (cluster?.cluster.nodes ?? []).map(({ name }) => ({ word: name, about: 'node' }))
}

export function namespaceNames(cluster: LoadedCluster | undefined): readonly Candidate[] {
  return (cluster?.cluster.namespaces ?? []).map(({ name }) => ({ word: name, about: 'namespace' }))
}

/** Namespaces as `reach --between` takes them. */
export function namespaceRefs(cluster: LoadedCluster | undefined): readonly Candidate[] {
  return namespaceNames(cluster).map(({ word, about = '' }) => ({ word: `ns/${word}`, about }))
}

/** Ends of `reach`: what a trace takes, and whole namespaces. */
export function reachSenders(cluster: LoadedCluster | undefined): readonly Candidate[] {
  return [...senders(cluster), ...namespaceRefs(cluster)]
}

export function reachTargets(cluster: LoadedCluster | undefined): readonly Candidate[] {
  return [...targets(cluster), ...reachSenders(cluster)]
}

/** `name` in the default namespace, `namespace/name` in others. */
function shortName({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return namespace === defaultNamespace ? name : `${namespace}/${name}`
}

export function serviceNames(cluster: LoadedCluster | undefined): readonly Candidate[] {
  return (cluster?.cluster.services ?? []).map((one) => ({ word: shortName(one), about: one.type }))
}

function senders(cluster: LoadedCluster | undefined): readonly Candidate[] {
  const { pods = [], nodes = [], environment } = cluster?.cluster ?? {}
  const workloads = (cluster?.objects.Deployment ?? []).map(({ metadata }) =>
    shortName({ namespace: metadata.namespace ?? defaultNamespace, name: metadata.name ?? '' }),
  )
  return [
    ...pods.map((one) => ({ word: `pod/${shortName(one)}`, about: one.nodeName ?? 'on no node' })),
    ...workloads.map((name) => ({ word: `deploy/${name}`, about: 'each of its pods' })),
    ...nodes.map(({ name }) => ({ word: `node/${name}`, about: 'node' })),
    ...(environment?.externalHosts ?? []).map(({ name }) => ({
      word: `external/${name}`,
      about: 'declared host',
    })),
    { word: 'internet', about: 'a client outside' },
  ]
}

function targets(cluster: LoadedCluster | undefined): readonly Candidate[] {
  const { services = [], nodes = [], pods = [] } = cluster?.cluster ?? {}
  return [
    ...services.flatMap((one) => {
      const ports = one.ports.length === 0 ? [''] : one.ports.map((port) => `:${port.port}`)
      return ports.map((port) => ({ word: `svc/${shortName(one)}${port}`, about: one.type }))
    }),
    ...pods.flatMap((one) =>
      one.ports.map(({ port }) => ({ word: `pod/${shortName(one)}:${port}`, about: one.nodeName ?? '' })),
    ),
    ...nodes.flatMap(({ name }) =>
      services.flatMap((service) =>
        service.ports.flatMap(({ nodePort }) =>
          nodePort > 0 ? [{ word: `node/${name}:${nodePort}`, about: service.name }] : [],
        ),
      ),
    ),
  ]
}

/** Types; after a type its objects; after `type/` the same with the type before each. */
function objectNames(
  operands: readonly string[],
  current: string,
  cluster: LoadedCluster | undefined,
): readonly Candidate[] {
  const [type] = operands
  const slash = current.indexOf('/')
  if (slash >= 0) {
    const typed = current.slice(0, slash)
    return namesIn(typed, cluster).map((word) => ({ word: `${typed}/${word}` }))
  }
  if (type !== undefined && !type.includes('/')) return namesIn(type, cluster).map((word) => ({ word }))
  // After a comma another type begins.
  const before = current.slice(0, current.lastIndexOf(',') + 1)
  const types = apiResources.flatMap((one) =>
    [one.name, ...one.shortNames].map((word) => ({ word: `${before}${word}`, about: one.kind })),
  )
  return type === undefined ? [...types, ...(before === '' ? [{ word: 'all' }] : [])] : types
}

function namesIn(type: string, cluster: LoadedCluster | undefined): readonly string[] {
  const resource = findResource(type)
  if (!resource || !cluster) return []
  const { objects }: ObjectGroup = findObjects(cluster.objects, { resource, namespace: defaultNamespace })
  return objects.flatMap(({ metadata }) => metadata.name ?? [])
}
