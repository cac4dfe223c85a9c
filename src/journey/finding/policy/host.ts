import { formatIp } from '../../../base/ip.ts'
import type { ClusterPod } from '../../../model/cluster.ts'
import type { Failure } from '../failure.ts'
import { fullName, inPod } from '../failure.ts'
import type { Denial, FindPolicyCause } from './denial.ts'
import { inPolicy, onlyMissing, policyName } from './denial.ts'

const ports = ['no-endpoint', 'port', 'port-name'] as const

/** What a pod may not send to is a process of a node, such as the API server: selectors of pods never match it. */
export const findHostServer: FindPolicyCause = ({ world, asked }, denial) => {
  const { flow } = denial.place
  const { endpoint, ip } = flow.peer
  const found = onlyMissing(denial, ports)
  if (flow.direction !== 'egress' || endpoint?.type !== 'node' || !found) return undefined
  if (found.first.type !== 'no-endpoint') return undefined
  const { policy, first } = found
  const pod = world.cluster.pods.find(
    (one) =>
      one.hostNetwork && one.nodeName === endpoint.node && one.ports.some(({ port }) => port === flow.dport),
  )
  const process = pod
    ? `pod ${fullName(pod)}, which is on the network of node ${endpoint.ref.name}`
    : `a process of node ${endpoint.ref.name}`
  const service = asked
    ? `Service ${asked.service.name} stands for ${formatIp(ip)}:${flow.dport}, `
    : `${formatIp(ip)}:${flow.dport} is `
  return {
    message: `${service}${process}; ${policyName(policy)} selects pods there, and no selector matches a node`,
    ...(denial.remedy && { fix: denial.remedy.text }),
    objects: [inPolicy(policy, first.path), asked?.service.ref],
  }
}

/** The client is on its node's network: its packets have an address of the node, which selectors never match. */
export const findHostClient: FindPolicyCause = (failure, denial) => {
  const { flow, sent, packet } = denial.place
  const client = hostClient(failure)
  const isOwn = sent !== undefined && (sent.src === packet.src || isOfNode(failure, denial))
  const found = onlyMissing(denial, ['no-endpoint', 'block'])
  if (flow.direction !== 'ingress' || !client || !isOwn || !found) return undefined
  const { policy, first } = found
  const { pod, node } = client
  const who = pod
    ? `pod ${fullName(pod)} is on its node's network: its packets come`
    : `packets of node ${node} come`
  return {
    message: `${who} from ${formatIp(packet.src)}, an address of ${node}, and not of a pod; nothing in ${policyName(policy)} matches it`,
    fix: `${denial.remedy ? `${denial.remedy.text}; so for every node that sends${pod ? '; or ' : ''}` : ''}${pod ? 'give the pod a network of its own' : ''}`,
    objects: [inPolicy(policy, first.path), pod && inPod(pod, 'spec', 'hostNetwork')],
  }
}

/** The sender, if it is a node or a pod without a network of its own. */
function hostClient({ sender }: Failure): { readonly pod?: ClusterPod; readonly node: string } | undefined {
  const { pod, netns } = sender
  if (pod?.hostNetwork) return { pod, node: pod.nodeName ?? '' }
  return netns.startsWith('node/') ? { node: netns.slice(5) } : undefined
}

/** The source is an address of one of the sender's own devices: that of a tunnel, of a bridge. */
function isOfNode({ sender }: Failure, { place: { packet } }: Denial): boolean {
  const devices = sender.network.namespaces.get(sender.netns)?.devices ?? []
  return devices.some(({ addresses }) => addresses.some(({ ip }) => ip === packet.src))
}
