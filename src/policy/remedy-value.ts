import { formatCidr, hostCidr } from '../base/ip.ts'
import { hasPorts } from '../base/packet.ts'
import type { YamlValue } from '../base/yaml-text.ts'
import type { Endpoint } from './endpoint.ts'
import type { Labels } from './label-expression.ts'
import type { PolicyFlow } from './match.ts'
import type { Policy, PolicyApi } from './policy.ts'
import { protocolWord } from './words.ts'

/** How a rule names the other end: the pod by its labels, its address, or everybody. */
export type PeerForm = 'pod' | 'address' | 'anybody'

/** Labels that a controller gives to each of its pods anew: they say nothing of what the pod is. */
const generated = new Set([
  'pod-template-hash',
  'pod-template-generation',
  'controller-revision-hash',
  'controller-uid',
  'job-name',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'batch.kubernetes.io/job-completion-index',
])

/** Labels by which things are named, the most usual first. */
const naming = ['app.kubernetes.io/name', 'app', 'k8s-app', 'name']

/** The labels that say what a pod is: that of its name, if it has one, else all that its controller did not make up. */
export function ownLabels({ labels }: Endpoint): Labels {
  const name = naming.find((key) => labels[key] !== undefined)
  const value = name === undefined ? undefined : labels[name]
  if (name !== undefined && value !== undefined) return { [name]: value }
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !generated.has(key)))
}

/** The packet's port as an entry of a NetworkPolicy's `ports`. */
export function portValue({ protocol, dport }: PolicyFlow): YamlValue {
  return { protocol: protocolWord(protocol), port: dport }
}

/** The other end as an entry of a NetworkPolicy's `from` or `to`. */
export function peerValue(form: Exclude<PeerForm, 'anybody'>, flow: PolicyFlow, { ref }: Policy): YamlValue {
  const { endpoint } = flow.peer
  if (form === 'address' || !endpoint) return { ipBlock: { cidr: address(flow) } }
  const podSelector = selector(ownLabels(endpoint))
  if (endpoint.namespace === undefined || endpoint.namespace === ref.namespace) return { podSelector }
  return { namespaceSelector: namespaceSelector(endpoint.namespace), podSelector }
}

function address({ peer }: PolicyFlow): string {
  return formatCidr(hostCidr(peer.ip))
}

function selector(labels: Labels): YamlValue {
  return Object.keys(labels).length === 0 ? {} : { matchLabels: labels }
}

function namespaceSelector(name: string): YamlValue {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } }
}

/** A rule that allows exactly this, in the words of the policy's API; `undefined` where that cannot be said in it. */
export function ruleValue(form: PeerForm, flow: PolicyFlow, policy: Policy): YamlValue | undefined {
  return writers[policy.api](form, flow, policy)
}

type WriteRule = (form: PeerForm, flow: PolicyFlow, policy: Policy) => YamlValue | undefined

const writers: Readonly<Record<PolicyApi, WriteRule>> = {
  NetworkPolicy: (form, flow, policy) => ({
    ...(form !== 'anybody' && { [fromOrTo(flow)]: [peerValue(form, flow, policy)] }),
    ...(hasPorts(flow.protocol) && { ports: [portValue(flow)] }),
  }),
  ClusterNetworkPolicy: (form, flow) =>
    clusterRule(form, flow, 'Accept', {
      protocols: [
        { [protocolWord(flow.protocol).toLowerCase()]: { destinationPort: { number: flow.dport } } },
      ],
    }),
  AdminNetworkPolicy: (form, flow) => clusterRule(form, flow, 'Allow', adminPorts(flow)),
  BaselineAdminNetworkPolicy: (form, flow) => clusterRule(form, flow, 'Allow', adminPorts(flow)),
  CalicoNetworkPolicy: calicoRule,
  GlobalNetworkPolicy: calicoRule,
  CiliumNetworkPolicy: ciliumRule,
  CiliumClusterwideNetworkPolicy: ciliumRule,
}

function fromOrTo({ direction }: PolicyFlow): 'from' | 'to' {
  return direction === 'ingress' ? 'from' : 'to'
}

function adminPorts(flow: PolicyFlow): Readonly<Record<string, YamlValue>> {
  return { ports: [{ portNumber: portValue(flow) }] }
}

/** Policies for administrators name pods on both sides, and addresses only on the way out. */
function clusterRule(
  form: PeerForm,
  flow: PolicyFlow,
  action: string,
  ports: Readonly<Record<string, YamlValue>>,
): YamlValue | undefined {
  const peer = clusterPeer(form, flow)
  return peer && { action, [fromOrTo(flow)]: [peer], ...(hasPorts(flow.protocol) && ports) }
}

function clusterPeer(form: PeerForm, flow: PolicyFlow): YamlValue | undefined {
  const { endpoint } = flow.peer
  if (form === 'pod' && endpoint?.namespace !== undefined) {
    return {
      pods: {
        namespaceSelector: namespaceSelector(endpoint.namespace),
        podSelector: selector(ownLabels(endpoint)),
      },
    }
  }
  return form === 'address' && flow.direction === 'egress' ? { networks: [address(flow)] } : undefined
}

/** projectcalico.org/v3: the other end is the source of what comes in and the destination of what goes out. */
function calicoRule(form: PeerForm, flow: PolicyFlow, policy: Policy): YamlValue {
  const { protocol, direction, dport } = flow
  const peer = calicoPeer(form, flow, policy)
  const ports = hasPorts(protocol) ? { ports: [dport] } : {}
  const source = direction === 'ingress' ? peer : {}
  const destination = direction === 'ingress' ? ports : { ...peer, ...ports }
  return {
    action: 'Allow',
    protocol: protocolWord(protocol),
    ...(Object.keys(source).length > 0 && { source }),
    ...(Object.keys(destination).length > 0 && { destination }),
  }
}

function calicoPeer(form: PeerForm, flow: PolicyFlow, { ref }: Policy): Readonly<Record<string, YamlValue>> {
  const { endpoint } = flow.peer
  if (form === 'anybody') return {}
  if (form === 'address' || !endpoint) return { nets: [address(flow)] }
  const labels = Object.entries(ownLabels(endpoint)).map(([key, value]) => `${key} == '${value}'`)
  const { namespace } = endpoint
  return {
    selector: labels.length === 0 ? 'all()' : labels.join(' && '),
    ...(namespace !== undefined &&
      namespace !== ref.namespace && {
        namespaceSelector: `kubernetes.io/metadata.name == '${namespace}'`,
      }),
  }
}

function ciliumRule(form: PeerForm, flow: PolicyFlow): YamlValue {
  const { direction, protocol, dport } = flow
  const side = direction === 'ingress' ? 'from' : 'to'
  return {
    ...ciliumPeer(form, flow, side),
    ...(hasPorts(protocol) && {
      toPorts: [{ ports: [{ port: String(dport), protocol: protocolWord(protocol) }] }],
    }),
  }
}

function ciliumPeer(
  form: PeerForm,
  flow: PolicyFlow,
  side: 'from' | 'to',
): Readonly<Record<string, YamlValue>> {
  const { endpoint } = flow.peer
  if (form === 'address') return { [`${side}CIDR`]: [address(flow)] }
  if (form === 'anybody' || !endpoint)
    return { [`${side}Entities`]: [endpoint?.type === 'node' ? nodeEntity(flow) : 'all'] }
  const { namespace = '' } = endpoint
  return {
    [`${side}Endpoints`]: [
      { matchLabels: { 'k8s:io.kubernetes.pod.namespace': namespace, ...ownLabels(endpoint) } },
    ],
  }
}

function nodeEntity({ self, peer }: PolicyFlow): string {
  return self.endpoint.node === peer.endpoint?.node ? 'host' : 'remote-node'
}
