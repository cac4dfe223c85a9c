import type { Manifest, RandomCluster } from './cluster.ts'
import { outsideAddresses, portNames } from './cluster.ts'
import type { Draw } from './draw.ts'
import { portNumbers } from './network-policy.ts'

/** Tiers, network sets and policies of Calico as somebody may write them beside NetworkPolicies. */
export function drawCalicoObjects(draw: Draw, cluster: RandomCluster): readonly Manifest[] {
  const tiers = draw.some(draw.between(0, 2), ['early', 'late'])
  return [
    ...tiers.map((name) => ({
      ...header('Tier', name),
      spec: {
        ...(draw.chance(80) && { order: draw.of([10, 20, 2_000_000]) }),
        ...(draw.chance(60) && { defaultAction: draw.of(['Deny', 'Pass']) }),
      },
    })),
    ...drawSets(draw, cluster),
    ...draw
      .list(draw.between(1, 4), () => undefined)
      .map((_, index) => drawPolicy(draw, cluster, tiers, index)),
  ]
}

function header(kind: string, name: string, namespace?: string): Manifest {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
  }
}

function drawSets(draw: Draw, cluster: RandomCluster): readonly Manifest[] {
  return draw
    .list(draw.between(0, 2), () => undefined)
    .map((_, index) => {
      const isGlobal = draw.chance(60)
      const nets = draw.some(2, [...outsideAddresses, '10.244.1.0/24', '0.0.0.0/0', '198.51.100.0/24'])
      const made = header(
        isGlobal ? 'GlobalNetworkSet' : 'NetworkSet',
        `set-${index}`,
        isGlobal ? undefined : draw.of(cluster.namespaces),
      )
      const labels = { app: draw.of(['web', 'api', 'list']) }
      return { ...made, metadata: { ...(made['metadata'] as object), labels }, spec: { nets } }
    })
}

function drawPolicy(draw: Draw, cluster: RandomCluster, tiers: readonly string[], index: number): Manifest {
  const isGlobal = draw.chance(60)
  const tier = draw.of(['default', ...tiers])
  const rules = () => draw.list(draw.between(0, 3), () => drawRule(draw, cluster))
  const types = draw.of([undefined, ['Ingress'], ['Egress'], ['Ingress', 'Egress']])
  const name = tier === 'default' ? `calico-${index}` : `${tier}.calico-${index}`
  return {
    ...header(
      isGlobal ? 'GlobalNetworkPolicy' : 'NetworkPolicy',
      name,
      isGlobal ? undefined : draw.of(cluster.namespaces),
    ),
    spec: {
      ...(tier !== 'default' && { tier }),
      ...(draw.chance(70) && { order: draw.of([1, 5, 1000, 2000]) }),
      ...(draw.chance(85) && { selector: drawSelectorText(draw, cluster) }),
      ...(isGlobal && draw.chance(30) && { namespaceSelector: drawNamespaceSelector(draw, cluster) }),
      ...(types && { types }),
      ingress: rules(),
      egress: rules(),
    },
  }
}

function drawRule(draw: Draw, cluster: RandomCluster): Manifest {
  const protocol = draw.of([undefined, 'TCP', 'UDP', 'SCTP', 6, 17])
  const hasNumbers = protocol !== undefined
  const ports = () => (draw.chance(50) ? { ports: drawPorts(draw, hasNumbers) } : {})
  return {
    action: draw.of(['Allow', 'Allow', 'Allow', 'Deny', 'Pass', 'Log']),
    ...(protocol !== undefined && { protocol }),
    ...(protocol === undefined && draw.chance(15) && { notProtocol: draw.of(['TCP', 'UDP']) }),
    source: drawEntity(draw, cluster),
    destination: {
      ...drawEntity(draw, cluster),
      ...ports(),
      ...(draw.chance(10) && notPorts(draw, hasNumbers)),
    },
  }
}

function notPorts(draw: Draw, hasNumbers: boolean): Manifest {
  return { notPorts: drawPorts(draw, hasNumbers) }
}

function drawPorts(draw: Draw, hasNumbers: boolean): readonly (number | string)[] {
  return draw.list(draw.of([1, 1, 2, 18]), () => {
    if (!hasNumbers || draw.chance(25)) return draw.of(portNames)
    const port = draw.of(portNumbers)
    return draw.chance(30) ? `${port}:${port + draw.of([1, 10, 1000])}` : port
  })
}

function drawEntity(draw: Draw, cluster: RandomCluster): Manifest {
  if (draw.chance(35)) return {}
  return {
    ...(draw.chance(50) && { selector: drawSelectorText(draw, cluster) }),
    ...(draw.chance(20) && { notSelector: drawSelectorText(draw, cluster) }),
    ...(draw.chance(30) && { namespaceSelector: drawNamespaceSelector(draw, cluster) }),
    ...(draw.chance(10) && { serviceAccounts: { names: ['default'] } }),
    ...(draw.chance(25) && { nets: draw.some(draw.of([1, 2]), blocks) }),
    ...(draw.chance(15) && { notNets: draw.some(draw.of([1, 2]), blocks.slice(1)) }),
  }
}

const blocks = ['10.0.0.0/8', '10.244.1.0/24', '10.244.2.0/25', '203.0.113.0/24', '198.51.100.7/32']

function drawSelectorText(draw: Draw, cluster: RandomCluster): string {
  const one = () =>
    draw.of([
      `app == '${draw.of(['web', 'api', 'db'])}'`,
      `app != '${draw.of(['web', 'api', 'db'])}'`,
      `tier in {'front', 'back'}`,
      `tier not in {'front'}`,
      'has(tier)',
      '!has(app)',
      `app starts with 'a'`,
      `app contains 'b'`,
      'all()',
      `projectcalico.org/namespace == '${draw.of(cluster.namespaces)}'`,
      `projectcalico.org/orchestrator == 'k8s'`,
      `pcns.team == 'red'`,
    ])
  const form = draw.between(0, 99)
  if (form < 55) return one()
  if (form < 75) return `${one()} && ${one()}`
  return form < 90 ? `${one()} || ${one()} && ${one()}` : `!(${one()} || ${one()})`
}

function drawNamespaceSelector(draw: Draw, cluster: RandomCluster): string {
  return draw.of([
    `team == 'red'`,
    `has(env)`,
    `env != 'prod'`,
    'all()',
    `projectcalico.org/name == '${draw.of(cluster.namespaces)}'`,
    `kubernetes.io/metadata.name in {'${draw.of(cluster.namespaces)}'}`,
  ])
}
