import type { Ip } from '../../base/ip.ts'
import type { SourceLocation } from '../../base/source.ts'
import type { KubernetesData } from '../kubernetes-data.ts'
import type { Plugin } from './plugin/registry.ts'
import type { Transport } from './zones.ts'

/** A CoreDNS process: its Corefile as it was understood, and what it has at hand. */
export interface CoreDns {
  readonly type: 'coredns'
  readonly blocks: readonly ServerBlock[]
  readonly kubernetes: KubernetesData
  /** Name servers of its own resolv.conf, for `forward . /etc/resolv.conf`. */
  readonly nameservers: readonly Ip[]
  /** The search list of its own resolv.conf, for autopath. */
  readonly searches: readonly string[]
  /** The server's own addresses, by which the kubernetes plugin finds its own Service for NS answers. */
  readonly addresses: readonly Ip[]
}

/** `zone:port { plugins }`, in the order of the file. */
export interface ServerBlock {
  readonly zones: readonly ServedZone[]
  /** In the order of the build (plugin.cfg), never in that of the Corefile. */
  readonly plugins: readonly Plugin[]
  readonly at: SourceLocation
}

export interface ServedZone {
  /** Lower case, with its final dot. */
  readonly zone: string
  readonly port: number
  readonly transport: Transport
}
