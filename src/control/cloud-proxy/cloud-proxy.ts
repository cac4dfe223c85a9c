import type { Ip } from '../../base/ip.ts'
import type { HttpProxy, IgnoredObject } from '../../http/proxy.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'

/** What a cloud's controller makes, or cannot make, of an Ingress or of a group of them: a proxy outside the cluster. */
export interface CloudProxy extends CloudProxyDraft {
  /** Empty while none has been assigned. */
  readonly addresses: readonly CloudAddress[]
}

/** The same before it has addresses. */
export interface CloudProxyDraft {
  readonly profile: 'gce' | 'alb'
  /** The namespace of its machine: `cloud-proxy/default/web`, by its first Ingress. */
  readonly id: string
  readonly ingresses: readonly [Located<Ingress>, ...Located<Ingress>[]]
  /** Whether it is inside the cloud's network only. */
  readonly isInternal: boolean
  /** The configuration; not known where the controller refuses the Ingresses as they are. */
  readonly proxy?: HttpProxy
  /** Why there is no balancer; with an address there is one, which keeps the configuration that it had before. */
  readonly refused?: IgnoredObject
}

/** An address at which a cloud's proxy is reached. */
export interface CloudAddress {
  readonly ip: Ip
  /** The name that the cloud's DNS has for it, where the Ingress publishes a name. */
  readonly hostname?: string
  /** Nothing states it: it is what a working set-up might have. */
  readonly assumed?: true
}

/** What the clouds' controllers are called in messages. */
export const controllerNames: Readonly<Record<CloudProxy['profile'], string>> = {
  gce: "GKE's Ingress controller",
  alb: 'the AWS Load Balancer Controller',
}
