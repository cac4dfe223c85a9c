import type { Ip } from '../base/ip.ts'
import { TCP, UDP } from '../base/packet.ts'
import type { ObjectRef } from '../base/source.ts'
import type { CoreDns } from '../dns/coredns/config.ts'
import { pluginOf } from '../dns/coredns/plugin-of.ts'
import type { Listener } from '../model/network.ts'

/** Who holds the sockets, and what messages call it. */
export interface SocketOwner {
  readonly owner: ObjectRef
  readonly label: string
}

/**
 * The sockets of a CoreDNS process: one for each port of its Corefile, and for each address that `bind` names. A bound
 * device stands for all addresses, since which of them it has is not asked.
 */
export function dnsSockets(server: CoreDns, { owner, label }: SocketOwner): readonly Listener[] {
  const places = new Map<string, { readonly port: number; readonly address: Listener['address'] }>()
  for (const { zones, plugins } of server.blocks) {
    const bound = pluginOf(plugins, 'bind')?.config
    const addresses =
      bound && bound.devices.length === 0 ? bound.addresses.map(listenAddress) : ['any' as const]
    for (const { port } of zones) {
      for (const address of addresses) places.set(`${port} ${address}`, { port, address })
    }
  }
  return [...places.values()].flatMap(({ port, address }) =>
    [UDP, TCP].map(
      (protocol): Listener => ({
        protocol,
        address,
        port,
        owner,
        label,
        application: { type: 'dns', server },
      }),
    ),
  )
}

/** As Go's net.Listen takes it: `0.0.0.0` is every IPv4 address, `::` is every one. */
function listenAddress(ip: Ip): Listener['address'] {
  if (ip === 0) return 'any4'
  return ip === 0n ? 'any' : ip
}

/** Puts a name server behind sockets that are stated, where its Corefile has their port. */
export function withDnsServer(server: CoreDns, listeners: readonly Listener[]): readonly Listener[] {
  const isDns = isDnsSocket(server)
  return listeners.map((one) => (isDns(one) ? { ...one, application: { type: 'dns', server } } : one))
}

/** Whether a socket is one of those that the process opens for names. */
export function isDnsSocket(server: CoreDns): (listener: Listener) => boolean {
  const ports = new Set(server.blocks.flatMap((block) => block.zones.map((zone) => zone.port)))
  return ({ protocol, port }) =>
    typeof port === 'number' && ports.has(port) && (protocol === UDP || protocol === TCP)
}
