import { formatEndpoint } from '../../base/ip.ts'
import type { Chain, Rule, Table } from '../../netfilter/rule.ts'
import type { Naming } from './rule-key.ts'

/** One side's table while it is compared: its chains, and the names by which the other side would know them. */
export interface TableView {
  readonly table: Table
  readonly naming: Naming
  /** Where a KUBE-SEP chain translates to: `10.244.1.7:8080`; `undefined` if it does not. */
  endpoint(chain: string): string | undefined
}

/** Names of chains and devices of the node that stand for other names on the expected side. */
export interface Renamed {
  readonly chains: Map<string, string>
  readonly devices: ReadonlyMap<string, string>
}

/** Looks at one table of a family; what it is called there is looked up in `renamed`. */
export function viewTable(table: Table, family: 4 | 6, renamed: Renamed): TableView {
  const endpoints = new Map<string, string | undefined>()
  const endpoint = (name: string) => {
    if (!endpoints.has(name)) endpoints.set(name, endpointOf(table.chain(name)))
    return endpoints.get(name)
  }
  const naming: Naming = {
    family,
    chain: (name) => {
      if (!name.startsWith('KUBE-SEP-')) return renamed.chains.get(name) ?? name
      const found = endpoint(name)
      return found === undefined ? name : `KUBE-SEP ${found}`
    },
    device: (name) => renamed.devices.get(name) ?? name,
  }
  return { table, naming, endpoint }
}

function endpointOf(chain: Chain | undefined): string | undefined {
  for (const { target } of chain?.rules ?? []) {
    if (target?.type !== 'DNAT' || !target.addresses) continue
    const { first } = target.addresses
    return formatEndpoint(first, target.ports?.first ?? 0)
  }
  return undefined
}

/** The chain that a rule leads to, if it leads to one. */
export function chainAfter({ target }: Rule): string | undefined {
  return target?.type === 'jump' || target?.type === 'goto' ? target.chain : undefined
}

/** Chains in which kube-proxy chooses among endpoints. */
export function isBalancing(chain: string): boolean {
  return /^KUBE-(?:SVC|SVL|XLB)-/.test(chain)
}

/** A comment of a rule, if it has one. */
export function commentOf({ matches }: Rule): string | undefined {
  for (const match of matches) if (match.type === 'comment') return match.comment
  return undefined
}

const portInComment = /(?:^|\b(?:for|to) )([a-z0-9][a-z0-9.-]*\/[a-z0-9][a-z0-9-]*(?::[a-z0-9-]*)?)(?= |$)/

/** The service port (`namespace/name:port`) that kube-proxy wrote into a rule's comment. */
export function servicePortOf(rule: Rule): string | undefined {
  const comment = commentOf(rule)
  return comment === undefined ? undefined : portInComment.exec(comment)?.[1]
}

/** `namespace/name` of a service port. */
export function serviceOf(servicePort: string): string {
  const slash = servicePort.indexOf('/')
  const colon = servicePort.indexOf(':', slash)
  return colon < 0 ? servicePort : servicePort.slice(0, colon)
}
