import type { Ip } from '../base/ip.ts'
import type { ObjectRef, SourceLocation } from '../base/source.ts'
import type { CoreDns } from './coredns/config.ts'
import type { DnsQuery, DnsQuestion, DnsResponse } from './message.ts'
import type { OutsideDns } from './outside.ts'

/** A name server, as plain data: what it was configured with, and what it knows. */
export type DnsServer = CoreDns | OutsideDns

/** Where a server sends a query on to. */
export interface Upstream {
  readonly ip: Ip
  readonly port: number
  readonly transport: 'udp' | 'tcp' | 'tls'
}

/** One way in which a server's own query to another may go. */
export interface UpstreamAnswer {
  /** Its share of all ways, from 0 to 1. */
  readonly probability: number
  /** Absent if nothing came back in time, or an error did. */
  readonly response?: DnsResponse
  /** By which whoever walked the packets finds the walk again. */
  readonly exchange: number
}

/** What a server needs of the world while it answers: a way to send a query of its own. */
export interface DnsContext {
  /** Sends a query from the server to another; gives every way in which that may go. */
  ask(upstream: Upstream, question: DnsQuestion): readonly UpstreamAnswer[]
}

/** One thing that a server did with a query. */
export interface DnsStep {
  /** The plugin that did it, by its name in the Corefile. */
  readonly plugin: string
  /** What it did, in a few words: `matched zone cluster.local.`, `not found, passed on`. */
  readonly text: string
  /** Where the Corefile says so. */
  readonly at?: SourceLocation
  /** The object from which the answer was made. */
  readonly object?: ObjectRef
  /** The query of its own that it sent. */
  readonly exchange?: number
  /** This part is not modelled, and the answer may depend on it. */
  readonly notModelled?: true
}

/** One way in which a server may answer. */
export interface ServerAnswer {
  readonly probability: number
  /** Absent if the server says nothing at all. */
  readonly response?: DnsResponse
  readonly steps: readonly DnsStep[]
}

/** Answers a query: what `serveDns` does. */
export type ServeDns = (server: DnsServer, query: DnsQuery, context: DnsContext) => readonly ServerAnswer[]
