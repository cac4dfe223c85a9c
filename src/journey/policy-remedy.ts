import type { ObjectRef } from '../base/source.ts'
import { flowYaml } from '../base/yaml-text.ts'
import type { PolicyRemedy } from '../model/journey.ts'
import type { Path, Tier } from '../policy/policy.ts'
import type { Remedy } from '../policy/remedy-candidate.ts'
import { pathWords } from '../policy/words.ts'
import type { World } from './world.ts'

/** A remedy with the place of what it changes, and in a sentence. Labels of pods that a workload made belong in its template. */
export function presentRemedy(world: World, remedy: Remedy, tiers: readonly Tier[]): PolicyRemedy {
  const place = remedy.type === 'label' ? labelledPlace(world, remedy) : policyPlace(remedy, tiers)
  const { type, value } = remedy
  return { type, ...place, value, text: textOf({ type, ...place, value }) }
}

type Place = Pick<Remedy, 'object' | 'path'>

function policyPlace({ object, path }: Remedy, tiers: readonly Tier[]): Place {
  const isIt = ({ ref }: { readonly ref: ObjectRef }) => ref === object
  const policy = tiers.flatMap((tier) => tier.policies).find(isIt)
  const at = policy?.locate(listOf(path))
  return { object: { ...object, ...(at && { at }) }, path }
}

function listOf(path: Path): Path {
  return path.at(-1) === '-' ? path.slice(0, -1) : path
}

function labelledPlace({ cluster, pods }: World, { object, path }: Remedy): Place {
  if (object.kind === 'Namespace') {
    return { object: cluster.namespaces.find(({ name }) => name === object.name)?.ref ?? object, path }
  }
  const pod = pods.get(`${object.namespace}/${object.name}`)
  if (pod?.source) return { object: { ...object, at: pod.source.locate(path) }, path }
  return pod?.owner?.at ? { object: pod.owner, path: ['spec', 'template', ...path] } : { object, path }
}

function textOf({ type, object, path, value }: Remedy): string {
  const name = `${object.kind} ${object.name}`
  if (type === 'label') return `give ${name} the label ${flowYaml(value).slice(1, -1)} (${pathWords(path)})`
  if (path.at(-1) === '-') return `add to ${pathWords(listOf(path))} of ${name}: ${flowYaml(value)}`
  return `put before ${pathWords(path)} of ${name}: ${flowYaml(value)}`
}
