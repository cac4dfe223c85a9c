import type { Cidr, Ip } from '../../base/ip.ts'
import {
  cidrOf,
  compareIp,
  contains,
  familyOf,
  formatCidr,
  formatIp,
  offsetIp,
  overlaps,
  parseCidr,
  parseIp,
  parseIpSloppy,
} from '../../base/ip.ts'
import type { ClusterNode, ClusterSettings } from '../../model/cluster.ts'
import { zoneLabel } from '../../model/cluster.ts'
import type { Located, Node, Taint } from '../../model/objects.ts'
import type { Completion } from './completion.ts'
import { readVersion } from './settings.ts'

/** The network of the nodes when nothing else is said: Docker's network of a kind cluster. */
const defaultNetwork = { 4: '172.18.0.0', 6: 'fc00:f853:ccd:e793::' } as const

const controlPlaneLabel = 'node-role.kubernetes.io/control-plane'

/** A node before its addresses are filled in. */
interface Draft {
  readonly name: string
  readonly source?: Located<Node>
  readonly labels: Readonly<Record<string, string>>
  readonly controlPlane: boolean
}

/** The cluster's nodes: those of the input, else those of a kind `Cluster`, else one control plane and two workers. */
export function completeNodes(completion: Completion, settings: ClusterSettings): readonly ClusterNode[] {
  const drafts = draftNodes(completion)
  const families = settings.podCidrs.map((cidr) => familyOf(cidr.first))
  const addresses = fillAddresses(completion, drafts, families)
  const blocks = fillPodCidrs(completion, drafts, settings)
  return drafts.map((draft, index) =>
    finishNode(completion, draft, addresses[index] ?? [], blocks[index] ?? [], settings),
  )
}

function draftNodes(completion: Completion): readonly Draft[] {
  const { objects } = completion
  if (objects.Node.length > 0) {
    return objects.Node.map((source) => {
      const labels = source.object.metadata.labels ?? {}
      return { name: source.ref.name, source, labels, controlPlane: controlPlaneLabel in labels }
    })
  }
  const config = objects.Cluster[0]
  const prefix = config ? `${config.object.name ?? 'kind'}-` : ''
  const wanted = config?.object.nodes ?? (config ? [{ role: 'control-plane' }] : defaultRoles)
  if (!config) completion.assume('nodes control-plane, worker and worker2, as in a kind cluster')
  return nameNodes(prefix, wanted)
}

const defaultRoles = [{ role: 'control-plane' }, { role: 'worker' }, { role: 'worker' }]

/** kind calls them `control-plane`, `control-plane2`, `worker`, `worker2`, … */
function nameNodes(
  prefix: string,
  wanted: readonly { readonly role?: string; readonly labels?: Readonly<Record<string, string>> }[],
): readonly Draft[] {
  const counts = new Map<string, number>()
  const drafts = wanted.map(({ role = 'control-plane', labels = {} }): Draft => {
    const count = (counts.get(role) ?? 0) + 1
    counts.set(role, count)
    const name = `${prefix}${role}${count === 1 ? '' : count}`
    const controlPlane = role === 'control-plane'
    const roleLabel = controlPlane ? { [controlPlaneLabel]: '' } : {}
    return {
      name,
      controlPlane,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...roleLabel, ...labels },
    }
  })
  return [...drafts.filter((one) => one.controlPlane), ...drafts.filter((one) => !one.controlPlane)]
}

function statedAddresses(source: Located<Node> | undefined, type: string): Ip[] {
  return (source?.object.status?.addresses ?? [])
    .filter((one) => one.type === type)
    .map((one) => parseIpSloppy(one.address ?? ''))
    .filter((ip) => ip !== undefined)
}

function fillAddresses(
  completion: Completion,
  drafts: readonly Draft[],
  families: readonly (4 | 6)[],
): readonly (readonly Ip[])[] {
  const stated = drafts.map((draft) => statedAddresses(draft.source, 'InternalIP'))
  const taken = new Set(stated.flat())
  return drafts.map((draft, index) => {
    const own = stated[index] ?? []
    if (own.length > 0) return own
    const chosen = families.map((family) => {
      const ip = freeAddress(networkStart(stated.flat(), family), taken)
      taken.add(ip)
      return ip
    })
    if (draft.source) {
      completion.assume(`node ${draft.name} has address ${chosen.map(formatIp).join(', ')}`, draft.source.ref)
    }
    return chosen
  })
}

/** Nodes that say nothing stand beside those that do. */
function networkStart(stated: readonly Ip[], family: 4 | 6): Ip {
  const near = stated.filter((ip) => familyOf(ip) === family).toSorted(compareIp)[0]
  if (near !== undefined) return cidrOf(near, family === 4 ? 24 : 64).first
  return parseIp(defaultNetwork[family]) ?? 0
}

/** The first two addresses of a network are its own and its router's. */
function freeAddress(network: Ip, taken: ReadonlySet<Ip>): Ip {
  let ip = offsetIp(network, 2)
  while (taken.has(ip)) ip = offsetIp(ip, 1)
  return ip
}

/** The node IPAM controller's masks: /24 and /64. */
const nodeBits = { 4: 24, 6: 64 } as const

function fillPodCidrs(
  completion: Completion,
  drafts: readonly Draft[],
  settings: ClusterSettings,
): readonly (readonly Cidr[])[] {
  const stated = drafts.map(({ source }) => statedPodCidrs(source))
  reportOverlaps(completion, drafts, stated)
  const taken = stated.flat()
  return drafts.map((draft, index) => {
    const own = stated[index] ?? []
    if (own.length > 0) return own
    const chosen = settings.podCidrs.map((pool) => {
      const block = freeBlock(pool, taken)
      taken.push(block)
      return block
    })
    if (draft.source) {
      completion.assume(
        `node ${draft.name} has the pod block ${chosen.map(formatCidr).join(', ')}`,
        draft.source.ref,
      )
    }
    return chosen
  })
}

function statedPodCidrs(source: Located<Node> | undefined): Cidr[] {
  const { podCIDR, podCIDRs } = source?.object.spec ?? {}
  const texts = podCIDRs?.length ? podCIDRs : podCIDR ? [podCIDR] : []
  return texts.map((text) => parseCidr(text)).filter((cidr) => cidr !== undefined)
}

function reportOverlaps(
  completion: Completion,
  drafts: readonly Draft[],
  stated: readonly (readonly Cidr[])[],
): void {
  for (const [index, blocks] of stated.entries()) {
    for (const [other, others] of stated.slice(0, index).entries()) {
      const clash = blocks.find((block) => others.some((one) => overlaps(one, block)))
      const source = drafts[index]?.source
      if (!clash || !source) continue
      completion.report(
        'overlapping-cidrs',
        `the pod block ${formatCidr(clash)} of node ${source.ref.name} overlaps that of node ${drafts[other]?.name}`,
        { at: source.locate(['spec', 'podCIDR']), object: source.ref },
      )
    }
  }
}

function freeBlock(pool: Cidr, taken: readonly Cidr[]): Cidr {
  const family = familyOf(pool.first)
  const bits = Math.max(nodeBits[family], pool.bits)
  let block = cidrOf(pool.first, bits)
  while (contains(pool, block.first) && taken.some((one) => overlaps(one, block))) {
    block = cidrOf(typeof block.last === 'number' ? block.last + 1 : block.last + 1n, bits)
  }
  return block
}

function finishNode(
  completion: Completion,
  draft: Draft,
  addresses: readonly Ip[],
  podCidrs: readonly Cidr[],
  settings: ClusterSettings,
): ClusterNode {
  const { source, name, labels, controlPlane } = draft
  const object = source?.object
  const ready = object?.status?.conditions?.find((one) => one.type === 'Ready')?.status ?? 'True'
  const zone = labels[zoneLabel]
  return {
    name,
    ref: source?.ref ?? { kind: 'Node', name },
    labels,
    taints: source ? taintsOf(source.object, ready) : controlPlane ? [controlPlaneTaint] : [],
    unschedulable: object?.spec?.unschedulable ?? false,
    ready: ready === 'True',
    addresses,
    externalAddresses: statedAddresses(source, 'ExternalIP'),
    podCidrs,
    ...(zone && { zone }),
    minorVersion: nodeVersion(completion, object, settings),
    ...(source && { source }),
  }
}

const controlPlaneTaint: Taint = { key: controlPlaneLabel, effect: 'NoSchedule' }

/**
 * The node's own taints, and the one by which the node lifecycle controller keeps pods from a node that is not
 * ready; a dump has it already.
 */
function taintsOf({ metadata, spec }: Node, ready: string): readonly Taint[] {
  const own = spec?.taints ?? []
  if (ready === 'True' || metadata.uid !== undefined) return own
  const key = ready === 'False' ? 'node.kubernetes.io/not-ready' : 'node.kubernetes.io/unreachable'
  return own.some((one) => one.key === key) ? own : [...own, { key, effect: 'NoSchedule' }]
}

/** kube-proxy's release on this node: the cluster's, unless only the nodes themselves say one. */
function nodeVersion(
  { options, objects, report }: Completion,
  object: Node | undefined,
  settings: ClusterSettings,
): number {
  const info = object?.status?.nodeInfo
  const own = info?.kubeProxyVersion || info?.kubeletVersion
  const clusterWide =
    options.kubeVersion ??
    objects.Environment[0]?.object.spec?.kubeProxy?.version ??
    objects.ClusterConfiguration[0]
  return own && clusterWide === undefined ? readVersion(own, report) : settings.minorVersion
}
