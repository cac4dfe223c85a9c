import type { Ip } from '../../base/ip.ts'
import { formatIp } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import type { ObjectRef } from '../../base/source.ts'
import { hostName } from '../../http/host-match.ts'
import type { Finding, HttpAnswer } from '../../model/journey.ts'
import { passedBalancer } from '../passed-balancer.ts'
import type { ProxyRefusal } from '../result.ts'
import { redirectLoop } from '../result.ts'
import type { World } from '../world.ts'
import { externalName } from './endpoint-name.ts'
import { endpointCause } from './endpoints.ts'
import type { Failure, FindCause } from './failure.ts'
import { finding, inPod, inService, listNames } from './failure.ts'
import { wrongCertificate } from './http-certificate.ts'
import { backendPlace } from './http-places.ts'
import { findNoRoute } from './http-route.ts'
import { redirectsToItself } from './redirect-loop.ts'

/** A proxy or an application answered with an error, or TLS failed; where its own connection failed, others know why. */
export const findHttp: FindCause = (failure) => {
  const { http, refusal, ending, outcome } = failure
  if (!http) return []
  if (ending?.disposition === 'tls-wrong-cert') return wrongCertificate(failure, http)
  if (outcome.disposition !== 'reached') return []
  if (refusal) return refused(failure, refusal, http)
  if (http.by === 'application' && (http.status ?? 0) >= 400) return [applicationError(failure, http)]
  return []
}

function refused(failure: Failure, refusal: ProxyRefusal, http: HttpAnswer): readonly Finding[] {
  const { world } = failure
  switch (refusal.code) {
    case 'no-route':
      return [findNoRoute(world, refusal)]
    case 'service-missing':
      return [serviceMissing(world, refusal)]
    case 'port-missing':
      return [portMissing(world, refusal)]
    case 'no-ready-endpoints':
      return withoutEndpoints(world, refusal)
    case 'external-name-unknown':
      return [externalBackend(world, refusal)]
    case 'source-refused':
      return [sourceRefused(failure, refusal)]
    case redirectLoop:
      return [redirectsToItself(failure, refusal)]
    // What both ends say of the PROXY protocol is told with their objects.
    case 'proxy-header-unexpected':
      return []
    default:
      return [
        finding('proxy-refuses', `${refusal.proxy.label} answers ${http.status}: ${refusal.text}`, {
          objects: refusal.objects,
          fix: refusal.fix ?? 'change what the objects say',
        }),
      ]
  }
}

/** The backend is an ExternalName Service whose target the proxy does not find. */
function externalBackend(world: World, { objects, text }: ProxyRefusal): Finding {
  const [ref] = objects
  const service = world.services.get(`${ref?.namespace}/${ref?.name}`)
  if (service?.type === 'ExternalName') return externalName(world, service)
  return finding('external-name-unknown', text, { objects, fix: 'name a host that exists' })
}

const asService = (objects: readonly ObjectRef[]) => objects.find(({ kind }) => kind === 'Service')

/** `shop/web:80` as its parts. */
function backendParts(text: string | undefined) {
  const found = /^([^/]+)\/([^:]+)(?::(.+))?$/.exec(text ?? '')
  return { namespace: found?.[1] ?? '', name: found?.[2] ?? '', port: found?.[3] }
}

function serviceMissing(world: World, { objects, text, backend }: ProxyRefusal): Finding {
  const { namespace, name } = backendParts(backend)
  const [rule] = objects
  const elsewhere = [...world.services.values()].find((one) => one.name === name)
  const own = [...world.services.values()].filter((one) => one.namespace === namespace)
  const close = nearest(
    name,
    own.map((one) => one.name),
  )
  const near = own.find((one) => one.name === close)
  const details = (fix: string, other?: ObjectRef) => ({
    objects: [rule && backendPlace(world, rule, 'name'), other],
    fix,
  })
  if (elsewhere) {
    const there = `namespace ${elsewhere.namespace}`
    const fix =
      rule?.kind === 'Ingress'
        ? `put the Ingress into ${there}: its backends are of its own namespace`
        : `write namespace: ${elsewhere.namespace} in the backendRef, and allow it there by a ReferenceGrant`
    return finding(
      'backend-service-missing',
      `${text}; there is one in ${there}`,
      details(fix, elsewhere.ref),
    )
  }
  if (near) {
    const called = `${text}; there is one called ${near.name}`
    return finding('backend-service-missing', called, details(`write ${near.name}`, near.ref))
  }
  return finding('backend-service-missing', text, details('create the Service, or name one that there is'))
}

function portMissing(world: World, { objects, text, fix, backend }: ProxyRefusal): Finding {
  const { namespace, name, port = '' } = backendParts(backend)
  const [rule] = objects
  const service = world.services.get(`${namespace}/${name}`)
  const ports = service?.ports ?? []
  const names = ports.map((one) => (one.name === '' ? `${one.port}` : `${one.name} (${one.port})`))
  const close = nearest(
    port,
    ports.map((one) => one.name).filter((one) => one !== ''),
  )
  const [only, ...others] = ports
  const suggested =
    close !== undefined
      ? `write name: ${close}`
      : only && others.length === 0
        ? `write number: ${only.port}`
        : 'write one of these'
  const isPodPort = ports.some(({ targetPort }) => String(targetPort) === port)
  return finding(
    'backend-port-missing',
    `${text}; it has ${names.length === 0 ? 'none' : listNames(names)}`,
    {
      objects: [rule && backendPlace(world, rule, 'port'), service && inService(service, 'spec', 'ports')],
      fix: isPodPort && fix !== undefined ? fix : suggested,
    },
  )
}

/** The Service has nobody to send to: what is wrong with its pods. */
function withoutEndpoints(world: World, { backend, objects, text, fix }: ProxyRefusal): readonly Finding[] {
  const { namespace, name, port } = backendParts(backend)
  const ref = asService(objects)
  const service =
    world.services.get(`${namespace}/${name}`) ?? world.services.get(`${ref?.namespace}/${ref?.name}`)
  if (!service) return [finding('proxy-refuses', text, { objects, ...(fix !== undefined && { fix }) })]
  const wanted = service.ports.find((one) => one.name === port || String(one.port) === port)
  return endpointCause(world, service, { port: wanted, family: service.families[0] ?? 4 })
}

function sourceRefused(failure: Failure, { proxy, objects, text, client }: ProxyRefusal): Finding {
  const seen = client ?? failure.outcome.seenSource?.ip
  if (seen === undefined) return finding('client-not-allowed', text, { objects, fix: allowIt })
  const sees = `${text}: what ${proxy.label} sees is ${formatIp(seen)}`
  const node = nodeWith(failure.world, seen)
  const service = failure.asked?.service
  if (node) {
    return finding('client-not-allowed', `${sees}, the address of node ${node.name}, and not the client's`, {
      objects: [...objects, service && inService(service, 'spec', 'externalTrafficPolicy')],
      fix: `set externalTrafficPolicy: Local on the Service of ${proxy.label}, which keeps the client's address`,
    })
  }
  const passed = passedBalancer(failure.world, failure.outcome)
  if (!passed || passed.client === seen) return finding('client-not-allowed', sees, { objects, fix: allowIt })
  return finding('client-not-allowed', `${sees}, the address of its load balancer, and not the client's`, {
    objects: [...objects, inService(passed.service, 'metadata', 'annotations')],
    fix: 'let the load balancer and the controller speak the PROXY protocol, or use one that keeps the address',
  })
}

const allowIt = 'add the address to the blocks that are allowed'

/** The node that has the address, on whichever of its devices: what masquerades takes that of the way out. */
function nodeWith({ nodes, nodesByIp, compiled }: World, ip: Ip) {
  const known = nodesByIp.get(ip)
  if (known) return known
  return [...nodes.values()].find(({ name }) =>
    compiled.network.namespaces
      .get(`node/${name}`)
      ?.devices.some(({ addresses }) => addresses.some((one) => one.ip === ip)),
  )
}

function applicationError(failure: Failure, http: HttpAnswer): Finding {
  const { addressed, world, outcome } = failure
  const { received, status, reason, route, backend } = http
  const host = received?.host ?? addressed.host
  if (reason?.startsWith('it does not serve')) return hostNotServed(world, hostName(host), route?.object)
  const owner = outcome.destination?.listener?.owner
  const pod = owner?.kind === 'Pod' ? world.pods.get(`${owner.namespace}/${owner.name}`) : undefined
  const of = pod ? ` in pod ${pod.name}` : backend === undefined ? '' : ` of ${backend}`
  return finding(
    'application-error',
    `the application${of} answers ${status} to ${received?.method ?? 'GET'} ${received?.path ?? '/'}`,
    {
      objects: [route?.object, pod && inPod(pod)],
      fix: route
        ? 'compare the path that it is asked for with what it serves: a rewrite changes it'
        : 'ask for what it serves',
    },
  )
}

function hostNotServed(world: World, host: string, rule: ObjectRef | undefined): Finding {
  const [name, namespace] = host.split('.')
  const service = [...world.services.values()].find(
    (one) =>
      one.name === name &&
      one.type === 'ExternalName' &&
      (namespace === undefined || one.namespace === namespace),
  )
  return finding('host-not-served', `the server is asked for ${host}, which it does not serve`, {
    objects: [service && inService(service, 'spec', 'externalName'), rule],
    fix: service
      ? `an ExternalName changes no Host header: ask for ${service.externalName}, or send that as the Host`
      : 'send the Host that the server serves',
  })
}
