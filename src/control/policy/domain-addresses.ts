import type { Ip } from '../../base/ip.ts'
import { parseIp } from '../../base/ip.ts'
import type { Cluster } from '../../model/cluster.ts'
import { outsideDns } from '../outside-dns.ts'

/** What the Environment says of the addresses that a domain name of a policy stands for. */
export interface DomainAddresses {
  readonly ips: readonly Ip[]
  /** Whether those are all. */
  readonly complete: boolean
}

/** At most so many names one after the other: what goes on longer is a circle. */
const maxChain = 8

/**
 * The addresses of a domain name, or of all names below one (`*.example.com`), as far as `upstreamDNS` and the declared
 * machines outside state them. Nobody can list what is below a domain.
 */
export function addressesOfDomain(cluster: Cluster, domain: string): DomainAddresses {
  const { names } = outsideDns(cluster, undefined, [])
  const wanted = absolute(domain)
  if (!wanted.startsWith('*.')) {
    const ips = addressesOf(names, wanted, maxChain)
    return { ips: ips ?? [], complete: ips !== undefined }
  }
  const below = [...names.keys()].filter((name) => name.endsWith(wanted.slice(1)) && !name.startsWith('*'))
  return { ips: below.flatMap((name) => addressesOf(names, name, maxChain) ?? []), complete: false }
}

type Names = ReturnType<typeof outsideDns>['names']

/** The addresses of a name, by way of other names if it is an alias; `undefined` if nothing states them. */
function addressesOf(names: Names, name: string, chain: number): readonly Ip[] | undefined {
  const found = names.get(name)
  if (!found || found.silent || chain === 0) return undefined
  const lists = found.records.map(({ type, data }) => {
    if (type === 'CNAME') return addressesOf(names, data, chain - 1)
    const ip = type === 'A' || type === 'AAAA' ? parseIp(data) : undefined
    return ip === undefined ? [] : [ip]
  })
  return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? [])
}

function absolute(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower : `${lower}.`
}
