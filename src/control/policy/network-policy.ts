import { parseCidrSloppy } from '../../base/ip.ts'
import { SCTP, TCP, UDP } from '../../base/packet.ts'
import type { Located } from '../../model/objects.ts'
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../model/policy-objects.ts'
import { anyLabels } from '../../policy/label-expression.ts'
import type { Direction, IpBlock, Path, Peer, Policy, PolicyRule, PortMatch } from '../../policy/policy.ts'
import { readSelector } from './read-selector.ts'

/**
 * A NetworkPolicy as engines evaluate it. Mirrors the defaults that the API server fills in
 * (pkg/apis/networking/v1/defaults.go): a policy without types is one of Ingress, and of Egress if it has egress rules;
 * a port without a protocol is one of TCP.
 */
export function networkPolicyOf({ object, ref, locate }: Located<NetworkPolicy>): Policy {
  const { podSelector = {}, ingress = [], egress = [] } = object.spec ?? {}
  const namespace = ref.namespace ?? 'default'
  const types = policyTypes(object)
  const rules = (direction: Direction): readonly PolicyRule[] =>
    direction === 'ingress'
      ? ingress.map(({ from, ports }, index) =>
          ruleOf({ list: from, ports, path: ['spec', 'ingress', index], side: 'from', namespace }),
        )
      : egress.map(({ to, ports }, index) =>
          ruleOf({ list: to, ports, path: ['spec', 'egress', index], side: 'to', namespace }),
        )
  return {
    api: 'NetworkPolicy',
    ref,
    subject: { namespace, labels: readSelector(podSelector), labelsPath: ['spec', 'podSelector'] },
    ...(types.includes('Ingress') && { ingress: rules('ingress') }),
    ...(types.includes('Egress') && { egress: rules('egress') }),
    locate,
  }
}

/** The directions that the policy is about. */
export function policyTypes({ spec = {} }: NetworkPolicy): readonly string[] {
  const { policyTypes: stated = [], egress = [] } = spec
  if (stated.length > 0) return stated
  return egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
}

interface RuleInput {
  readonly list: readonly NetworkPolicyPeer[] | undefined
  readonly ports: readonly NetworkPolicyPort[] | undefined
  readonly path: Path
  readonly side: 'from' | 'to'
  readonly namespace: string
}

/** An empty list says as much as none: everybody, every port. */
function ruleOf({ list = [], ports = [], path, side, namespace }: RuleInput): PolicyRule {
  return {
    action: 'allow',
    path,
    ...(list.length > 0 && {
      peers: list.map((peer, index) => peerOf(peer, [...path, side, index], namespace)),
    }),
    ...(ports.length > 0 && { ports: ports.map((port, index) => portOf(port, [...path, 'ports', index])) }),
  }
}

function peerOf(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  path: Path,
  namespace: string,
): Peer {
  if (ipBlock) return { path, blocks: blockOf(ipBlock, [...path, 'ipBlock']) }
  return {
    path,
    endpoints: {
      namespace: namespaceSelector ? readSelector(namespaceSelector) : namespace,
      labels: podSelector ? readSelector(podSelector) : anyLabels,
      ...(namespaceSelector && { namespacePath: [...path, 'namespaceSelector'] }),
      ...(podSelector && { labelsPath: [...path, 'podSelector'] }),
    },
  }
}

function blockOf(
  { cidr = '', except = [] }: NonNullable<NetworkPolicyPeer['ipBlock']>,
  path: Path,
): readonly IpBlock[] {
  const block = parseCidrSloppy(cidr)
  return block ? [{ cidr: block, except: except.flatMap((one) => parseCidrSloppy(one) ?? []), path }] : []
}

const numbers: Readonly<Record<string, number>> = { TCP, UDP, SCTP }

/** IANA's number of a protocol by the name that Kubernetes has for it. */
export function protocolOf(name: string): number | undefined {
  return numbers[name]
}

function portOf({ protocol = 'TCP', port, endPort }: NetworkPolicyPort, path: Path): PortMatch {
  const number = protocolOf(protocol) ?? TCP
  if (typeof port === 'string') return { path, protocol: number, name: port }
  return {
    path,
    protocol: number,
    ...(port !== undefined && { port }),
    ...(endPort !== undefined && { endPort }),
  }
}
