import type { Family } from '../../base/ip.ts'
import { familyOf, parseIpSloppy } from '../../base/ip.ts'
import type { ClusterSettings } from '../../model/cluster.ts'
import type { Located, Service } from '../../model/objects.ts'
import type { Completion } from './completion.ts'

/** The cluster IPs that a Service states; none for a headless one. */
export function statedClusterIps({ spec }: Service) {
  const texts = spec?.clusterIPs?.length ? spec.clusterIPs : [spec?.clusterIP]
  return texts.flatMap((text) => {
    const ip = text && text !== 'None' ? parseIpSloppy(text) : undefined
    return ip === undefined ? [] : [ip]
  })
}

export function isHeadless({ spec }: Service): boolean {
  return spec?.clusterIP === 'None' || spec?.clusterIPs?.[0] === 'None'
}

/**
 * The address families of a Service, the primary first. Mirrors initIPFamilyFields of the API server; what it would
 * refuse is reported.
 */
export function completeFamilies(
  completion: Completion,
  source: Located<Service>,
  settings: ClusterSettings,
): readonly Family[] {
  const { spec = {}, metadata } = source.object
  const own = settings.serviceCidrs.map((cidr) => familyOf(cidr.first))
  const stated = statedFamilies(source.object)
  if (spec.type === 'ExternalName') return stated.length > 0 ? stated : own.slice(0, 1)
  // What a dump says was decided when the object was made or last changed.
  if (metadata.uid !== undefined && stated.length > 0) return stated
  const wish = { stated, own: offeredFamilies(source.object, own), policy: policyOf(source.object) }
  reportRefused(completion, source, wish)
  const [first = own[0] ?? 4, second] = stated
  if (second !== undefined) return [first, second]
  return wish.policy === 'SingleStack' || wish.own.length < 2 ? [first] : [first, other(first)]
}

/** A headless Service without a selector: its endpoints are not the cluster's, so that it may have any family. */
function isSelectorless(service: Service): boolean {
  return isHeadless(service) && Object.keys(service.spec?.selector ?? {}).length === 0
}

function policyOf(service: Service): string {
  return service.spec?.ipFamilyPolicy ?? (isSelectorless(service) ? 'RequireDualStack' : 'SingleStack')
}

function offeredFamilies(service: Service, own: readonly Family[]): readonly Family[] {
  const [primary = 4] = own
  return isSelectorless(service) ? [primary, other(primary)] : own
}

function other(family: Family): Family {
  return family === 4 ? 6 : 4
}

/** Those in `ipFamilies`, then those that only the cluster IPs tell. */
function statedFamilies(service: Service): readonly Family[] {
  const named = (service.spec?.ipFamilies ?? []).map((family): Family => (family === 'IPv6' ? 6 : 4))
  const told = statedClusterIps(service).map(familyOf)
  return [...named, ...told.slice(named.length)]
}

interface Wish {
  readonly stated: readonly Family[]
  readonly own: readonly Family[]
  readonly policy: string
}

function reportRefused(
  { report }: Completion,
  source: Located<Service>,
  { stated, own, policy }: Wish,
): void {
  const refuse = (field: string, message: string, fix: string) =>
    report('invalid-value', `Service ${source.ref.name}: ${message}`, {
      at: source.locate(['spec', field]),
      object: source.ref,
      fix,
    })
  const names = own.map((family) => `IPv${family}`).join(' and ')
  if (policy === 'SingleStack' && stated.length > 1) {
    refuse(
      'ipFamilyPolicy',
      'two families are named, and ipFamilyPolicy is SingleStack',
      'set ipFamilyPolicy to PreferDualStack or RequireDualStack',
    )
  }
  if (policy === 'RequireDualStack' && own.length < 2) {
    refuse(
      'ipFamilyPolicy',
      `RequireDualStack asks for two families, and the cluster has ${names}`,
      'use PreferDualStack, or give the cluster a Service subnet of each family',
    )
  }
  const clash = statedClusterIps(source.object).findIndex((ip, index) => familyOf(ip) !== stated[index])
  if (clash >= 0) {
    refuse(
      'ipFamilies',
      `cluster IP ${clash + 1} is not of family IPv${stated[clash]}, which ipFamilies names in its place`,
      'name the families in the order of the cluster IPs',
    )
  }
  const missing = stated.find((family) => !own.includes(family))
  if (missing !== undefined && own.length > 0) {
    refuse(
      'ipFamilies',
      `family IPv${missing} is not configured on this cluster, which has ${names}`,
      `use ${names}, or give the cluster a Service subnet of IPv${missing}`,
    )
  }
}
