import type { HttpProxy } from './proxy.ts'

/** A web server that answers by itself, as far as something states what it says. */
export interface HttpApplication {
  readonly type: 'http-application'
  /** Statuses by path; the longest prefix that matches by whole elements counts. */
  readonly routes: Readonly<Record<string, number>>
  /** For every other path. */
  readonly otherwise: number
  /** The host names that it serves, and the status for all others; every name, if left out. */
  readonly hosts?: { readonly names: readonly string[]; readonly otherwise: number }
  /** Nothing states its answers: 200 is assumed. */
  readonly assumed: boolean
}

/** What waits behind a socket, as far as its answers depend on what it is asked. */
export interface ProxyApplication {
  readonly type: 'http-proxy'
  readonly proxy: HttpProxy
  /** The port as its configuration has it, where its process listens on another. */
  readonly port?: number
}
