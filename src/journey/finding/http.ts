import { formatIp } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import type { ObjectRef } from '../../base/source.ts'
import { formatRef } from '../../base/source.ts'
import { hostMatches, hostName, hostPattern } from '../../http/host-match.ts'
import type { IgnoredObject } from '../../http/proxy.ts'
import type { Finding, HttpAnswer } from '../../model/journey.ts'
import type { ProxyRefusal } from '../result.ts'
import type { World } from '../world.ts'
import { endpointCause } from './endpoints.ts'
import type { Failure, FindCause } from './failure.ts'
import { finding, inService, listNames } from './failure.ts'

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
      return [ignoredFor(refusal) ?? noRoute(refusal, http)]
    case 'service-missing':
      return [serviceMissing(world, refusal)]
    case 'port-missing':
      return [portMissing(world, refusal)]
    case 'no-ready-endpoints':
      return withoutEndpoints(world, refusal)
    case 'source-refused':
      return [sourceRefused(failure, refusal)]
    default:
      return [
        finding('proxy-refuses', `${refusal.proxy.label} answers ${http.status}: ${refusal.text}`, {
          objects: refusal.objects,
          fix: refusal.fix ?? 'change what the objects say',
        }),
      ]
  }
}

/** An object that the proxy does not take, and that would have served the host. */
function ignoredFor({ proxy, host }: ProxyRefusal): Finding | undefined {
  const name = hostName(host)
  const fits = ({ hosts }: IgnoredObject) =>
    hosts.some((one) => hostMatches(hostPattern(one, 'any-depth'), name))
  const ignored = proxy.ignored.find(fits)
  if (!ignored) return undefined
  const { object, reason, fix } = ignored
  return finding('route-not-taken', `${proxy.label} does not take ${formatRef(object)}: ${reason}`, {
    objects: [object],
    fix: fix ?? 'make it one of those that the proxy takes',
  })
}

/** No rule fits; the ones that nearly do are named. */
function noRoute({ proxy, host, objects }: ProxyRefusal, { nearMisses = [] }: HttpAnswer): Finding {
  const [near] = nearMisses
  if (near) {
    return finding(
      'no-route-matches',
      `no rule of ${proxy.label} fits; ${near.text} nearly does, but ${near.why}`,
      { objects: [near.object], fix: 'ask for what the rule says, or change the rule' },
    )
  }
  const hosts = [
    ...new Set(proxy.listeners.flatMap((one) => one.hosts).flatMap(({ pattern }) => nameOf(pattern))),
  ]
  const name = hostName(host)
  if (hosts.includes(name)) {
    return finding('no-route-matches', `${proxy.label} serves ${name}, but no path of its rules fits`, {
      objects,
      fix: 'ask for a path that a rule has, or add a rule for this one',
    })
  }
  const close = nearest(name, hosts)
  const known = hosts.length === 0 ? 'it has no rules' : `it serves ${listNames(hosts.toSorted())}`
  return finding(
    'no-route-matches',
    `no rule of ${proxy.label} is for ${name}: ${close === undefined ? known : `did you mean ${close}?`}`,
    { objects, fix: 'ask for a host that it serves, or add a rule for this one' },
  )
}

function nameOf(pattern: Parameters<typeof hostMatches>[0]): readonly string[] {
  if (pattern.type === 'exact') return [pattern.name]
  return pattern.type === 'one-label' || pattern.type === 'any-depth' ? [`*.${pattern.suffix}`] : []
}

const asService = (objects: readonly ObjectRef[]) => objects.find(({ kind }) => kind === 'Service')

/** `shop/web:80` as its parts. */
function backendParts(text: string | undefined) {
  const found = /^([^/]+)\/([^:]+)(?::(.+))?$/.exec(text ?? '')
  return { namespace: found?.[1] ?? '', name: found?.[2] ?? '', port: found?.[3] }
}

function serviceMissing(world: World, { objects, text, fix, backend }: ProxyRefusal): Finding {
  const { namespace, name } = backendParts(backend)
  const elsewhere = [...world.services.values()].find((one) => one.name === name)
  const own = [...world.services.values()].filter((one) => one.namespace === namespace)
  const close = nearest(
    name,
    own.map((one) => one.name),
  )
  const hint = elsewhere
    ? `; there is one in namespace ${elsewhere.namespace}, and backends are looked for in the rule's own`
    : close === undefined
      ? ''
      : `; there is one called ${close}`
  return finding('backend-service-missing', `${text}${hint}`, {
    objects: [...objects, elsewhere?.ref],
    fix: elsewhere
      ? `put the rule into namespace ${elsewhere.namespace}, where Service ${name} is`
      : close === undefined
        ? (fix ?? 'create the Service, or name one that there is')
        : `write ${close}`,
  })
}

function portMissing(world: World, { objects, text, fix, backend }: ProxyRefusal): Finding {
  const { namespace, name } = backendParts(backend)
  const service = world.services.get(`${namespace}/${name}`)
  const ports =
    service?.ports.map((one) => (one.name === '' ? `${one.port}` : `${one.name} (${one.port})`)) ?? []
  const has = ports.length === 0 ? '' : `; it has ${ports.join(', ')}`
  return finding('backend-port-missing', `${text}${has}`, {
    objects: [...objects, service && inService(service, 'spec', 'ports')],
    fix: fix ?? "name a port of the Service, not of its pods' containers",
  })
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

function sourceRefused(failure: Failure, { proxy, objects, text }: ProxyRefusal): Finding {
  const seen = failure.outcome.seenSource
  const node = seen && failure.world.nodesByIp.get(seen.ip)
  const because = node
    ? `: it sees ${formatIp(seen.ip)}, the address of node ${node.name}, and not the client's`
    : seen
      ? `: it sees ${formatIp(seen.ip)}`
      : ''
  return finding('client-not-allowed', `${text}${because}`, {
    objects,
    fix: node
      ? `set externalTrafficPolicy: Local on the Service of ${proxy.label}, which keeps the client's address`
      : 'add the address to the blocks that are allowed',
  })
}

function wrongCertificate({ world, addressed }: Failure, http: HttpAnswer): readonly Finding[] {
  const { host } = addressed
  const ingress = world.cluster.ingresses.find(({ object }) =>
    (object.spec?.rules ?? []).some((rule) => hostMatches(hostPattern(rule.host ?? '', 'one-label'), host)),
  )
  const label = http.certificate?.label ?? 'the default one'
  if (!ingress) {
    return [
      finding('certificate-for-other-name', `the certificate that is shown for ${host} is ${label}`, {
        objects: [http.route?.object],
        fix: `give the proxy a certificate for ${host}`,
      }),
    ]
  }
  const tls = ingress.object.spec?.tls ?? []
  const index = tls.findIndex(({ hosts = [] }) => hosts.length === 0 || hosts.includes(host))
  const secretName = tls[index]?.secretName
  const at = index < 0 ? ['spec', 'tls'] : ['spec', 'tls', index]
  const place: ObjectRef = { ...ingress.ref, at: ingress.locate(at) }
  if (index < 0 || secretName === undefined) {
    return [
      finding(
        'certificate-for-other-name',
        `Ingress ${ingress.ref.name} has no TLS entry for ${host}: ${label} is shown`,
        {
          objects: [place],
          fix: `add ${host} to spec.tls, with a Secret that holds a certificate for it`,
        },
      ),
    ]
  }
  return [
    secretCause(world, { secretName, host, label, place, namespace: ingress.ref.namespace ?? 'default' }),
  ]
}

function secretCause(
  world: World,
  asked: {
    readonly secretName: string
    readonly host: string
    readonly label: string
    readonly place: ObjectRef
    readonly namespace: string
  },
): Finding {
  const { secretName, host, label, place, namespace } = asked
  const { secrets } = world.cluster
  const own = secrets.find((one) => one.namespace === namespace && one.name === secretName)
  if (own) {
    const names = own.names === 'unknown' ? 'names that are not known' : listNames(own.names)
    return finding(
      'certificate-for-other-name',
      `the certificate in Secret ${secretName} is for ${names || 'no name'}, not for ${host}: ${label} is shown`,
      { objects: [own.ref, place], fix: `put a certificate for ${host} into the Secret` },
    )
  }
  const elsewhere = secrets.find((one) => one.name === secretName)
  const where = elsewhere ? `; there is one in namespace ${elsewhere.namespace}, which does not count` : ''
  return finding(
    'tls-secret-missing',
    `namespace ${namespace} has no Secret ${secretName}${where}: ${label} is shown for ${host}`,
    { objects: [place, elsewhere?.ref], fix: `create Secret ${secretName} in namespace ${namespace}` },
  )
}

function applicationError({ addressed, world }: Failure, http: HttpAnswer): Finding {
  const { received, status, reason, route, backend } = http
  const host = received?.host ?? addressed.host
  if (reason?.startsWith('it does not serve')) {
    const [name, namespace] = hostName(host).split('.')
    const service = [...world.services.values()].find(
      (one) =>
        one.name === name &&
        one.type === 'ExternalName' &&
        (namespace === undefined || one.namespace === namespace),
    )
    return finding('host-not-served', `the server is asked for ${hostName(host)}, which it does not serve`, {
      objects: [service && inService(service, 'spec', 'externalName'), route?.object],
      fix: service
        ? `an ExternalName changes no Host header: ask for ${service.externalName}, or send that as the Host`
        : 'send the Host that the server serves',
    })
  }
  const to = backend === undefined ? '' : ` of ${backend}`
  return finding(
    'application-error',
    `the application${to} answers ${status} to ${received?.method ?? 'GET'} ${received?.path ?? 'what it is asked'}`,
    {
      objects: [route?.object],
      fix: received
        ? 'compare the path that it is asked for with what it serves: a rewrite changes it'
        : 'ask for what it serves',
    },
  )
}
