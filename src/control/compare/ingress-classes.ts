import type { Cluster } from '../../model/cluster.ts'
import type { Ingress, IngressClass } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import { classAnnotation } from '../ingress/class.ts'
import type { IngressProfileName } from '../ingress/profile.ts'
import { classOf, ingressProfiles } from '../ingress/registry.ts'

/** The Ingresses of a cluster that one controller is taken to serve, and a cluster of these alone. */
export interface ProfiledIngresses {
  readonly profile: IngressProfileName
  readonly cluster: Cluster
}

const names = Object.keys(ingressProfiles) as readonly IngressProfileName[]

/**
 * Which controller each Ingress is for: the one that is asked for, else by its IngressClass, else by the name of its
 * class, else ingress-nginx. Classes that the input leaves out are taken to be there.
 */
export function ingressesByProfile(
  cluster: Cluster,
  wanted: IngressProfileName | undefined,
): readonly ProfiledIngresses[] {
  const chosen = cluster.ingresses.map((ingress) => ({
    ingress,
    profile: wanted ?? profileOf(ingress, cluster.ingressClasses) ?? 'ingress-nginx',
  }))
  return names.flatMap((profile) => {
    const own = chosen.filter((one) => one.profile === profile)
    if (own.length === 0) return []
    const served = { ...cluster, ingresses: [], ingressClasses: [classFor(profile)] }
    const ingresses = own.map((one) => classed(one.ingress, profile, served))
    return [{ profile, cluster: { ...served, ingresses } }]
  })
}

/** Words in names of classes by which a controller is known, where no IngressClass says whose it is. */
const knownBy: readonly (readonly [word: string, profile: IngressProfileName])[] = [
  ['nginx', 'ingress-nginx'],
  ['traefik', 'traefik'],
  ['haproxy', 'haproxy-ingress'],
  ['gce', 'gce'],
  ['alb', 'alb'],
]

/** The controller that an Ingress is for; nothing, if neither its class nor its name tells. */
function profileOf(
  ingress: Located<Ingress>,
  classes: readonly Located<IngressClass>[],
): IngressProfileName | undefined {
  const name = classNameOf(ingress)
  // A class that no file holds was itself taken for one by its name.
  const stated = classes.find(({ ref }) => ref.name === name && ref.at !== undefined)
  const controller = stated?.object.spec?.controller ?? ''
  const byController = names.find((one) => ingressProfiles[one].controllers.includes(controller))
  const byName = names.find((one) => one === name)
  return byController ?? byName ?? knownBy.find(([word]) => name.includes(word))?.[1]
}

function classNameOf({ object }: Located<Ingress>): string {
  return object.spec?.ingressClassName ?? object.metadata.annotations?.[classAnnotation] ?? ''
}

/** The classes of which it is not known whose they are, so that their Ingresses are read as ingress-nginx does. */
export function unknownClasses({ ingresses, ingressClasses }: Cluster): readonly string[] {
  const unknown = ingresses.filter((one) => classNameOf(one) !== '' && !profileOf(one, ingressClasses))
  return [...new Set(unknown.map(classNameOf))]
}

const assumedClass = 'compared'

/**
 * The Ingress under a class that is certainly the controller's own: by the field, by the annotation, or by none at
 * all, whichever it takes.
 */
function classed(ingress: Located<Ingress>, profile: IngressProfileName, cluster: Cluster): Located<Ingress> {
  const variants = [
    withClass(ingress, assumedClass, undefined),
    withClass(ingress, undefined, profile),
    withClass(ingress, undefined, undefined),
  ]
  return variants.find((one) => classOf(profile, one, { cluster }).taken) ?? ingress
}

function withClass(
  { object, ...rest }: Located<Ingress>,
  field: string | undefined,
  annotation: string | undefined,
): Located<Ingress> {
  const { [classAnnotation]: _, ...others } = object.metadata.annotations ?? {}
  const { ingressClassName: __, ...spec } = object.spec ?? {}
  const annotations = annotation === undefined ? others : { ...others, [classAnnotation]: annotation }
  return {
    ...rest,
    object: {
      ...object,
      metadata: { ...object.metadata, annotations },
      spec: field === undefined ? spec : { ...spec, ingressClassName: field },
    },
  }
}

function classFor(profile: IngressProfileName): Located<IngressClass> {
  const ref = { kind: 'IngressClass', name: assumedClass }
  const [controller = ''] = ingressProfiles[profile].controllers
  return {
    ref,
    object: { metadata: { name: assumedClass }, spec: { controller } },
    locate: () => ({ file: '', line: 1, column: 1 }),
  }
}
