import type { ObjectRef } from '../../base/source.ts'
import type { Ingress, IngressBackend } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'

/** One path of a rule of an Ingress, and where it stands. */
export interface RulePath {
  readonly ingress: Located<Ingress>
  /** The index of its rule. */
  readonly rule: number
  /** Empty for any. */
  readonly host: string
  /** As written; empty if left out. */
  readonly path: string
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific'
  readonly backend: IngressBackend
  /** The Ingress at the line of the path. */
  readonly object: ObjectRef
  /** `Ingress shop/web, rule 1, path 2`. */
  readonly name: string
  /** `Prefix /foo`. */
  readonly text: string
}

/** Every path of an Ingress in the order of the text. */
export function pathsOf(ingress: Located<Ingress>): readonly RulePath[] {
  return (ingress.object.spec?.rules ?? []).flatMap((rule, ruleIndex) =>
    (rule.http?.paths ?? []).map((one, index): RulePath => {
      const { path = '', backend = {} } = one
      const pathType = pathTypeOf(one.pathType)
      const at = ingress.locate(['spec', 'rules', ruleIndex, 'http', 'paths', index, 'path'])
      return {
        ingress,
        rule: ruleIndex,
        host: rule.host ?? '',
        path,
        pathType,
        backend,
        object: { ...ingress.ref, at },
        name: `${nameOf(ingress)}, rule ${ruleIndex + 1}, path ${index + 1}`,
        text: `${pathType} ${path}`.trim(),
      }
    }),
  )
}

/** `Ingress shop/web`. */
export function nameOf({ ref }: Located<unknown>): string {
  return `${ref.kind} ${ref.namespace ?? 'default'}/${ref.name}`
}

/** The hosts that an Ingress has rules for; `*` for any. */
export function hostsOf({ object }: Located<Ingress>): readonly string[] {
  const hosts = (object.spec?.rules ?? []).map(({ host = '' }) => (host === '' ? '*' : host))
  return [...new Set(object.spec?.defaultBackend ? [...hosts, '*'] : hosts)]
}

export function namespaceOf({ ref }: Located<unknown>): string {
  return ref.namespace ?? 'default'
}

/** The Ingress at the line of one of its annotations. */
export function annotationRef(ingress: Located<Ingress>, annotation: string): ObjectRef {
  return { ...ingress.ref, at: ingress.locate(['metadata', 'annotations', annotation]) }
}

function pathTypeOf(text: string | undefined): RulePath['pathType'] {
  return text === 'Exact' || text === 'Prefix' ? text : 'ImplementationSpecific'
}
