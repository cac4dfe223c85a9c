import type { Certificate, ProxyListener, RouteAction, VirtualHost } from '../../http/proxy.ts'

/** What a controller serves on its two ports. */
export interface WebPorts {
  readonly httpPort: number
  readonly httpsPort: number
  readonly httpHosts: readonly VirtualHost[]
  readonly httpsHosts: readonly VirtualHost[]
  readonly certificates: readonly Certificate[]
  readonly defaultCertificate?: Certificate
  readonly fallback: RouteAction
  readonly checksMisdirected?: boolean
}

/** One listener for plain HTTP and one for TLS. */
export function webListeners(ports: WebPorts): readonly ProxyListener[] {
  const { certificates, defaultCertificate, fallback, checksMisdirected = false } = ports
  const common = { proxyProtocol: false, passthrough: [], fallback }
  return [
    {
      ...common,
      port: ports.httpPort,
      protocol: 'http',
      certificates: [],
      hosts: ports.httpHosts,
      checksMisdirected: false,
    },
    {
      ...common,
      port: ports.httpsPort,
      protocol: 'https',
      certificates,
      ...(defaultCertificate && { defaultCertificate }),
      hosts: ports.httpsHosts,
      checksMisdirected,
    },
  ]
}
