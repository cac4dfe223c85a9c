import { formatCidr } from '../base/ip.ts'
import type { PolicyEngine } from './engine.ts'
import { keysOf } from './label-expression.ts'
import type { EndpointSelector, IpBlock, Peer, PolicyRule, PolicySet } from './policy.ts'

/** Places in objects make no difference to what a condition means. */
const places = new Set(['path', 'labelsPath', 'namespacePath'])

/** What a condition says, as a text: equal for equal conditions, wherever they stand. */
export function contentOf(condition: unknown): string {
  return JSON.stringify(condition, (key, value: unknown) => {
    if (places.has(key)) return undefined
    return typeof value === 'bigint' ? `${value}n` : value
  })
}

/** Everything that the policies of a set ask about the ends of packets, each condition once. */
export interface Conditions {
  readonly selectors: ReadonlyMap<string, EndpointSelector>
  /** By their text. */
  readonly blocks: ReadonlyMap<string, IpBlock>
  /** Keys of labels of endpoints, of their namespaces and of their service accounts. */
  readonly labels: ReadonlySet<string>
  readonly namespaceLabels: ReadonlySet<string>
  readonly accountLabels: ReadonlySet<string>
  readonly usesAccounts: boolean
  readonly portNames: ReadonlySet<string>
  /** Some peer is a Cilium entity: what its own node is, and who the API server is, counts. */
  readonly usesEntities: boolean
}

/** The blocks of one list, as a text. */
export function blockText({ cidr, except }: IpBlock): string {
  return [cidr, ...except].map(formatCidr).join(' ')
}

/** Gathers what is asked, over all tiers and by the engine itself. */
export function conditionsOf({ tiers }: PolicySet, { exempt, ownNodePasses }: PolicyEngine): Conditions {
  const policies = tiers.flatMap((tier) => tier.policies)
  const own = [...(exempt?.ingress ?? []), ...(exempt?.egress ?? [])]
  const rules = [...policies.flatMap(({ ingress = [], egress = [] }) => [...ingress, ...egress]), ...own]
  const peers = rules.flatMap(({ peers: list = [], self }) => (self ? [...list, self] : list))
  const selectors = new Map<string, EndpointSelector>()
  const all = [...policies.map(({ subject }) => subject), ...peers.flatMap(selectorsOf)]
  for (const one of all) selectors.set(contentOf(one), one)
  const distinct = [...selectors.values()]
  const blocks = peers.flatMap((peer) => [...(peer.blocks ?? []), ...(peer.notBlocks ?? [])])
  return {
    selectors,
    blocks: new Map(blocks.map((block) => [blockText(block), block])),
    labels: new Set(distinct.flatMap(({ labels }) => keysOf(labels))),
    namespaceLabels: new Set(
      distinct.flatMap(({ namespace }) => (typeof namespace === 'object' ? keysOf(namespace) : [])),
    ),
    accountLabels: new Set(
      distinct.flatMap(({ serviceAccounts }) =>
        serviceAccounts?.labels ? keysOf(serviceAccounts.labels) : [],
      ),
    ),
    usesAccounts: distinct.some(({ serviceAccounts }) => serviceAccounts !== undefined),
    portNames: new Set(rules.flatMap(portNamesOf)),
    usesEntities:
      ownNodePasses === true || peers.some(({ entities, notEntities }) => entities ?? notEntities),
  }
}

function selectorsOf({ endpoints, notEndpoints }: Peer): readonly EndpointSelector[] {
  return [...(endpoints ? [endpoints] : []), ...(notEndpoints ? [notEndpoints] : [])]
}

function portNamesOf({ ports = [], notPorts = [] }: PolicyRule): readonly string[] {
  return [...ports, ...notPorts].flatMap(({ name }) => name ?? [])
}
