import type { Ip } from '../base/ip.ts'

/** Response codes by their mnemonics (RFC 1035 section 4.1.1, RFC 2136). */
export type Rcode =
  | 'NOERROR'
  | 'FORMERR'
  | 'SERVFAIL'
  | 'NXDOMAIN'
  | 'NOTIMP'
  | 'REFUSED'
  | 'YXDOMAIN'
  | 'YXRRSET'
  | 'NXRRSET'
  | 'NOTAUTH'
  | 'NOTZONE'

/** What is asked. Names are absolute and end in a dot; their letters' case is kept. */
export interface DnsQuestion {
  readonly name: string
  /** The type's mnemonic: `A`, `AAAA`, `SRV`, `ANY`, or `TYPE65280`. */
  readonly type: string
  /** `IN`, but for `CH` and its like. */
  readonly class: string
}

/** A question as a server gets it: with the sender as the server sees it, which is after any translation. */
export interface DnsQuery extends DnsQuestion {
  readonly client: Ip
  /** The sender's port as the server sees it; 0, if left out. Only the whoami plugin tells it. */
  readonly clientPort?: number
  /** The server's own address, to which the query came. */
  readonly server: Ip
  readonly port: number
  readonly transport: 'udp' | 'tcp'
  /** Octets that the client takes over UDP (EDNS0); 512, if left out. */
  readonly bufferSize?: number
}

/** One resource record. */
export interface DnsRecord {
  readonly name: string
  readonly type: string
  /** Seconds. */
  readonly ttl: number
  /** In presentation format (RFC 1035 section 5.1); names in it are absolute: `0 100 80 web.app.svc.cluster.local.` */
  readonly data: string
}

/** What a server sends back. */
export interface DnsResponse {
  /** The question as the answer repeats it, which a client compares with its own. */
  readonly question: DnsQuestion
  readonly rcode: Rcode
  /** AA: the server answers for a zone of its own. */
  readonly authoritative: boolean
  /** TC: not all of it went into the message. */
  readonly truncated: boolean
  readonly answers: readonly DnsRecord[]
  readonly authority: readonly DnsRecord[]
  readonly additional: readonly DnsRecord[]
  /** Nothing in the input states the answer: it stands for what any server outside would say. */
  readonly assumed?: true
}
