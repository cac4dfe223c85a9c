import type { Ip } from '../base/ip.ts'
import type { DnsRecord, Rcode } from './message.ts'

/** A name server outside the cluster: what the Environment says that it knows, and what is assumed of all others. */
export interface OutsideDns {
  readonly type: 'outside'
  /** What it is known to answer, by lower-case absolute name. */
  readonly names: ReadonlyMap<string, OutsideName>
  /** Says of a name that nothing states whether it is taken to exist; such a name gets an assumed address. */
  readonly exists: (name: string) => boolean
  /** Where a name that nothing states is taken to be. */
  readonly assumedAddress: (name: string) => Ip
}

/** What is known of one name. */
export interface OutsideName {
  readonly rcode: Rcode
  /** All its records, of every type; the ones that were asked for are answered. */
  readonly records: readonly DnsRecord[]
  /** It never answers. */
  readonly silent?: true
  /** Nothing in the input states it. */
  readonly assumed?: true
}
