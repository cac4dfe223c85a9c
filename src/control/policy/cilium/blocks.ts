import { familyOf, hostCidr, parseCidrSloppy, parseIp } from '../../../base/ip.ts'
import type { CiliumCidrRule } from '../../../model/cilium-policy-objects.ts'
import type { Cluster } from '../../../model/cluster.ts'
import { holds } from '../../../policy/label-expression.ts'
import type { IpBlock, Path } from '../../../policy/policy.ts'
import { everything } from '../../routes.ts'
import { readSelector } from '../read-selector.ts'

/** A block or a single address. */
export function blockOf(text: string, except: readonly string[], path: Path): readonly IpBlock[] {
  const ip = parseIp(text)
  const cidr = ip === undefined ? parseCidrSloppy(text) : hostCidr(ip)
  return cidr ? [{ cidr, except: except.flatMap((one) => parseCidrSloppy(one) ?? []), path }] : []
}

/** The blocks of `fromCIDRSet` and `toCIDRSet`: stated ones, or those of CiliumCIDRGroups by name or by labels. */
export function blocksOfRule(
  { policies }: Cluster,
  { cidr, cidrGroupRef, cidrGroupSelector, except = [] }: CiliumCidrRule,
  path: Path,
): readonly IpBlock[] {
  if (cidr) return blockOf(cidr, except, path)
  const groups = policies.ciliumCidrGroups.filter(({ ref, object }) =>
    cidrGroupRef
      ? ref.name === cidrGroupRef
      : cidrGroupSelector !== undefined &&
        holds(readSelector(cidrGroupSelector), object.metadata.labels ?? {}),
  )
  return groups.flatMap(({ object }) =>
    (object.spec?.externalCIDRs ?? []).flatMap((text) => blockOf(text, except, path)),
  )
}

/** Every address of both families. */
export function everywhere(path: Path): readonly IpBlock[] {
  return ([4, 6] as const).map((family) => ({ cidr: everything(family), except: [], path }))
}

/** Whether the cluster's nodes have addresses of both families: only then identities outside tell them apart. */
export function isDualStack({ nodes }: Cluster): boolean {
  return new Set(nodes.flatMap(({ addresses }) => addresses.map(familyOf))).size > 1
}
