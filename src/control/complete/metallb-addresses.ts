import type { Ip } from '../../base/ip.ts'
import { familyOf, formatIp, offsetIp, parseIpSloppy } from '../../base/ip.ts'
import { by } from '../../base/ordering.ts'
import type { ClusterService, PendingBalancer } from '../../model/cluster.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { IPAddressPool } from '../../model/load-balancer-objects.ts'
import type { Located } from '../../model/objects.ts'
import { blocksOf, isBuggy, poolHolds, wishes } from '../load-balancer/metallb.ts'
import type { Assigned } from './balancers.ts'
import { matchesSelector } from './selectors.ts'

type Pool = Located<IPAddressPool>

/** Who uses an address, and on what terms others may use it as well. */
interface Use {
  readonly sharing: string
  readonly backend: string
  readonly ports: ReadonlySet<string>
}

/**
 * Mirrors MetalLB's controller and its Allocator: an address that is asked for, from a pool that is asked for, or the
 * first free one of the pools that give addresses by themselves. Services are served by their names, where MetalLB
 * goes by the time of their making; pools by theirs, where it takes any.
 */
export class MetallbAllocator {
  readonly #pools: readonly Pool[]
  readonly #namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>
  readonly #uses = new Map<Ip, Use>()

  constructor(
    objects: Pick<ObjectsByKind, 'IPAddressPool' | 'Namespace'>,
    services: readonly ClusterService[],
  ) {
    this.#pools = objects.IPAddressPool.toSorted(by(({ ref }) => ref.name))
    this.#namespaces = new Map(
      objects.Namespace.map(({ ref, object }) => [ref.name, object.metadata.labels ?? {}]),
    )
    for (const service of services) {
      for (const { ip } of service.loadBalancer) if (ip !== undefined) this.#take(ip, service)
    }
  }

  /** An address for each family of the Service, or why there is none. */
  assign(service: ClusterService): Assigned {
    if (this.#pools.length === 0) {
      return pending('load-balancer-pending', 'MetalLB has no IPAddressPool to take one from', {
        fix: 'apply an IPAddressPool, and an L2Advertisement or BGPAdvertisement for it',
      })
    }
    const wanted = wishes(service.object)
    if (wanted.length > 0) return this.#wanted(service, wanted)
    const choice = this.#poolsFor(service)
    if ('pending' in choice) return choice
    for (const pool of choice.pools) {
      const ips = service.families.map((family) => this.#firstFree(pool, family, service))
      const found = ips.flatMap((ip) => ip ?? [])
      if (found.length < ips.length) continue
      return this.#give(service, found)
    }
    return this.#exhausted(service, choice.pools)
  }

  #give(service: ClusterService, ips: readonly Ip[]): Assigned {
    for (const ip of ips) this.#take(ip, service)
    return { addresses: ips.map((ip) => ({ ip, mode: 'VIP' })) }
  }

  #take(ip: Ip, service: ClusterService): void {
    const own = useOf(service)
    const before = this.#uses.get(ip)
    this.#uses.set(ip, { ...own, ports: new Set([...(before?.ports ?? []), ...own.ports]) })
  }

  /** Mirrors Allocator.Assign and sharingOK. */
  #isFree(ip: Ip, service: ClusterService): boolean {
    const use = this.#uses.get(ip)
    if (!use) return true
    const own = useOf(service)
    const shares = own.sharing !== '' && own.sharing === use.sharing && own.backend === use.backend
    return shares && ![...own.ports].some((port) => use.ports.has(port))
  }

  #wanted(service: ClusterService, texts: readonly string[]): Assigned {
    const ips = texts.flatMap((text) => parseIpSloppy(text) ?? [])
    const outside = ips.find((ip) => !this.#pools.some((pool) => poolHolds(pool, ip)))
    if (outside !== undefined || ips.length === 0) {
      const which = outside === undefined ? texts.join(', ') : formatIp(outside)
      return pending(
        'load-balancer-address-outside-pools',
        `it asks for ${which}, which no IPAddressPool has`,
        {
          fix: `ask for an address of the pools (${this.#pools.map(rangeText).join('; ')}), or add it to one`,
          objects: this.#pools.map(({ ref }) => ref),
          at: wishPlace(service),
        },
      )
    }
    const taken = ips.find((ip) => !this.#isFree(ip, service))
    if (taken === undefined) return this.#give(service, ips)
    return pending('load-balancer-pool-empty', `it asks for ${formatIp(taken)}, which another Service has`, {
      fix: 'ask for another address, or give both the same metallb.io/allow-shared-ip and different ports',
      at: wishPlace(service),
    })
  }

  /** The pool that is asked for; those that are kept for the Service; else all that give by themselves. */
  #poolsFor(
    service: ClusterService,
  ): { readonly pools: readonly Pool[] } | { readonly pending: PendingBalancer } {
    const { annotations } = service
    const name = annotations['metallb.io/address-pool'] ?? annotations['metallb.universe.tf/address-pool']
    if (name !== undefined) {
      const pool = this.#pools.find(({ ref }) => ref.name === name)
      if (pool) return { pools: [pool] }
      const known = this.#pools.map(({ ref }) => ref.name).join(', ')
      return pending(
        'load-balancer-address-outside-pools',
        `it asks for pool ${name}, which does not exist`,
        {
          fix: `ask for one of the pools: ${known}`,
          at: ['metadata', 'annotations'],
        },
      )
    }
    const automatic = this.#pools.filter(({ object }) => object.spec?.autoAssign !== false)
    const pinned = automatic.filter((pool) => this.#isPinned(pool, service))
    const open = automatic.filter(({ object }) => !object.spec?.serviceAllocation)
    return { pools: [...pinned.toSorted((a, b) => priorityOf(a) - priorityOf(b)), ...open] }
  }

  #isPinned({ object }: Pool, { namespace, labels }: ClusterService): boolean {
    const allocation = object.spec?.serviceAllocation
    if (!allocation) return false
    const { namespaces = [], namespaceSelectors = [], serviceSelectors = [] } = allocation
    const ownLabels = { 'kubernetes.io/metadata.name': namespace, ...this.#namespaces.get(namespace) }
    const isInNamespace =
      namespaces.includes(namespace) || namespaceSelectors.some((one) => matchesSelector(one, ownLabels))
    const anywhere = namespaces.length + namespaceSelectors.length === 0
    const isSelected = serviceSelectors.some((one) => matchesSelector(one, labels))
    return (anywhere || isInNamespace) && (serviceSelectors.length === 0 || isSelected)
  }

  #firstFree(pool: Pool, family: 4 | 6, service: ClusterService): Ip | undefined {
    for (const { first, last } of blocksOf(pool)) {
      if (familyOf(first) !== family) continue
      for (let ip = first; ip <= last; ip = offsetIp(ip, 1)) {
        if (pool.object.spec?.avoidBuggyIPs && isBuggy(ip)) continue
        if (this.#isFree(ip, service)) return ip
      }
    }
    return undefined
  }

  #exhausted(service: ClusterService, pools: readonly Pool[]): Assigned {
    if (pools.length === 0) {
      return pending('load-balancer-pool-empty', 'no IPAddressPool gives addresses by itself (autoAssign)', {
        fix: 'ask for a pool by the annotation metallb.io/address-pool, or set autoAssign: true',
        objects: this.#pools.map(({ ref }) => ref),
      })
    }
    const families = service.families.map((family) => `IPv${family}`).join(' and ')
    const which = pools.map((pool) => `${pool.ref.name} (${rangeText(pool)})`).join(', ')
    return pending('load-balancer-pool-empty', `no ${families} address is left in ${which}`, {
      fix: 'add addresses to the pool, or delete a Service that has one',
      objects: pools.map((pool) => ({ ...pool.ref, at: pool.locate(['spec', 'addresses']) })),
    })
  }
}

function pending(
  code: PendingBalancer['code'],
  reason: string,
  details: Pick<PendingBalancer, 'fix'> & Partial<Pick<PendingBalancer, 'objects' | 'at'>>,
): { readonly pending: PendingBalancer } {
  return { pending: { code, reason, at: ['spec', 'type'], objects: [], ...details } }
}

function wishPlace({ object }: ClusterService): readonly string[] {
  return object.spec?.loadBalancerIP ? ['spec', 'loadBalancerIP'] : ['metadata', 'annotations']
}

/** 0 is the last in turn. */
function priorityOf({ object }: Pool): number {
  return object.spec?.serviceAllocation?.priority || Number.MAX_SAFE_INTEGER
}

function rangeText({ object }: Pool): string {
  return (object.spec?.addresses ?? []).join(', ')
}

/** Mirrors k8salloc: SharingKey, Ports and BackendKey, which is the selector where the policy is Local. */
function useOf({ annotations, ports, externalLocal, selector }: ClusterService): Use {
  const sharing =
    annotations['metallb.io/allow-shared-ip'] ?? annotations['metallb.universe.tf/allow-shared-ip']
  const labels = Object.entries(selector ?? {}).map(([key, value]) => `${key}=${value}`)
  return {
    sharing: sharing ?? '',
    backend: externalLocal ? labels.toSorted().join(',') : '',
    ports: new Set(ports.map(({ port, protocol }) => `${protocol}/${port}`)),
  }
}
