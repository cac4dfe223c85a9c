import type { Cidr, Family, Ip } from '../../base/ip.ts'
import {
  cidrOf,
  compareIp,
  contains,
  familyOf,
  formatCidr,
  formatIp,
  offsetIp,
  parseIp,
  parseIpSloppy,
} from '../../base/ip.ts'
import type { ClusterNode, ClusterSettings } from '../../model/cluster.ts'
import { zoneLabel } from '../../model/cluster.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { Located, Node, Taint } from '../../model/objects.ts'
import type { Completion } from './completion.ts'
import { fillPodBlocks } from './pod-blocks.ts'
import { readVersion } from './settings.ts'
import { statedNodeIps } from './stated-addresses.ts'

/** The network of the nodes when nothing else is said: Docker's network of a kind cluster. */
const defaultNetwork = { 4: '172.18.0.0', 6: 'fc00:f853:ccd:e793::' } as const

const controlPlaneLabel = 'node-role.kubernetes.io/control-plane'

/** What kubeadm labels a control plane with; kind takes the second one away from a cluster of one node. */
const kubeadmLabels = (workers: boolean) => ({
  [controlPlaneLabel]: '',
  ...(workers && { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }),
})

/** A node before its addresses are filled in. */
interface Draft {
  readonly name: string
  readonly source?: Located<Node>
  /** Addresses that are known though there is no Node object. */
  readonly known?: readonly Ip[]
  readonly labels: Readonly<Record<string, string>>
  readonly controlPlane: boolean
  /** kind takes kubeadm's taint away from a cluster of one node (its action kubeadminit). */
  readonly untainted?: true
}

/** The cluster's nodes: those of the input, else those of a kind `Cluster`, else one control plane and two workers. */
export function completeNodes(completion: Completion, settings: ClusterSettings): readonly ClusterNode[] {
  const drafts = draftNodes(completion)
  const ranges = settings.podCidrs.length > 0 ? settings.podCidrs : settings.serviceCidrs
  const families = ranges.map((cidr) => familyOf(cidr.first))
  const addresses = fillAddresses(completion, drafts, families)
  const blocks = fillPodBlocks(completion, drafts, settings)
  reportOverlaps(completion, drafts, addresses, settings)
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
  const named = config ? [] : nodesOfPods(objects)
  if (named.length > 0) {
    completion.assume(`nodes ${named.map((one) => one.name).join(', ')}, which the pods of the dump name`)
    return named
  }
  const prefix = config ? `${config.object.name ?? 'kind'}-` : ''
  const wanted = config?.object.nodes ?? (config ? [{ role: 'control-plane' }] : defaultRoles)
  if (!config) completion.assume('nodes control-plane, worker and worker2, as in a kind cluster')
  return nameNodes(prefix, wanted)
}

/** The nodes that the pods of a dump run on, by name; one that runs an API server is a control plane. */
function nodesOfPods({ Pod: pods }: ObjectsByKind): readonly Draft[] {
  const dumped = pods.filter(({ object }) => object.metadata.uid !== undefined && object.spec.nodeName)
  const names = [...new Set(dumped.map(({ object }) => object.spec.nodeName ?? ''))].toSorted()
  return names.map((name) => {
    const own = dumped.filter(({ object }) => object.spec.nodeName === name)
    const controlPlane = own.some(({ object }) => object.metadata.labels?.['component'] === 'kube-apiserver')
    const host = own.map(({ object }) => object.status?.hostIP).find((ip) => ip)
    const ip = host === undefined ? undefined : parseIpSloppy(host)
    return {
      name,
      controlPlane,
      labels: { 'kubernetes.io/hostname': name, ...(controlPlane && { [controlPlaneLabel]: '' }) },
      ...(ip !== undefined && { known: [ip] }),
    }
  })
}

const defaultRoles = [{ role: 'control-plane' }, { role: 'worker' }, { role: 'worker' }]

/** kind calls them `control-plane`, `control-plane2`, `worker`, `worker2`, … */
function nameNodes(
  prefix: string,
  wanted: readonly { readonly role?: string; readonly labels?: Readonly<Record<string, string>> }[],
): readonly Draft[] {
  const counts = new Map<string, number>()
  const workers = wanted.length > 1
  const drafts = wanted.map(({ role = 'control-plane', labels = {} }): Draft => {
    const count = (counts.get(role) ?? 0) + 1
    counts.set(role, count)
    const name = `${prefix}${role}${count === 1 ? '' : count}`
    const controlPlane = role === 'control-plane'
    const roleLabels = controlPlane ? kubeadmLabels(workers) : {}
    return {
      name,
      controlPlane,
      ...(!workers && { untainted: true as const }),
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...roleLabels, ...labels },
    }
  })
  return [...drafts.filter((one) => one.controlPlane), ...drafts.filter((one) => !one.controlPlane)]
}

function fillAddresses(
  completion: Completion,
  drafts: readonly Draft[],
  families: readonly Family[],
): readonly (readonly Ip[])[] {
  const stated = drafts.map((draft) => {
    const own = draft.known ?? statedNodeIps(draft.source, 'InternalIP')
    return own.length > 0 ? own : (completion.options.nodeAddresses?.get(draft.name) ?? [])
  })
  const taken = new Set(stated.flat())
  return drafts.map((draft, index) => {
    const own = stated[index] ?? []
    if (own.length > 0) return own
    const chosen = families.map((family) => {
      const ip = freeAddress(networkStart(stated.flat(), family), taken)
      taken.add(ip)
      return ip
    })
    completion.assume(`node ${draft.name} has address ${chosen.map(formatIp).join(', ')}`, draft.source?.ref)
    return chosen
  })
}

/** A node's address that is a pod's or a Service's as well never reaches the node from a pod. */
function reportOverlaps(
  { report }: Completion,
  drafts: readonly Draft[],
  addresses: readonly (readonly Ip[])[],
  { podCidrs, serviceCidrs }: ClusterSettings,
): void {
  const check = (draft: Draft, ip: Ip, ranges: readonly Cidr[], what: string) => {
    const range = ranges.find((one) => contains(one, ip))
    if (!range) return
    report(
      'overlapping-cidrs',
      `address ${formatIp(ip)} of node ${draft.name} lies among the ${what} addresses ${formatCidr(range)}`,
      {
        ...(draft.source && {
          at: draft.source.locate(['status', 'addresses']),
          object: draft.source.ref,
        }),
        fix: 'choose blocks that do not share addresses',
      },
    )
  }
  for (const [index, draft] of drafts.entries()) {
    for (const ip of addresses[index] ?? []) {
      check(draft, ip, podCidrs, 'pod')
      check(draft, ip, serviceCidrs, 'Service')
    }
  }
}

/** Nodes that say nothing stand beside those that do. */
function networkStart(stated: readonly Ip[], family: Family): Ip {
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

function finishNode(
  completion: Completion,
  draft: Draft,
  addresses: readonly Ip[],
  podCidrs: readonly Cidr[],
  settings: ClusterSettings,
): ClusterNode {
  const { source, name, labels, controlPlane, untainted } = draft
  const object = source?.object
  const ready = object?.status?.conditions?.find((one) => one.type === 'Ready')?.status ?? 'True'
  const zone = labels[zoneLabel]
  return {
    name,
    ref: source?.ref ?? { kind: 'Node', name },
    labels,
    taints: source ? taintsOf(source.object, ready) : controlPlane && !untainted ? [controlPlaneTaint] : [],
    unschedulable: object?.spec?.unschedulable ?? false,
    ready: ready === 'True',
    addresses,
    externalAddresses: statedNodeIps(source, 'ExternalIP'),
    podCidrs,
    podBlocks: podCidrs,
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
