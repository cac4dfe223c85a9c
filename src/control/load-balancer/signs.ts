import type { Located, Service } from '../../model/objects.ts'
import type { Surroundings } from './profile.ts'
import { isServiceLbPod } from './service-lb-pods.ts'

/** Signs by which providers are told apart; each gives the sign in words, or nothing. */

/** The class of load balancers that the Service asks for. */
export function hasClass(
  { object }: Located<Service>,
  classes: readonly (string | RegExp)[],
): string | undefined {
  const asked = object.spec?.loadBalancerClass
  if (!asked) return undefined
  const known = classes.some((one) => (typeof one === 'string' ? one === asked : one.test(asked)))
  return known ? `loadBalancerClass ${asked}` : undefined
}

/** A Service that asks for a class is left alone by everybody else. */
export function asksForClass({ object }: Located<Service>): boolean {
  return Boolean(object.spec?.loadBalancerClass)
}

export function annotationOf({ object }: Located<Service>, name: string): string | undefined {
  return object.metadata.annotations?.[name]
}

/** The first annotation of the Service with one of these beginnings. */
export function hasAnnotation(
  { object }: Located<Service>,
  beginnings: readonly string[],
): string | undefined {
  const names = Object.keys(object.metadata.annotations ?? {}).toSorted()
  const found = names.find((name) => beginnings.some((one) => name.startsWith(one)))
  return found === undefined ? undefined : `annotation ${found}`
}

/** What was found before: the same is asked for every Service. */
const known = new WeakMap<Surroundings, Map<string, string | undefined>>()

function once(surroundings: Surroundings, key: string, find: () => string | undefined): string | undefined {
  const found = known.get(surroundings) ?? new Map<string, string | undefined>()
  known.set(surroundings, found)
  if (!found.has(key)) found.set(key, find())
  return found.get(key)
}

/** A node's providerID with one of these schemes. */
export function hasProviderId(surroundings: Surroundings, schemes: readonly string[]): string | undefined {
  return once(surroundings, `provider ${schemes.join(' ')}`, () => findProviderId(surroundings, schemes))
}

function findProviderId({ nodes }: Surroundings, schemes: readonly string[]): string | undefined {
  for (const { name, source } of nodes) {
    const id = source?.object.spec?.providerID
    if (id && schemes.some((scheme) => id.startsWith(`${scheme}://`)))
      return `providerID ${id} of node ${name}`
  }
  return undefined
}

/** The `type` that the Environment's loadBalancerController has, if it is one of these. */
export function hasController({ environment }: Surroundings, types: readonly string[]): string | undefined {
  const type = environment.loadBalancerController?.['type']
  return typeof type === 'string' && types.includes(type.toLowerCase())
    ? `loadBalancerController.type ${type} of the Environment`
    : undefined
}

/** A field of the Environment's loadBalancerController, as text. */
export function controllerField({ environment }: Surroundings, field: string): string | undefined {
  const value = environment.loadBalancerController?.[field]
  return typeof value === 'string' ? value : undefined
}

/** A workload or pod of the input that runs an image whose name has this in it. */
export function hasImage(surroundings: Surroundings, part: string): string | undefined {
  return once(surroundings, `image ${part}`, () => findImage(surroundings, part))
}

function findImage({ objects }: Surroundings, part: string): string | undefined {
  const templates = [...objects.DaemonSet, ...objects.Deployment].map(({ object, ref }) => ({
    ref,
    containers: object.spec.template?.spec?.containers ?? [],
  }))
  const pods = objects.Pod.map(({ object, ref }) => ({ ref, containers: object.spec.containers ?? [] }))
  const found = [...templates, ...pods].find(({ containers }) =>
    containers.some(({ image = '' }) => image.includes(part)),
  )
  return found && `${found.ref.kind} ${found.ref.namespace}/${found.ref.name}`
}

/** A DaemonSet or pod of k3s's ServiceLB in the input. */
export function hasServiceLbPods(surroundings: Surroundings): string | undefined {
  return once(surroundings, 'svclb', () => {
    const { DaemonSet, Pod } = surroundings.objects
    const found =
      DaemonSet.find(({ ref }) => isServiceLbPod(ref)) ?? Pod.find(({ ref }) => isServiceLbPod(ref))
    return found && `${found.ref.kind} ${found.ref.namespace}/${found.ref.name}`
  })
}
