import type { Environment, ListenerEntry } from '../../model/environment.ts'
import type { Completion } from './completion.ts'
import type { EnvironmentPath } from './environment-place.ts'
import { tellOfEnvironment } from './environment-place.ts'

/** What the Environment says of web servers and certificates, and cannot be. */
export function checkEnvironmentHttp(completion: Completion, environment: Environment): void {
  const { listeners, nodes = {}, externalHosts = [], httpApps = [], certificates = [] } = environment
  checkIngressControllers(completion, environment)
  checkListeners(completion, ['listeners'], listeners)
  for (const [node, one] of Object.entries(nodes)) {
    checkListeners(completion, ['nodes', node, 'listeners'], one.listeners)
  }
  for (const [index, host] of externalHosts.entries()) {
    checkListeners(completion, ['externalHosts', index, 'listeners'], host.listeners)
  }
  for (const [index, { pod, port, routes, otherwise }] of httpApps.entries()) {
    const path = ['httpApps', index]
    if (pod === undefined) {
      const fix = 'write pod: namespace/name'
      tellOfEnvironment(completion, 'unknown-reference', path, 'says of no pod', { fix })
    }
    if (port !== undefined && (port < 1 || port > 65535)) {
      const fix = 'write a number from 1 to 65535'
      tellOfEnvironment(completion, 'invalid-setting', [...path, 'port'], `is ${port}, which is no port`, {
        fix,
      })
    }
    checkRoutes(completion, path, routes)
    checkStatus(completion, [...path, 'otherwise'], otherwise)
  }
  for (const [index, { secret }] of certificates.entries()) {
    if (secret !== undefined && /^[^/]+\/[^/]+$/.test(secret)) continue
    const path = ['certificates', index, ...(secret === undefined ? [] : ['secret'])]
    const fix = 'write secret: namespace/name'
    tellOfEnvironment(completion, 'unknown-reference', path, 'says of no Secret', { fix })
  }
}

/** Controllers that are pods are known by them; an entry for another one says nothing. */
function checkIngressControllers(completion: Completion, { ingressControllers = [] }: Environment): void {
  for (const [index, { type }] of ingressControllers.entries()) {
    if (type === 'gce' || type === 'alb') continue
    const path = ['ingressControllers', index, ...(type === undefined ? [] : ['type'])]
    const what = type === undefined ? 'has no type' : `is "${type}"`
    tellOfEnvironment(completion, 'field-not-modelled', path, `${what}: it has no effect`, {
      fix: 'write gce or alb; other controllers are known by their pods',
    })
  }
}

function checkListeners(
  completion: Completion,
  path: EnvironmentPath,
  listeners: readonly ListenerEntry[] | undefined,
): void {
  for (const [index, { http }] of (listeners ?? []).entries()) {
    const own = [...path, index, 'http']
    checkRoutes(completion, own, http?.routes)
    checkStatus(completion, [...own, 'otherwise'], http?.otherwise)
    checkStatus(completion, [...own, 'otherHosts'], http?.otherHosts)
  }
}

function checkRoutes(
  completion: Completion,
  path: EnvironmentPath,
  routes: Readonly<Record<string, number>> | undefined,
): void {
  for (const [route, status] of Object.entries(routes ?? {})) {
    const place = [...path, 'routes', route]
    checkStatus(completion, place, status)
    if (route.startsWith('/')) continue
    const fix = `write /${route}`
    tellOfEnvironment(completion, 'invalid-setting', place, 'is no path: paths begin with a slash', { fix })
  }
}

/** Status codes have three digits, and their classes are 1 to 5 (RFC 9110 section 15). */
function checkStatus(completion: Completion, path: EnvironmentPath, status: number | undefined): void {
  if (status === undefined || (status >= 100 && status <= 599)) return
  tellOfEnvironment(completion, 'invalid-setting', path, `is ${status}, which is no HTTP status`, {
    fix: 'write a number from 100 to 599',
  })
}
