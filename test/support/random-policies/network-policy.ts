import { drawIpBlock } from './blocks.ts'
import type { Manifest, RandomCluster } from './cluster.ts'
import { portNames, protocols } from './cluster.ts'
import type { Draw } from './draw.ts'
import { drawSelector } from './selectors.ts'

/** The port numbers that policies are about; pods declare some of them by name. */
export const portNumbers = [53, 80, 443, 5353, 8080, 8081, 9090, 9091] as const

/** A NetworkPolicy as somebody may write it: fields missing, null or empty wherever the API allows that. */
export function drawNetworkPolicy(draw: Draw, cluster: RandomCluster, index: number): Manifest {
  const types = drawPolicyTypes(draw)
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy-${index}`, namespace: draw.of(cluster.namespaces) },
    spec: {
      ...(!draw.chance(5) && { podSelector: drawSelector(draw, 'pods') }),
      ...(types !== undefined && { policyTypes: types }),
      ...drawRules(draw, cluster, { field: 'ingress', peers: 'from' }),
      ...drawRules(draw, cluster, { field: 'egress', peers: 'to' }),
    },
  }
}

function drawPolicyTypes(draw: Draw): readonly string[] | null | undefined {
  const form = draw.between(0, 99)
  if (form < 35) return undefined
  if (form < 40) return draw.of([[], null])
  return draw.of([['Ingress'], ['Egress'], ['Ingress', 'Egress'], ['Egress', 'Ingress']])
}

interface Direction {
  readonly field: 'ingress' | 'egress'
  readonly peers: 'from' | 'to'
}

function drawRules(draw: Draw, cluster: RandomCluster, direction: Direction): Manifest {
  const form = draw.between(0, 99)
  if (form < 25) return {}
  if (form < 28) return { [direction.field]: null }
  if (form < 35) return { [direction.field]: [] }
  return { [direction.field]: draw.list(draw.of([1, 1, 1, 2, 3]), () => drawRule(draw, cluster, direction)) }
}

function drawRule(draw: Draw, cluster: RandomCluster, { peers }: Direction): Manifest {
  return {
    ...optionalList(draw, peers, () => drawPeer(draw, cluster)),
    ...optionalList(draw, 'ports', () => drawPort(draw)),
  }
}

function optionalList(draw: Draw, field: string, item: () => Manifest): Manifest {
  const form = draw.between(0, 99)
  if (form < 18) return {}
  if (form < 21) return { [field]: null }
  if (form < 25) return { [field]: [] }
  return { [field]: draw.list(draw.of([1, 1, 2, 3]), item) }
}

function drawPeer(draw: Draw, cluster: RandomCluster): Manifest {
  const podSelector = () => ({ podSelector: drawSelector(draw, 'pods') })
  const namespaceSelector = () => ({ namespaceSelector: drawSelector(draw, 'namespaces') })
  switch (draw.of(['pods', 'pods', 'namespaces', 'both', 'both', 'block', 'block'])) {
    case 'pods':
      return { ...podSelector(), ...(draw.chance(10) && { namespaceSelector: null }) }
    case 'namespaces':
      return { ...namespaceSelector(), ...(draw.chance(10) && { podSelector: null }) }
    case 'both':
      return { ...namespaceSelector(), ...podSelector() }
    default:
      return { ipBlock: drawIpBlock(draw, cluster.pods) }
  }
}

function drawPort(draw: Draw): Manifest {
  const protocol = draw.chance(65) && { protocol: draw.of(protocols) }
  switch (draw.of(['number', 'number', 'number', 'name', 'name', 'range', 'range', 'all'])) {
    case 'number':
      return { ...protocol, port: draw.of(portNumbers) }
    case 'name':
      return { ...protocol, port: draw.of(portNames) }
    case 'range': {
      const port = draw.of(portNumbers)
      return { ...protocol, port, endPort: port + draw.of([0, 1, 10, 1000]) }
    }
    default:
      return { ...protocol }
  }
}
