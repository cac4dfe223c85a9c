import { nearest } from '../../base/nearest.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { ClassDecision, IngressContext } from './profile.ts'

/** The old way to name an Ingress's class. */
export const classAnnotation = 'kubernetes.io/ingress.class'

/** How a controller chooses its Ingresses. */
export interface ClassRule {
  /** `spec.controller` that its IngressClasses have. */
  readonly controllers: readonly string[]
  /** The values of the annotation that it takes. */
  readonly annotations: readonly string[]
  /** Whether it takes those that name no class. */
  readonly takesClassless: boolean
  /** Which of the two counts, if both are there. */
  readonly first: 'field' | 'annotation'
  /** What to write to be taken: the name of a class. */
  readonly suggestion: string
}

/** Whether a controller takes an Ingress by its class. */
export function decideClass(
  ingress: Located<Ingress>,
  rule: ClassRule,
  context: IngressContext,
): ClassDecision {
  const field = ingress.object.spec?.ingressClassName
  const annotation = ingress.object.metadata.annotations?.[classAnnotation]
  const byAnnotation = annotation === undefined ? undefined : decideAnnotation(annotation, rule)
  const byField = field === undefined ? undefined : decideField(field, rule, context)
  const decided = rule.first === 'field' ? (byField ?? byAnnotation) : (byAnnotation ?? byField)
  if (decided) return decided
  if (rule.takesClassless) return { taken: true, because: 'it names no class, and those are taken' }
  return {
    taken: false,
    code: 'class-not-named',
    reason: 'it names no class, and there is no default one',
    fix: `add ingressClassName: ${ownClass(rule, context)} to its spec`,
  }
}

function decideField(name: string, rule: ClassRule, { cluster }: IngressContext): ClassDecision {
  const found = cluster.ingressClasses.find(({ ref }) => ref.name === name)
  if (!found) {
    const near = nearest(
      name,
      cluster.ingressClasses.map(({ ref }) => ref.name),
    )
    return {
      taken: false,
      code: 'class-missing',
      reason: `there is no IngressClass ${name}`,
      fix: near === undefined ? `create the IngressClass ${name}` : `write ingressClassName: ${near}`,
    }
  }
  const controller = found.object.spec?.controller ?? ''
  if (rule.controllers.includes(controller)) return { taken: true, because: `IngressClass ${name}` }
  return {
    taken: false,
    code: 'class-differs',
    reason: `its IngressClass ${name} belongs to ${controller}`,
    fix: `name a class of ${rule.controllers[0] ?? rule.suggestion}`,
  }
}

function decideAnnotation(value: string, rule: ClassRule): ClassDecision {
  if (rule.annotations.includes(value))
    return { taken: true, because: `annotation ${classAnnotation}: ${value}` }
  return {
    taken: false,
    code: 'annotation-differs',
    reason: `its annotation ${classAnnotation} says "${value}", not ${rule.annotations.map((one) => `"${one}"`).join(' or ')}`,
    fix: `write "${rule.annotations[0] ?? rule.suggestion}", or name a class in spec.ingressClassName`,
  }
}

/** A class of the controller's own that is there, or what it is mostly called. */
function ownClass({ controllers, suggestion }: ClassRule, { cluster }: IngressContext): string {
  const own = cluster.ingressClasses.find(({ object }) => controllers.includes(object.spec?.controller ?? ''))
  return own?.ref.name ?? suggestion
}
