import type { Rule, TableName } from '../../netfilter/rule.ts'
import type { ComparedTable } from './compare-tables.ts'
import type { TableView } from './table-view.ts'
import { chainAfter, isBalancing, serviceOf, servicePortOf } from './table-view.ts'

/** A rule by which traffic comes to one service port, or is kept from it. */
export interface DispatchRule {
  readonly view: TableView
  readonly table: TableName
  readonly chain: string
  readonly rule: Rule
  readonly servicePort: string
}

/** One side's service ports, as the rules themselves tell of them. */
export interface Proxied {
  /** The dispatch rules of a Service, by `namespace/name`. */
  of(service: string): readonly DispatchRule[]
}

/** The chains to which every service port adds rules. */
const dispatchChains: Partial<Readonly<Record<TableName, readonly string[]>>> = {
  nat: ['KUBE-SERVICES', 'KUBE-NODEPORTS'],
  filter: ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL'],
}

export function isDispatch(table: TableName, chain: string): boolean {
  return dispatchChains[table]?.includes(chain) === true
}

/** Reads one side's dispatch chains, in both families. */
export function proxiedIn(tables: readonly ComparedTable[], side: 'expected' | 'actual'): Proxied {
  const services = new Map<string, DispatchRule[]>()
  for (const one of tables.flatMap((table) => dispatchRules(table[side], table.table))) {
    const name = serviceOf(one.servicePort)
    const list = services.get(name)
    if (list) list.push(one)
    else services.set(name, [one])
  }
  return { of: (service) => services.get(service) ?? [] }
}

function dispatchRules(view: TableView, table: TableName): readonly DispatchRule[] {
  return (dispatchChains[table] ?? []).flatMap((chain) =>
    (view.table.chain(chain)?.rules ?? []).flatMap((rule) => {
      const servicePort = servicePortOf(rule)
      return servicePort === undefined ? [] : [{ view, table, chain, rule, servicePort }]
    }),
  )
}

/** Every endpoint to which dispatch rules may lead: `10.244.1.7:8080`, by service port. */
export function endpointsBehind(rules: readonly DispatchRule[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const { view, rule, servicePort } of rules) {
    const set = found.get(servicePort) ?? new Set<string>()
    found.set(servicePort, set)
    gather(chainAfter(rule), view, set, new Set())
  }
  return found
}

function gather(chain: string | undefined, view: TableView, found: Set<string>, seen: Set<string>): void {
  if (chain === undefined || seen.has(chain)) return
  seen.add(chain)
  if (chain.startsWith('KUBE-SEP-')) {
    const endpoint = view.endpoint(chain)
    if (endpoint !== undefined) found.add(endpoint)
    return
  }
  if (!isBalancing(chain) && !/^KUBE-(?:EXT|FW)-/.test(chain)) return
  for (const rule of view.table.chain(chain)?.rules ?? []) gather(chainAfter(rule), view, found, seen)
}
