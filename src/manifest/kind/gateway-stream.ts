import type { StreamRouteObject, StreamRouteRule } from '../../model/gateway-objects.ts'
import type { Spot } from './gateway-fields.ts'
import {
  checkBackend,
  checkHostnames,
  checkLength,
  checkParents,
  checkRuleNames,
  require,
  within,
} from './gateway-fields.ts'
import type { KindModule } from './kind.ts'

/** The rules of the CustomResourceDefinitions of TLSRoute, TCPRoute and UDPRoute. */
function streamRoute(schema: string, apiVersions: readonly string[]): KindModule<StreamRouteObject> {
  return {
    apiVersions,
    schema,
    namespaced: true,
    names: 'dns-name',
    needsSpec: true,
    validate: (located, report) => {
      const { parentRefs, rules = [] } = located.object.spec ?? {}
      const spot: Spot = { located, report, path: ['spec'] }
      checkParents(within(spot, 'parentRefs'), parentRefs)
      if (schema === 'TLSRoute') checkServerNames(within(spot, 'hostnames'), located.object)
      if (rules.length === 0) require(within(spot, 'rules'))
      checkLength(within(spot, 'rules'), rules, 1)
      checkRuleNames(within(spot, 'rules'), rules)
      for (const [index, rule] of rules.entries()) checkRule(within(spot, 'rules', index), rule)
    },
  }
}

/** They may be left out in the oldest version alone. */
function checkServerNames(spot: Spot, { apiVersion, spec }: StreamRouteObject): void {
  const { hostnames = [] } = spec ?? {}
  if (apiVersion !== `${group}/v1alpha2` && hostnames.length === 0) require(spot)
  checkHostnames(spot, hostnames, 1024)
}

function checkRule(spot: Spot, { backendRefs = [] }: StreamRouteRule): void {
  const at = within(spot, 'backendRefs')
  if (backendRefs.length === 0) require(at)
  checkLength(at, backendRefs, 16)
  for (const [index, backend] of backendRefs.entries()) checkBackend(within(at, index), backend)
}

const group = 'gateway.networking.k8s.io'

export const tlsRoute = streamRoute('TLSRoute', [`${group}/v1`, `${group}/v1alpha3`, `${group}/v1alpha2`])
export const tcpRoute = streamRoute('TCPRoute', [`${group}/v1`, `${group}/v1alpha2`])
export const udpRoute = streamRoute('UDPRoute', [`${group}/v1`, `${group}/v1alpha2`])
