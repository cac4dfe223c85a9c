import type { Report } from '../../base/diagnostic.ts'
import type { IngressClass } from '../../model/ingress-objects.ts'

import type { Examined, KindModule } from './kind.ts'
import { demand, isDnsName, refuse } from './kind.ts'

/** Mirrors ValidateIngressClass of pkg/apis/networking/validation. */
export const ingressClass: KindModule<IngressClass> = {
  apiVersions: ['networking.k8s.io/v1', 'networking.k8s.io/v1beta1'],
  schema: 'IngressClass',
  namespaced: false,
  names: 'dns-name',
  validate: (located, report) => {
    const { controller } = located.object.spec ?? {}
    const path = ['spec', 'controller']
    if (!controller) demand(located, report, path, 'name the controller, as k8s.io/ingress-nginx')
    else if (controller.length > 250) refuse(located, report, path, 'the controller has over 250 characters')
    else if (!isDomainPrefixedPath(controller)) {
      const message = `controller "${controller}" is not a domain with a path`
      refuse(located, report, path, message, 'write it as k8s.io/ingress-nginx')
    }
    checkParameters(located, report)
  },
}

function isDomainPrefixedPath(text: string): boolean {
  const slash = text.indexOf('/')
  const domain = text.slice(0, Math.max(slash, 0))
  return isDnsName(domain) && /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(text.slice(slash + 1))
}

function checkParameters(located: Examined<IngressClass>, report: Report): void {
  const { parameters } = located.object.spec ?? {}
  if (!parameters) return
  const at = (field: string) => ['spec', 'parameters', field]
  if (!parameters.kind) demand(located, report, at('kind'))
  if (!parameters.name) demand(located, report, at('name'))
  const { scope } = parameters
  if (scope !== undefined && scope !== 'Cluster' && scope !== 'Namespace') {
    refuse(located, report, at('scope'), `scope "${scope}" is neither Cluster nor Namespace`)
  }
  if (scope === 'Namespace' && !parameters.namespace) demand(located, report, at('namespace'))
  if (scope === 'Cluster' && parameters.namespace) {
    refuse(located, report, at('namespace'), 'parameters of the scope Cluster are in no namespace')
  }
}
