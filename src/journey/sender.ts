import type { Ip } from '../base/ip.ts'
import type { ObjectRef } from '../base/source.ts'
import type { ClusterPod } from '../model/cluster.ts'
import type { NetnsId, Network } from '../model/network.ts'

/** One place from which is sent. */
export interface Sender {
  readonly netns: NetnsId
  readonly network: Network
  readonly src?: Ip
  readonly pod?: ClusterPod
  readonly ref?: ObjectRef
}
