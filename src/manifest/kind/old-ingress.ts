import type { Ingress, IngressBackend, IngressPath } from '../../model/ingress-objects.ts'

import type { Examined } from './kind.ts'

type Path = readonly (string | number)[]

/** A backend of `extensions/v1beta1` and `networking.k8s.io/v1beta1`. */
interface OldBackend {
  readonly serviceName?: string
  readonly servicePort?: number | string
  readonly resource?: NonNullable<IngressBackend['resource']>
}

interface OldSpec extends Omit<NonNullable<Ingress['spec']>, 'rules' | 'defaultBackend'> {
  readonly backend?: OldBackend
  readonly rules?: readonly {
    readonly host?: string
    readonly http?: { readonly paths?: readonly (Omit<IngressPath, 'backend'> & { backend?: OldBackend })[] }
  }[]
}

/**
 * Gives an Ingress of the old API the form of the current one; places stay those of the text. Mirrors
 * Convert_v1beta1_IngressBackend_To_networking_IngressBackend, and the default of pathType.
 */
export function fromOldApi(located: Examined<unknown>): Examined<Ingress> {
  const { spec: given, ...object } = located.object as Ingress & { readonly spec?: OldSpec }
  const { backend, rules, ...rest } = given ?? {}
  const spec: Ingress['spec'] = {
    ...rest,
    ...(backend && { defaultBackend: convertBackend(backend) }),
    ...(rules && {
      rules: rules.map(({ http, ...rule }) => ({
        ...rule,
        ...(http && {
          http: {
            ...(http.paths && {
              paths: http.paths.map(({ backend: to, ...path }) => ({
                ...path,
                pathType: path.pathType ?? 'ImplementationSpecific',
                ...(to && { backend: convertBackend(to) }),
              })),
            }),
          },
        }),
      })),
    }),
  }
  return {
    ...located,
    object: { ...object, ...(given && { spec }) },
    locate: (path) => located.locate(oldPath(path)),
    faulty: (path) => located.faulty(oldPath(path)),
  }
}

/** A number is a port's number, and any text a name: even "80". */
function convertBackend({ serviceName, servicePort, resource }: OldBackend): IngressBackend {
  const port = typeof servicePort === 'number' ? { number: servicePort } : { name: servicePort ?? '' }
  const named = serviceName !== undefined || servicePort !== undefined
  return {
    ...(named && {
      service: {
        ...(serviceName !== undefined && { name: serviceName }),
        ...(servicePort !== undefined && { port }),
      },
    }),
    ...(resource && { resource }),
  }
}

/** Where a field of the current API stands in the old one. */
function oldPath(path: Path): Path {
  const renamed =
    path[0] === 'spec' && path[1] === 'defaultBackend' ? ['spec', 'backend', ...path.slice(2)] : path
  const at = renamed.indexOf('service')
  if (at < 0 || renamed[at - 1] !== 'backend') return renamed
  const field = renamed[at + 1]
  if (field === undefined) return renamed.slice(0, at)
  return [...renamed.slice(0, at), field === 'name' ? 'serviceName' : 'servicePort']
}
