import type { Located, Service } from '../../model/objects.ts'
import type { Surroundings } from './profile.ts'
import { annotationOf, asksForClass, hasClass, hasController, hasProviderId } from './signs.ts'

/**
 * Who makes a balancer on AWS, and of which kind (AWS Load Balancer Controller, guide "service annotations"; Amazon
 * EKS user guide "Auto Mode": targets are IPs there unless the Service says otherwise).
 */

const prefix = 'service.beta.kubernetes.io/aws-load-balancer-'
const networkClasses = ['service.k8s.aws/nlb', 'eks.amazonaws.com/nlb']

/** What an NLB of the Service sends to, and by which sign it is one. */
export interface NetworkBalancer {
  readonly target: 'instance' | 'ip'
  readonly sign: string
}

/** The Network Load Balancer of the Service, if it has one. */
export function networkBalancer(
  service: Located<Service>,
  surroundings: Surroundings,
): NetworkBalancer | undefined {
  const type = annotationOf(service, `${prefix}type`)
  const stated = targetType(service)
  const byController = hasController(surroundings, ['aws-nlb', 'aws-nlb-instance', 'aws-nlb-ip'])
  if (byController) {
    return { target: byController.includes('aws-nlb-ip') ? 'ip' : (stated ?? 'instance'), sign: byController }
  }
  const byClass = hasClass(service, networkClasses)
  if (byClass) {
    const auto = service.object.spec?.loadBalancerClass === 'eks.amazonaws.com/nlb'
    return { target: stated ?? (auto ? 'ip' : 'instance'), sign: byClass }
  }
  if (asksForClass(service) || type === undefined) return undefined
  const sign = `annotation ${prefix}type ${type}`
  if (type === 'nlb-ip') return { target: 'ip', sign }
  if (type === 'external') return { target: stated ?? 'instance', sign }
  // The controller that is in Kubernetes itself knows no other targets than instances.
  return type === 'nlb' ? { target: 'instance', sign } : undefined
}

function targetType(service: Located<Service>): 'instance' | 'ip' | undefined {
  const stated = annotationOf(service, `${prefix}nlb-target-type`)
  return stated === 'ip' || stated === 'instance' ? stated : undefined
}

export const classicTypes: readonly string[] = ['aws-classic', 'aws-elb']

/** By which sign the Service has a Classic Load Balancer: on AWS, and nothing asks for another kind. */
export function classicBalancer(service: Located<Service>, surroundings: Surroundings): string | undefined {
  if (asksForClass(service) || networkBalancer(service, surroundings)) return undefined
  return hasController(surroundings, classicTypes) ?? hasProviderId(surroundings, ['aws'])
}

/** An attribute of the target groups: `preserve_client_ip.enabled=false,proxy_protocol_v2.enabled=true`. */
export function targetGroupAttribute(
  annotations: Readonly<Record<string, string>>,
  name: string,
): string | undefined {
  const pairs = (annotations[`${prefix}target-group-attributes`] ?? '').split(',')
  const found = pairs.map((pair) => pair.trim()).find((pair) => pair.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}

/**
 * Whether the balancer is inside the VPC only. The AWS Load Balancer Controller makes internal ones unless it is told
 * otherwise; the controller of Kubernetes itself makes them for the internet.
 */
export function isInternal(service: Located<Service>): boolean {
  const scheme = annotationOf(service, `${prefix}scheme`)
  if (scheme !== undefined) return scheme === 'internal'
  const internal = annotationOf(service, `${prefix}internal`)
  if (internal !== undefined) return internal === 'true'
  const type = annotationOf(service, `${prefix}type`)
  return type === 'external' || type === 'nlb-ip' || hasClass(service, networkClasses) !== undefined
}
