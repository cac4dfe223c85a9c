import type { DriftEntry } from '../../model/drift.ts'
import type { TableName } from '../../netfilter/rule.ts'
import type { DriftContext } from '../context.ts'
import type { ComparedTable } from './compare-tables.ts'
import type { TableView } from './table-view.ts'

/** What kube-proxy on the node is, where it is not what was expected: its rules are then not compared one by one. */
export interface ProxyShape {
  /** The family whose rules are so. */
  readonly family: 4 | 6
  readonly entry: DriftEntry
  /** Whether only chains that every Service shares have another form, so that Services can still be compared. */
  readonly servicesComparable: boolean
}

/** Recognises another mode or a much older release of kube-proxy by the chains that it makes, in each family. */
export function proxyShapes(tables: readonly ComparedTable[], context: DriftContext): readonly ProxyShape[] {
  return ([4, 6] as const).flatMap((family) => {
    const own = tables.filter((one) => one.family === family)
    const shape = proxyShape(own, context)
    return shape ? [{ ...shape, family }] : []
  })
}

/** One entry for what is the same in both families; a family is named where the other is as it should be. */
export function shapeEntries(
  shapes: readonly ProxyShape[],
  tables: readonly ComparedTable[],
): readonly DriftEntry[] {
  const families = new Set(tables.map(({ family }) => family)).size
  const entries = shapes.map(({ entry, family }) =>
    shapes.length < families ? { ...entry, message: `${entry.message} (IPv${family})` } : entry,
  )
  return entries.filter((one, index) => entries.findIndex(({ message }) => message === one.message) === index)
}

type Shape = Omit<ProxyShape, 'family'>

function proxyShape(tables: readonly ComparedTable[], { dump, objects }: DriftContext): Shape | undefined {
  const should = hasChain(tables, 'expected', 'nat', 'KUBE-SERVICES')
  const has = hasChain(tables, 'actual', 'nat', 'KUBE-SERVICES')
  const entry = (type: DriftEntry['type'], message: string, consequence?: string): DriftEntry => ({
    type,
    area: 'rules',
    component: 'kube-proxy',
    ...(objects.kubeProxy && { subject: objects.kubeProxy }),
    message,
    ...(consequence !== undefined && { consequence }),
    expected: [],
    actual: [],
  })
  const apart = (one: DriftEntry): Shape => ({ entry: one, servicesComparable: false })
  if (!should && !has) return undefined
  if (!should) return apart(entry('extra', 'rules of kube-proxy are on the node, which should have none'))
  const ipvs =
    dump.devices?.some(({ name }) => name === 'kube-ipvs0') === true ||
    dump.sets?.some(({ name }) => /^KUBE-(?:6-)?CLUSTER-IP$/.test(name)) === true ||
    hasChain(tables, 'actual', 'nat', 'KUBE-LOAD-BALANCER')
  if (ipvs)
    return apart(
      entry('differs', 'kube-proxy works in mode ipvs on the node; mode iptables is what it should have'),
    )
  if (!has) {
    return apart(
      entry(
        'missing',
        'no rule of kube-proxy is on the node: it does not run, or in mode nftables, whose rules iptables-save does not show',
        'if it does not run, no Service can be reached by this node',
      ),
    )
  }
  const old = oldRelease(tables)
  return old === undefined
    ? undefined
    : { entry: entry('differs', `the rules look like those of ${old}`), servicesComparable: true }
}

/** The newest release that would write such chains, if it is older than what is modelled. */
function oldRelease(tables: readonly ComparedTable[]): string | undefined {
  const nat = tables.find((one) => one.table === 'nat' && one.actual.table.chain('KUBE-SERVICES'))
  if (!nat) return undefined
  if (nat.actual.table.chains().some(({ name }) => name.startsWith('KUBE-XLB-')))
    return 'kube-proxy 1.23 or older: KUBE-XLB chains, which 1.24 replaced by KUBE-EXT'
  const filter = tables.find((one) => one.table === 'filter' && one.family === nat.family)
  const firewall = filter?.actual.table.chain('KUBE-PROXY-FIREWALL')
  return filter?.expected.table.chain('KUBE-PROXY-FIREWALL') && !firewall && isProxied(filter.actual)
    ? 'kube-proxy 1.24 or older: no KUBE-PROXY-FIREWALL, which 1.25 added'
    : undefined
}

function isProxied(view: TableView): boolean {
  return view.table.chain('KUBE-FORWARD') !== undefined
}

function hasChain(
  tables: readonly ComparedTable[],
  side: 'expected' | 'actual',
  table: TableName,
  chain: string,
): boolean {
  return tables.some((one) => one.table === table && one[side].table.chain(chain) !== undefined)
}

/** Chains that kube-proxy writes whatever Services there are, and the jumps into them. */
export function isSharedByServices(chain: string): boolean {
  return /^KUBE-(?:PROXY-FIREWALL|MARK-DROP|MARK-MASQ|FIREWALL|FORWARD|POSTROUTING|NODEPORTS|EXTERNAL-SERVICES)$/.test(
    chain,
  )
}
