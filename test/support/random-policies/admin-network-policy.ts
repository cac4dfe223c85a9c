import { drawBlocks } from './blocks.ts'
import type { Manifest, RandomCluster } from './cluster.ts'
import { portNames, protocols } from './cluster.ts'
import { drawPods } from './cluster-network-policy.ts'
import type { Draw } from './draw.ts'
import { portNumbers } from './network-policy.ts'

/** AdminNetworkPolicies whose priorities are all distinct, and perhaps the one BaselineAdminNetworkPolicy. */
export function drawAdminNetworkPolicies(
  draw: Draw,
  cluster: RandomCluster,
  count: number,
): readonly Manifest[] {
  const priorities = draw.some(count, [0, 1, 7, 10, 50, 99, 100, 500, 1000])
  const admin = priorities.map((priority, index) => ({
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind: 'AdminNetworkPolicy',
    metadata: { name: `admin-policy-${index}` },
    spec: { priority, ...drawSpec(draw, cluster, ['Allow', 'Deny', 'Deny', 'Pass']) },
  }))
  if (count > 0 && draw.chance(35)) return admin
  const baseline = {
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind: 'BaselineAdminNetworkPolicy',
    metadata: { name: 'default' },
    spec: drawSpec(draw, cluster, ['Allow', 'Deny', 'Deny']),
  }
  return [...admin, baseline]
}

function drawSpec(draw: Draw, cluster: RandomCluster, actions: readonly string[]): Manifest {
  return {
    subject: drawPods(draw),
    ...(draw.chance(75) && {
      ingress: draw.list(draw.between(1, 3), () => drawIngressRule(draw, actions)),
    }),
    ...(draw.chance(75) && {
      egress: draw.list(draw.between(1, 3), () => drawEgressRule(draw, cluster, actions)),
    }),
  }
}

function drawIngressRule(draw: Draw, actions: readonly string[]): Manifest {
  return {
    action: draw.of(actions),
    from: draw.list(draw.between(1, 2), () => drawPods(draw)),
    ...(draw.chance(60) && { ports: draw.list(draw.between(1, 3), () => drawPort(draw, true)) }),
  }
}

function drawEgressRule(draw: Draw, cluster: RandomCluster, actions: readonly string[]): Manifest {
  const withNetworks = draw.chance(40)
  const networks = () => ({ networks: drawBlocks(draw, cluster.pods, draw.between(1, 2)) })
  return {
    action: draw.of(actions),
    to: draw.list(draw.between(1, 2), () => (withNetworks && draw.chance(70) ? networks() : drawPods(draw))),
    ...(draw.chance(60) && {
      // The API refuses names of ports beside networks.
      ports: draw.list(draw.between(1, 3), () => drawPort(draw, !withNetworks)),
    }),
  }
}

function drawPort(draw: Draw, names: boolean): Manifest {
  if (names && draw.chance(30)) return { namedPort: draw.of(portNames) }
  const port = draw.of(portNumbers)
  const protocol = draw.of(protocols)
  if (draw.chance(60)) return { portNumber: { protocol, port } }
  return { portRange: { protocol, start: port, end: port + draw.of([1, 10, 1000]) } }
}
