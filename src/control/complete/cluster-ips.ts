import { fnv1a } from '../../base/hash.ts'
import type { Cidr, Family, Ip } from '../../base/ip.ts'
import { contains, familyOf, formatCidr, formatIp, offsetIp, sizeOf } from '../../base/ip.ts'
import type { ClusterSettings } from '../../model/cluster.ts'
import type { Located, Service } from '../../model/objects.ts'
import type { Completion } from './completion.ts'
import { statedClusterIps } from './service-families.ts'

/**
 * Cluster IPs: those that are stated, and for the rest a place by a hash of the Service's name, so that another
 * Service moves none; of two whose hashes meet, the one that asks first has it. Mirrors the API server's allocator.
 */
export class ClusterIpAllocator {
  readonly #taken = new Map<Ip, string>()
  readonly #completion: Completion
  readonly #cidrs: readonly Cidr[]

  constructor(completion: Completion, settings: ClusterSettings) {
    this.#completion = completion
    this.#cidrs = settings.serviceCidrs
  }

  /** Takes what the Service states; says so if that is taken already or lies outside the range. */
  reserve(source: Located<Service>): void {
    const { ref, object } = source
    const key = `${ref.namespace}/${ref.name}`
    for (const ip of statedClusterIps(object)) {
      const holder = this.#taken.get(ip)
      if (holder === undefined) this.#taken.set(ip, key)
      else {
        this.#completion.report(
          'cluster-ip-taken',
          `cluster IP ${formatIp(ip)} of ${key} belongs to ${holder}`,
          { at: source.locate(['spec', 'clusterIP']), object: ref, fix: 'choose another, or leave it out' },
        )
      }
      this.#checkRange(source, ip)
    }
  }

  #checkRange(source: Located<Service>, ip: Ip): void {
    const ranges = this.#cidrs.filter((cidr) => familyOf(cidr.first) === familyOf(ip))
    if (ranges.length === 0 || ranges.some((cidr) => isUsable(cidr, ip))) return
    const range = ranges.map(formatCidr).join(', ')
    const what = ranges.some((cidr) => contains(cidr, ip))
      ? `is the first or last address of the Service range ${range}, which is not given out`
      : `is not in the Service range ${range}`
    this.#completion.report('cluster-ip-outside-range', `cluster IP ${formatIp(ip)} ${what}`, {
      at: source.locate(['spec', 'clusterIP']),
      object: source.ref,
      fix: 'choose one in the range, or leave it out; a kubeadm ClusterConfiguration states another range',
    })
  }

  /** One address for each family; what a dump does not state it does not have. */
  allocate({ object, ref }: Located<Service>, families: readonly Family[]): readonly Ip[] {
    const stated = statedClusterIps(object)
    const key = `${ref.namespace}/${ref.name}`
    const chosen: Ip[] = []
    const ips = families.flatMap((family) => {
      const own = stated.find((ip) => familyOf(ip) === family)
      if (own !== undefined) return [own]
      if (object.metadata.uid !== undefined) return []
      const ip = this.#choose(family, key, ref)
      if (ip === undefined) return []
      chosen.push(ip)
      return [ip]
    })
    if (chosen.length > 0) {
      this.#completion.assume(`Service ${key} has cluster IP ${chosen.map(formatIp).join(', ')}`, ref)
    }
    return ips
  }

  #choose(family: Family, key: string, ref: Located<Service>['ref']): Ip | undefined {
    const cidr = this.#cidrs.find((one) => familyOf(one.first) === family)
    if (!cidr) return undefined
    const ip = this.#free(cidr, key)
    if (ip !== undefined) {
      this.#taken.set(ip, key)
      return ip
    }
    this.#completion.report(
      'cluster-ip-taken',
      `no cluster IP is left for ${key}: all of ${formatCidr(cidr)} are taken`,
      { object: ref, fix: 'give the cluster a larger Service subnet' },
    )
    return undefined
  }

  /** The upper band of the range, which is kept for addresses that nobody chose (KEP-3070), then the lower one. */
  #free(cidr: Cidr, key: string): Ip | undefined {
    const usable = usableOf(cidr)
    const band = lowerBand(Math.min(sizeOf(cidr), 2 ** 24))
    const hash = fnv1a(`cluster IP ${key}`)
    const isFree = (place: number) => !this.#taken.has(offsetIp(cidr.first, 1 + place))
    const place = probe(band, usable - band, hash, isFree) ?? probe(0, Math.min(band, usable), hash, isFree)
    return place === undefined ? undefined : offsetIp(cidr.first, 1 + place)
  }
}

/** The network's own address is not given out, nor is IPv4's broadcast address. */
function usableOf(cidr: Cidr): number {
  const reserved = familyOf(cidr.first) === 4 ? 2 : 1
  return Math.max(Math.min(sizeOf(cidr), 2 ** 24) - reserved, 0)
}

function isUsable(cidr: Cidr, ip: Ip): boolean {
  return contains(cidr, ip) && ip !== cidr.first && !(familyOf(ip) === 4 && ip === cidr.last)
}

/** Mirrors calculateRangeOffset: a sixteenth of the range, from 16 to 256 addresses; none of a small range. */
function lowerBand(size: number): number {
  return size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 16)), 256)
}

/** The first free place of `count` from `first` on, beginning where the hash says and going round. */
export function probe(
  first: number,
  count: number,
  hash: number,
  isFree: (place: number) => boolean,
): number | undefined {
  for (let step = 0; step < count; step++) {
    const place = first + (((hash % count) + step) % count)
    if (isFree(place)) return place
  }
  return undefined
}
