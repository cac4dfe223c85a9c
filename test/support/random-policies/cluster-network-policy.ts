import { drawBlocks } from './blocks.ts'
import type { Manifest, RandomCluster } from './cluster.ts'
import { portNames, protocols } from './cluster.ts'
import type { Draw } from './draw.ts'
import { portNumbers } from './network-policy.ts'
import { drawSelector } from './selectors.ts'

/** Policies of a tier whose priorities are all distinct: what equal ones mean is left open by the API. */
export function drawClusterNetworkPolicies(
  draw: Draw,
  cluster: RandomCluster,
  count: number,
): readonly Manifest[] {
  const priorities = draw.some(count, [0, 1, 7, 10, 50, 99, 100, 500, 1000])
  return priorities.map((priority, index) => ({
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name: `cluster-policy-${index}` },
    spec: {
      tier: draw.of(['Admin', 'Admin', 'Baseline']),
      priority,
      subject: drawPods(draw),
      ...(draw.chance(75) && {
        ingress: draw.list(draw.between(1, 3), () => drawIngressRule(draw)),
      }),
      ...(draw.chance(75) && {
        egress: draw.list(draw.between(1, 3), () => drawEgressRule(draw, cluster)),
      }),
    },
  }))
}

/** Pods by their namespaces, or by both labels: the form of subjects and of peers. */
export function drawPods(draw: Draw): Manifest {
  if (draw.chance(45)) return { namespaces: drawSelector(draw, 'namespaces') }
  return {
    pods: {
      namespaceSelector: drawSelector(draw, 'namespaces'),
      podSelector: drawSelector(draw, 'pods'),
    },
  }
}

const actions = ['Accept', 'Deny', 'Deny', 'Pass'] as const

function drawIngressRule(draw: Draw): Manifest {
  return {
    action: draw.of(actions),
    from: draw.list(draw.between(1, 2), () => drawPods(draw)),
    ...(draw.chance(60) && {
      protocols: draw.list(draw.between(1, 3), () => drawProtocol(draw, true)),
    }),
  }
}

function drawEgressRule(draw: Draw, cluster: RandomCluster): Manifest {
  const withNetworks = draw.chance(40)
  const networks = () => ({ networks: drawBlocks(draw, cluster.pods, draw.between(1, 2)) })
  return {
    action: draw.of(actions),
    to: draw.list(draw.between(1, 2), () => (withNetworks && draw.chance(70) ? networks() : drawPods(draw))),
    ...(draw.chance(60) && {
      // The API refuses names of ports beside networks.
      protocols: draw.list(draw.between(1, 3), () => drawProtocol(draw, !withNetworks)),
    }),
  }
}

function drawProtocol(draw: Draw, names: boolean): Manifest {
  if (names && draw.chance(30)) return { destinationNamedPort: draw.of(portNames) }
  const number = draw.of(portNumbers)
  const destinationPort = draw.chance(65)
    ? { number }
    : { range: { start: number, end: number + draw.of([1, 10, 1000]) } }
  return { [draw.of(protocols).toLowerCase()]: { destinationPort } }
}
