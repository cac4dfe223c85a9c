import { cloudProxies } from '../../control/cloud-proxy/cloud-proxies.ts'
import type { CloudProxy } from '../../control/cloud-proxy/cloud-proxy.ts'
import { hostsOf } from '../../control/ingress/rules.ts'
import { hostMatches, hostPattern } from '../../http/host-match.ts'
import type { Ingress, Located } from '../../model/objects.ts'
import type { World } from '../world.ts'

/** An Ingress by whose host is asked and which has no address. */
export interface WaitingIngress {
  readonly ingress: Located<Ingress>
  /** The cloud's proxy that it is to become. */
  readonly proxy?: CloudProxy
}

/**
 * The Ingress that alone serves a name, if a cloud is to serve it and has not given it an address: nobody can have
 * entered the name into a DNS outside.
 */
export function waitingIngress(world: World, name: string): WaitingIngress | undefined {
  const plain = name.replace(/\.$/, '').toLowerCase()
  const { outside } = world.compiled.applications
  if (outside.names.has(`${plain}.`)) return undefined
  for (const proxy of cloudProxies(world.cluster)) {
    if (proxy.addresses.length > 0) continue
    const ingress = proxy.ingresses.find((one) => serves(one, plain))
    if (ingress) return { ingress, proxy }
  }
  return undefined
}

/** The Ingress of a name of which the request itself says that it has no address. */
export function ingressOf(world: World, name: string): WaitingIngress | undefined {
  const plain = name.replace(/\.$/, '').toLowerCase()
  const ingress = world.cluster.ingresses.find((one) => serves(one, plain))
  const proxy = ingress && cloudProxies(world.cluster).find((one) => one.ingresses.includes(ingress))
  return ingress && { ingress, ...(proxy && { proxy }) }
}

function serves(ingress: Located<Ingress>, name: string): boolean {
  return hostsOf(ingress).some((host) => host !== '*' && hostMatches(hostPattern(host, 'any-depth'), name))
}
