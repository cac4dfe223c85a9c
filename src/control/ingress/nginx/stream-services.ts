import type { ProxyListener, StreamRoute } from '../../../http/proxy.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { ConfigMap, Located } from '../../../model/objects.ts'
import { nameOf } from '../rules.ts'
import type { BackendRequest } from '../service-backend.ts'
import type { NginxSettings } from './settings.ts'
import { isAlive, upstreamBackend, upstreamName } from './upstreams.ts'

/** The ports that the ConfigMaps of TCP and UDP services open. Mirrors getStreamServices. */
export function streamListeners(cluster: Cluster, settings: NginxSettings): readonly ProxyListener[] {
  const { tcpServices, udpServices } = settings
  return [
    ...listenersOf(cluster, tcpServices, 'tcp', settings),
    ...listenersOf(cluster, udpServices, 'udp', settings),
  ]
}

function listenersOf(
  cluster: Cluster,
  name: string | undefined,
  protocol: 'tcp' | 'udp',
  settings: NginxSettings,
): readonly ProxyListener[] {
  const found = cluster.configMaps.find(({ ref }) => `${ref.namespace}/${ref.name}` === name)
  return Object.entries(found?.object.data ?? {}).flatMap(([port, value]) => {
    const listener = found && listenerOf(cluster, found, { port, value, protocol }, settings)
    return listener ? [listener] : []
  })
}

interface Entry {
  readonly port: string
  /** `namespace/service:port[:PROXY[:PROXY]]`. */
  readonly value: string
  readonly protocol: 'tcp' | 'udp'
}

/** A Service without endpoints opens no port. */
function listenerOf(
  cluster: Cluster,
  configMap: Located<ConfigMap>,
  { port, value, protocol }: Entry,
  settings: NginxSettings,
): ProxyListener | undefined {
  const parts = /^([^/:]+)\/([^/:]+):([^:]+)(?::(PROXY)?)?(?::(PROXY)?)?$/i.exec(value.trim())
  const number = Number(port)
  if (!parts || !Number.isInteger(number)) return undefined
  const [, namespace = '', name = '', servicePort = '', decodes] = parts
  const by = { ...configMap.ref, at: configMap.locate(['data', port]) }
  const asked = /^\d+$/.test(servicePort) ? { number: Number(servicePort) } : { name: servicePort }
  const request: BackendRequest = { namespace, name, port: asked, protocol, by }
  const backend = upstreamBackend(cluster, request, false, settings)
  if (!isAlive({ name: upstreamName(request), request, backend })) return undefined
  const stream: StreamRoute = {
    name: `${nameOf(configMap)}, port ${port}`,
    action: { type: 'forward', backends: [{ weight: 1, backend }] },
    object: by,
  }
  return {
    port: number,
    protocol,
    proxyProtocol: protocol === 'tcp' && decodes !== undefined,
    certificates: [],
    passthrough: [],
    stream,
    hosts: [],
    fallback: {
      type: 'respond',
      status: 404,
      code: 'no-route',
      reason: 'a stream has no routes',
      objects: [],
    },
    checksMisdirected: false,
  }
}
