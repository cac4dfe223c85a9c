import { formatIp } from '../../base/ip.ts'
import { cloudProxyAt } from '../../control/cloud-proxy/cloud-proxies.ts'
import { controllerNames } from '../../control/cloud-proxy/cloud-proxy.ts'
import type { Finding } from '../../model/journey.ts'
import type { FindCause } from './failure.ts'
import { finding } from './failure.ts'

/** The Ingress that is asked for has no address, or one of a balancer whose configuration is not known. */
export const findIngressAddress: FindCause = ({ dial, world, outcome }) => {
  if (dial.type === 'no-ingress-address') return [withoutAddress(dial)]
  if (dial.type !== 'dial' || outcome.disposition !== 'unknown') return []
  return dial.ips.flatMap((ip) => {
    const proxy = cloudProxyAt(world.cluster, ip)
    if (!proxy?.refused) return []
    const { profile, refused, ingresses } = proxy
    const { name, namespace } = ingresses[0].ref
    return [
      finding(
        'ingress-configuration-kept',
        `${controllerNames[profile]} refuses Ingress ${namespace}/${name}: ${refused.reason}; its load balancer at ${formatIp(ip)} keeps the configuration that it had before, which the input does not say`,
        {
          objects: [refused.object, ingresses[0].ref],
          ...(refused.fix !== undefined && { fix: refused.fix }),
        },
      ),
    ]
  })
}

function withoutAddress({
  waiting,
  host,
}: Extract<Parameters<FindCause>[0]['dial'], { type: 'no-ingress-address' }>): Finding {
  const fix = 'state the address in status.loadBalancer.ingress'
  if (!waiting) return finding('ingress-without-address', `${host} has no address`, { fix })
  const { ingress, proxy, service } = waiting
  const whose = `Ingress ${ingress.ref.namespace}/${ingress.ref.name} has no address`
  if (service) {
    const why = service.balancer?.pending?.reason
    return finding(
      'ingress-without-address',
      `${whose}: neither has Service ${service.namespace}/${service.name}, before its controller${why === undefined ? '' : `: ${why}`}`,
      {
        objects: [service.ref, ingress.ref],
        fix: `${service.balancer?.pending?.fix ?? fix}; or give the address with --resolve ${host}=ADDRESS`,
      },
    )
  }
  if (!proxy?.refused) {
    return finding('ingress-without-address', `${whose}: nothing has published one`, {
      objects: [{ ...ingress.ref, at: ingress.locate(['status']) }],
      fix,
    })
  }
  const { refused, profile } = proxy
  const why =
    refused.code === 'not-assigned'
      ? refused.reason
      : `${controllerNames[profile]} makes no load balancer of it: ${refused.reason}`
  return finding('ingress-without-address', `${whose}: ${why}`, {
    objects: [refused.object, ...(isSame(refused.object, ingress.ref) ? [] : [ingress.ref])],
    fix: refused.fix ?? fix,
  })
}

function isSame(a: { readonly kind: string; readonly name: string }, b: typeof a): boolean {
  return a.kind === b.kind && a.name === b.name
}
