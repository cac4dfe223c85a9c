import type { Ip } from '../base/ip.ts'

/** One header; names compare without regard to case. */
export type Header = readonly [name: string, value: string]

/** An HTTP request as a proxy or an application gets it. */
export interface HttpRequest {
  readonly scheme: 'http' | 'https'
  readonly method: string
  /** The Host header, or `:authority`: a name or address, with its port if it is not the scheme's own. */
  readonly host: string
  /** As it stands in the request line, not decoded, without the query: `/a/b`. */
  readonly path: string
  /** What follows the `?`, without it; `undefined` if there is none. */
  readonly query?: string
  readonly headers: readonly Header[]
  /** The server name of the TLS handshake; absent without TLS, or where the address itself was asked for. */
  readonly sni?: string
  /** The other end of the connection, as the receiver sees it. */
  readonly client: Ip
  /** The client that a PROXY protocol header in front of the connection names; absent without such a header. */
  readonly proxied?: Ip
  /** The port that such a header says was asked for. */
  readonly proxiedPort?: number
  /** The receiver's own port, to which the connection was made (after any translation). */
  readonly port: number
}
