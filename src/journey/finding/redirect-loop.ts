import { balancerListener } from '../../control/load-balancer/tls-termination.ts'
import type { Finding } from '../../model/journey.ts'
import { passedBalancer } from '../passed-balancer.ts'
import type { ProxyRefusal } from '../result.ts'
import type { Failure } from './failure.ts'
import { finding, inService } from './failure.ts'

const certificate = 'service.beta.kubernetes.io/aws-load-balancer-ssl-cert'

/** The proxy sends the client where it is already, because something before it ended TLS, or by a redirect of its own. */
export function redirectsToItself({ world, outcome, http }: Failure, { proxy, text }: ProxyRefusal): Finding {
  const passed = passedBalancer(world, outcome)
  const listener = passed && balancerListener(passed.service, passed.port)
  const route = http?.route?.object
  if (!passed || !listener?.endsTls) {
    return finding(
      'redirect-loop',
      `${proxy.label} redirects to ${http?.location}, which is what was asked for: ${text}`,
      {
        objects: [route],
        fix: 'take the redirect away, or tell the proxy by which scheme the client came',
      },
    )
  }
  const { service } = passed
  const told = listener.readsHttp
    ? 'set use-forwarded-headers: "true" in the ConfigMap of the controller, so that it believes the load balancer’s X-Forwarded-Proto'
    : 'let the load balancer speak HTTP (backend-protocol: http) and set use-forwarded-headers: "true", or use the PROXY protocol on both sides'
  return finding(
    'redirect-loop',
    `the load balancer of Service ${service.name} ends TLS, so that ${proxy.label} sees plain HTTP and redirects to ${http?.location}, where the client is already`,
    {
      objects: [inService(service, 'metadata', 'annotations', certificate), route],
      fix: `${told}; or set ssl-redirect to "false" for the Ingress`,
    },
  )
}
