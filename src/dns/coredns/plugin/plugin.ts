import type { SourceLocation } from '../../../base/source.ts'
import type { Branch } from '../../branch.ts'
import type { DnsQuery, DnsResponse, Rcode } from '../../message.ts'
import type { DnsContext, DnsStep } from '../../server.ts'
import type { CoreDns, ServerBlock } from '../config.ts'
import type { Directive } from './directive.ts'

/** What a plugin hands back: a response that it wrote, or the code of one that the server is to write. */
export interface Reply {
  /** Absent, with no code either, if the client gets nothing at all. */
  readonly response?: DnsResponse
  /** SERVFAIL, REFUSED, FORMERR or NOTIMP: a code that is handed back says that nothing was written yet. */
  readonly code?: Rcode
  /** A Go error came with the code. */
  readonly failed?: true
}

/** The rest of the chain. Mirrors plugin.NextOrFailure. */
export type Next = (query: DnsQuery) => readonly Branch<Reply>[]

/** What a plugin may ask while it serves. */
export interface PluginContext {
  readonly server: CoreDns
  readonly block: ServerBlock
  /** Where the plugin stands in the Corefile. */
  readonly at: SourceLocation
  /** No plugin stands behind this one. */
  readonly last: boolean
  readonly ask: DnsContext['ask']
  /** Asks the server itself, from the choice of the block on. Mirrors upstream.Lookup. */
  lookup(query: DnsQuery, name: string, type: string): readonly Branch<DnsResponse | undefined>[]
  /** A step of this plugin. */
  step(text: string, more?: Partial<DnsStep>): DnsStep
}

/** How a plugin of CoreDNS is read and what it does. */
export interface PluginModule<C> {
  /** Reads all of its occurrences in a block. Throws a CorefileFault. Mirrors its setup function. */
  parse(directive: Directive): C
  /** What it does with a query; left out, it passes all on. Mirrors its ServeDNS. */
  serve?(config: C, query: DnsQuery, next: Next, context: PluginContext): readonly Branch<Reply>[]
  /** It adds no handler: a block without any refuses all queries. */
  readonly setupOnly?: true
  /** How it could change an answer, if it is not modelled. */
  readonly effect?: string
}

/** A plugin without anything to keep. */
export type NoConfig = Readonly<Record<never, never>>
