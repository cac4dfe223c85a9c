import { fnv1a } from '../../base/hash.ts'
import type { Cidr, Family, Ip } from '../../base/ip.ts'
import { contains, familyOf, formatCidr, formatIp, offsetIp, sizeOf } from '../../base/ip.ts'
import { byText } from '../../base/ordering.ts'
import type { ClusterNode, ClusterPod, DeclaredPort } from '../../model/cluster.ts'
import type { Container, Pod } from '../../model/objects.ts'
import { statedPodCidrs } from './address-ranges.ts'
import type { Completion } from './completion.ts'
import type { Placement } from './scheduling.ts'
import { byTurn } from './scheduling.ts'
import { statedPodIps } from './stated-addresses.ts'
import type { PodDraft } from './workloads.ts'

/** Gives the placed pods their state and addresses, as kubelet and the CNI plugin's IPAM would. */
export function finishPods(
  completion: Completion,
  placements: ReadonlyMap<PodDraft, Placement>,
  nodes: readonly ClusterNode[],
): readonly ClusterPod[] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const addresses = allocateAddresses(completion, placements, byName)
  return [...placements].flatMap(([draft, placement]) =>
    'absent' in placement ? [] : [finishPod(draft, placement, addresses.get(draft) ?? [])],
  )
}

function finishPod(draft: PodDraft, placement: Placement, ips: readonly Ip[]): ClusterPod {
  const { object, namespace, name, ref, owner, source } = draft
  const { spec, metadata } = object
  const nodeName = 'node' in placement ? placement.node : undefined
  const phase = object.status?.phase ?? (nodeName === undefined ? 'Pending' : 'Running')
  const hostname = spec.hostname
  return {
    namespace,
    name,
    ref,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    ...(nodeName !== undefined && { nodeName }),
    ips,
    phase,
    ready: isReady(object, phase),
    terminating: metadata.deletionTimestamp !== undefined,
    hostNetwork: spec.hostNetwork ?? false,
    ports: declaredPorts(object),
    ...(hostname !== undefined && { hostname }),
    ...(spec.subdomain !== undefined && { subdomain: spec.subdomain }),
    ...(owner && { owner }),
    ...('unscheduled' in placement && { unscheduled: placement.unscheduled }),
    object,
    ...(source && { source }),
  }
}

/**
 * The Ready condition. A pod of a dump without one is not ready (IsPodReady). A pod of a manifest says nothing of its
 * state: it runs and is ready, unless a condition that its readiness gates ask for is stated to be false.
 */
function isReady({ spec, status, metadata }: Pod, phase: string): boolean {
  const conditionOf = (type: string | undefined) => status?.conditions?.find((one) => one.type === type)
  const condition = conditionOf('Ready')
  if (condition) return condition.status === 'True'
  if (metadata.uid !== undefined && status !== undefined) return false
  const gates = (spec.readinessGates ?? []).map((gate) => conditionOf(gate.conditionType)?.status)
  return phase === 'Running' && gates.every((gate) => gate === undefined || gate === 'True')
}

function declaredPorts({ spec }: Pod): readonly DeclaredPort[] {
  const portsOf = (container: Container, running: boolean): DeclaredPort[] =>
    (container.ports ?? []).map((port) => ({
      container: container.name ?? '',
      ...(port.name !== undefined && { name: port.name }),
      port: port.containerPort ?? 0,
      protocol: port.protocol ?? 'TCP',
      ...(port.hostPort && { hostPort: port.hostPort }),
      running,
    }))
  return [
    ...(spec.containers ?? []).flatMap((container) => portsOf(container, true)),
    ...(spec.initContainers ?? []).flatMap((one) => portsOf(one, one.restartPolicy === 'Always')),
  ]
}

/** Pods that have an address at all: placed, and not finished. */
function wantsAddress(draft: PodDraft, placement: Placement): placement is { readonly node: string } {
  const phase = draft.object.status?.phase
  const stated = draft.object.metadata.uid !== undefined && draft.object.status !== undefined
  return 'node' in placement && phase !== 'Succeeded' && phase !== 'Failed' && !stated
}

function allocateAddresses(
  completion: Completion,
  placements: ReadonlyMap<PodDraft, Placement>,
  nodes: ReadonlyMap<string, ClusterNode>,
): ReadonlyMap<PodDraft, readonly Ip[]> {
  const addresses = new Map<PodDraft, readonly Ip[]>()
  const taken = new Map<Ip, PodDraft>()
  for (const [draft] of placements) {
    const stated = statedPodIps(draft.object)
    if (stated.length === 0) continue
    addresses.set(draft, stated)
    checkStated(completion, draft, stated, nodes, taken)
  }
  const chosen = chooseOpen(completion, placements, nodes, { stated: addresses, taken })
  for (const [draft, placement] of [...placements].toSorted(([a], [b]) => byName(a, b))) {
    sayAssumed(completion, draft, placement, draft.object.spec.hostNetwork ? [] : (chosen.get(draft) ?? []))
  }
  return new Map([...addresses, ...chosen])
}

/** Addresses for the pods that state none, in a turn that the order of the input does not change. */
function chooseOpen(
  completion: Completion,
  placements: ReadonlyMap<PodDraft, Placement>,
  nodes: ReadonlyMap<string, ClusterNode>,
  { stated, taken }: { readonly stated: ReadonlyMap<PodDraft, unknown>; readonly taken: Map<Ip, PodDraft> },
): ReadonlyMap<PodDraft, readonly Ip[]> {
  const open = [...placements].filter(([draft, one]) => !stated.has(draft) && wantsAddress(draft, one))
  const chosen = new Map<PodDraft, readonly Ip[]>()
  const lacking = new Map<ClusterNode, PodDraft[]>()
  for (const [draft, placement] of open.toSorted(([a], [b]) => byTurn(a, b))) {
    const node = 'node' in placement ? nodes.get(placement.node) : undefined
    if (!node) continue
    const ips = chooseAddresses(draft, node, taken)
    chosen.set(draft, ips)
    if (ips.length < familiesOf(node).length) lacking.set(node, [...(lacking.get(node) ?? []), draft])
  }
  for (const [node, drafts] of lacking) reportFull(completion, node, drafts)
  return chosen
}

function byName(a: PodDraft, b: PodDraft): number {
  return byText(a.namespace, b.namespace) || byText(a.name, b.name)
}

/** One line for a pod: where it was put, and what address it was given. */
function sayAssumed(
  completion: Completion,
  { namespace, name, ref }: PodDraft,
  placement: Placement,
  chosen: readonly Ip[],
): void {
  const address = chosen.map(formatIp).join(', ')
  const place = 'assumed' in placement ? `runs on ${placement.node}` : ''
  if (place === '' && address === '') return
  const what = place && address ? `${place} with address ${address}` : place || `has address ${address}`
  completion.assume(`pod ${namespace}/${name} ${what}`, ref)
}

function checkStated(
  completion: Completion,
  draft: PodDraft,
  stated: readonly Ip[],
  nodes: ReadonlyMap<string, ClusterNode>,
  taken: Map<Ip, PodDraft>,
): void {
  const phase = draft.object.status?.phase
  if (draft.object.spec.hostNetwork || phase === 'Succeeded' || phase === 'Failed') return
  const place = draft.source ? { at: draft.source.locate(['status', 'podIP']) } : {}
  for (const ip of stated) {
    const other = taken.get(ip)
    if (other) {
      completion.report(
        'pod-ip-taken',
        `pods ${other.namespace}/${other.name} and ${draft.namespace}/${draft.name} both have ${formatIp(ip)}`,
        { ...place, object: draft.ref },
      )
    } else taken.set(ip, draft)
    const node = nodes.get(draft.object.spec.nodeName ?? '')
    // A block that is only assumed says nothing against a dump.
    const dumped = draft.object.metadata.uid !== undefined
    const all = dumped ? statedPodCidrs(node?.source?.object.spec) : (node?.podBlocks ?? [])
    const blocks = all.filter((cidr) => familyOf(cidr.first) === familyOf(ip))
    if (node && blocks.length > 0 && !blocks.some((cidr) => contains(cidr, ip))) {
      completion.report(
        'pod-ip-outside-node',
        `pod ${draft.namespace}/${draft.name} has ${formatIp(ip)}, outside the block ${blocks.map(formatCidr).join(', ')} of node ${node.name}`,
        { ...place, object: draft.ref },
      )
    }
  }
}

/** Pods that the CNI plugin has no address for never start. */
function reportFull(
  { report }: Completion,
  { name, podBlocks }: ClusterNode,
  drafts: readonly PodDraft[],
): void {
  const first = drafts[0]
  const what = drafts.length === 1 ? '1 pod has' : `${drafts.length} pods have`
  report(
    'pod-ip-taken',
    `${what} no address: node ${name} has given out all of ${podBlocks.map(formatCidr).join(', ')}`,
    { ...(first && { object: first.ref }), severity: 'warning', fix: 'spread the pods over more nodes' },
  )
}

/** A host-network pod has its node's addresses; any other gets one of its node's block for each family. */
function chooseAddresses(draft: PodDraft, node: ClusterNode, taken: Map<Ip, PodDraft>): readonly Ip[] {
  if (draft.object.spec.hostNetwork) return node.addresses
  const chosen = familiesOf(node).flatMap((family) => {
    const blocks = node.podBlocks.filter((block) => familyOf(block.first) === family)
    for (const block of blocks) {
      const ip = freeAddress(block, node, draft, taken)
      if (ip !== undefined) return [ip]
    }
    return []
  })
  for (const ip of chosen) taken.set(ip, draft)
  return chosen
}

function familiesOf({ podBlocks }: ClusterNode): readonly Family[] {
  return [...new Set(podBlocks.map((block) => familyOf(block.first)))]
}

/** By a hash of the pod's name, so that another pod more or less changes nothing; the next one if it is taken. */
function freeAddress(
  block: Cidr,
  { wholeBlocks }: ClusterNode,
  draft: PodDraft,
  taken: ReadonlyMap<Ip, PodDraft>,
): Ip | undefined {
  const [first, reserved] = wholeBlocks ? [0, 0] : [2, 3]
  const usable = Math.min(sizeOf(block) - reserved, 65_000)
  const start = fnv1a(`${draft.namespace}/${draft.name}`) % Math.max(usable, 1)
  for (let step = 0; step < usable; step++) {
    const ip = offsetIp(block.first, first + ((start + step) % usable))
    if (!taken.has(ip)) return ip
  }
  return undefined
}
