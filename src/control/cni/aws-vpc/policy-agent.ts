import type { Ip } from '../../../base/ip.ts'
import { familyOf } from '../../../base/ip.ts'
import type { Judged } from '../../../base/source.ts'
import type { ClusterPod } from '../../../model/cluster.ts'
import type { FilterVerdict, PacketFilter } from '../../../model/network.ts'
import { podId } from '../../pod-namespace.ts'
import { endpointsOf } from '../../policy/endpoints.ts'
import { judge } from '../../policy/judge.ts'
import type { PolicyEnforcement } from '../../policy/policy-set.ts'
import { enforcesPolicies, policiesUnder } from '../../policy/policy-set.ts'
import type { Cni, CniContext, CniInput } from '../cni.ts'
import { configMapNamed } from '../parts/config-entries.ts'
import { daemonOf, flagsOf, settingOf, variablesOf } from '../parts/daemon.ts'
import { readBoolean, readWord } from '../parts/read-setting.ts'
import { eniName } from './pod.ts'
import { awsPolicies } from './policies.ts'
import type { AwsVpcSettings } from './settings.ts'

/** aws-network-policy-agent as it is set up. */
export interface PolicyAgent {
  readonly enabled: boolean
  /** `strict`: a pod that no policy is about gets and sends nothing. */
  readonly mode: 'standard' | 'strict'
  readonly namedPorts: boolean
}

/**
 * Reads what switches the agent on: the argument of its container in DaemonSet aws-node (off, if it is not there), and the
 * entry of ConfigMap amazon-vpc-cni by which EKS runs the controller. Without either it is taken to be on.
 */
export function readPolicyAgent(input: CniInput): PolicyAgent {
  const { objects, report, settings, environment } = input
  const own = variablesOf(input, daemonOf(objects, /^aws-node$/, 'aws-node'))
  const stated = settingOf(input, 'enableNetworkPolicy')
  const isStated = environment.cni?.enforcesNetworkPolicy === true
  return {
    enabled: isStated || readBoolean(report, stated, isSwitchedOn(input)),
    mode: readWord(report, own('NETWORK_POLICY_ENFORCING_MODE'), ['standard', 'strict'], 'standard'),
    namedPorts: settings['namedPortsResolved'] !== false,
  }
}

function isSwitchedOn({ objects, report }: CniInput): boolean {
  const controller = configMapNamed(objects, /^amazon-vpc-cni$/)?.object.data?.[
    'enable-network-policy-controller'
  ]
  if (controller === 'false') return false
  if (!objects.daemonSets.some(({ ref }) => ref.name === 'aws-node')) return true
  const agent = daemonOf(objects, /^aws-node$/, 'aws-eks-nodeagent')
  const flag = flagsOf({ settings: {} }, agent)('enable-network-policy')
  return agent?.container.name === 'aws-eks-nodeagent' && readBoolean(report, flag, false)
}

/** The agent's part of the plugin; nothing, where it is off. */
export function policyParts(agent: PolicyAgent, settings: AwsVpcSettings): Pick<Cni, 'policy' | 'filters'> {
  if (!agent.enabled) return {}
  const policy = awsPolicies(agent.namedPorts)
  return { policy, filters: (context) => agentFilters(agent, policy, settings, context) }
}

/**
 * Its programs at the node's end of each pod's veth pair (attachIngressBPFProbe and attachEgressBPFProbe): what the pod
 * sends is judged before any translation, what it gets after all of them. The node's own address is never judged
 * (ComputeMapEntriesFromEndpointRules), so that whatever the pod's node has masqueraded passes.
 */
function agentFilters(
  { mode }: PolicyAgent,
  enforcement: PolicyEnforcement,
  settings: AwsVpcSettings,
  { cluster, node, pods }: CniContext,
): readonly PacketFilter[] {
  if (!enforcesPolicies(cluster)) return []
  const policies = policiesUnder(cluster, enforcement)
  const { name } = enforcement.engine
  const isNode = (ip: Ip) => ip === node.addresses.find((one) => familyOf(one) === familyOf(ip))
  const isUnselected = (pod: ClusterPod) => {
    const endpoint = endpointsOf(cluster).byId(podId(pod))
    return (
      endpoint !== undefined &&
      policies.selected(endpoint, 'ingress').length + policies.selected(endpoint, 'egress').length === 0
    )
  }
  const filter = (pod: ClusterPod, direction: Judged['direction']): PacketFilter => ({
    name,
    at: {
      type: 'device',
      device: eniName(settings, pod),
      side: direction === 'ingress' ? 'sent' : 'received',
    },
    judge: (packet) => {
      if (mode === 'strict' && isUnselected(pod)) return unselected(pod)
      const other = direction === 'ingress' ? packet.src : packet.dst
      if (isNode(other)) return { action: 'accept', judged: [] }
      return judge(cluster, policies, packet, [{ endpoint: podId(pod), direction }])
    },
  })
  return pods.flatMap((pod) => [filter(pod, 'egress'), filter(pod, 'ingress')])
}

function unselected(pod: ClusterPod): FilterVerdict {
  return {
    action: 'drop',
    judged: [],
    text: `strict mode (NETWORK_POLICY_ENFORCING_MODE): no policy is about ${podId(pod)}`,
  }
}
