import { formatIp } from '../base/ip.ts'
import { protocolName } from '../base/packet.ts'
import type { Endpoint, Party } from './endpoint.ts'
import type { Path, PortMatch } from './policy.ts'

/** An endpoint as messages name it: `pod shop/web-0`, `node worker2`. */
export function endpointName({ type, ref }: Endpoint): string {
  if (type === 'pod') return `pod ${ref.namespace}/${ref.name}`
  return `${type === 'node' ? 'node' : 'host endpoint'} ${ref.name}`
}

/** An end of a packet as messages name it: the endpoint, or the address that nobody known has. */
export function partyName({ ip, endpoint }: Party): string {
  return endpoint ? endpointName(endpoint) : formatIp(ip)
}

/** A protocol as policies spell it: `TCP`. */
export function protocolWord(protocol: number): string {
  return protocolName(protocol).toUpperCase()
}

/** A port as messages name it: `TCP 80`, `UDP 8000-8010`, `any TCP port`. */
export function portWords({ protocol, port, endPort }: PortMatch): string {
  const name = protocol === undefined ? 'port' : protocolWord(protocol)
  if (port === undefined) return protocol === undefined ? 'any port' : `any ${name} port`
  return endPort === undefined ? `${name} ${port}` : `${name} ${port}-${endPort}`
}

/** A place within an object as kubectl explain and error messages write it: `spec.egress[1].ports`. */
export function pathWords(path: Path): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '')
}
