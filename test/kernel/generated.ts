import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { KernelCluster } from './cluster-text.ts'
import { cluster } from './cluster-text.ts'
import type { Families, KubeObject } from './objects.ts'
import { kubeProxy, letter, pod, service } from './objects.ts'

/** Draws for one cluster: the same seed gives the same cluster on every machine. */
interface Draw {
  /** One of the items. */
  readonly of: <T>(items: readonly T[]) => T
  /** True so many times in a hundred. */
  readonly chance: (percent: number) => boolean
}

function drawFrom(seed: number): Draw {
  const random = xoroshiro128plus(seed)
  // The first numbers of neighbouring seeds resemble each other.
  for (let skip = 0; skip < 16; skip++) uniformInt(random, 0, 99)
  const below = (limit: number) => uniformInt(random, 0, limit - 1)
  return {
    of: <T>(items: readonly T[]) => items[below(items.length)] as T,
    chance: (percent) => below(100) < percent,
  }
}

const versions = ['1.28', '1.29', '1.30', '1.31', '1.32', '1.33', '1.34', '1.35', '1.36']

/** A cluster with applications on random nodes and Services of random shapes over them. */
export function generateCluster(seed: number): KernelCluster {
  const draw = drawFrom(seed)
  const families = draw.of<Families>(['ipv4', 'ipv4', 'ipv4', 'ipv6', 'dual'])
  const nodeCount = draw.of([2, 2, 3])
  const nodeNames = Array.from({ length: nodeCount }, (_, index) => `node-${letter(index)}`)
  const apps = ['alpha', 'beta', 'gamma'].slice(0, draw.of([2, 3]))
  const pods = apps.flatMap((app) => podsOf(draw, app, nodeNames))
  const services = Array.from({ length: draw.of([3, 4, 5]) }, (_, index) =>
    drawService(draw, { index, app: draw.of([...apps, ...apps, 'nobody']), families }),
  )
  return cluster(`generated ${seed}`, [...pods, ...services, ...drawProxy(draw, families)], {
    nodes: nodeCount,
    families,
    kubeVersion: draw.of(versions),
    ...(draw.chance(20) && { outside: { kubeProxy: { masqueradeRandomFully: false } } }),
  })
}

function podsOf(draw: Draw, app: string, nodeNames: readonly string[]): readonly KubeObject[] {
  const shape = draw.of(['ready', 'ready', 'ready', 'mixed', 'terminating'])
  return Array.from({ length: draw.of([1, 2, 3, 4]) }, (_, index) =>
    pod(`${app}-${index}`, {
      node: draw.of(nodeNames),
      app,
      ports: [
        { port: 8080, name: 'http' },
        { port: 5300, name: 'dns', protocol: 'UDP' },
      ],
      terminating: shape === 'terminating' || (shape === 'mixed' && index % 2 === 1),
      ready: shape !== 'mixed' || index % 3 !== 2,
    }),
  )
}

interface ServicePlan {
  readonly index: number
  readonly app: string
  readonly families: Families
}

function drawService(draw: Draw, { index, app, families }: ServicePlan): KubeObject {
  const type = draw.of(['ClusterIP', 'NodePort', 'NodePort', 'LoadBalancer', 'LoadBalancer'])
  const http = { name: 'http', port: 80, targetPort: draw.of<string | number>(['http', 8080]) }
  const dns = { name: 'dns', port: 53, protocol: 'UDP', targetPort: 'dns' }
  const offers = type !== 'ClusterIP'
  const withoutNodePorts = type === 'LoadBalancer' && draw.chance(25)
  const ports = draw.chance(50) ? [http, dns] : [http]
  return service(`${app}-${index}`, {
    app,
    ports: ports.map((port, at) => ({
      ...port,
      ...(offers && !withoutNodePorts && { nodePort: 30100 + index * 10 + at }),
    })),
    spec: {
      type,
      ...(withoutNodePorts && { allocateLoadBalancerNodePorts: false }),
      ...(draw.chance(30) && { internalTrafficPolicy: 'Local' }),
      ...(draw.chance(30) && { sessionAffinity: 'ClientIP' }),
      ...(families === 'dual' && { ipFamilyPolicy: draw.of(['SingleStack', 'RequireDualStack']) }),
      ...drawOutside(draw, { index, type, families }),
    },
    ...(type === 'LoadBalancer' && { ingress: [drawIngress(draw, index, families)] }),
  })
}

/** What concerns callers from outside: external addresses, policy, source ranges. */
function drawOutside(
  draw: Draw,
  { index, type, families }: { readonly index: number; readonly type: string; readonly families: Families },
): Readonly<Record<string, unknown>> {
  const six = families === 'ipv6'
  const external = draw.chance(30)
  return {
    ...(external && { externalIPs: [six ? `2001:db8:2::${index + 1}` : `198.18.0.${index + 1}`] }),
    ...((external || type !== 'ClusterIP') && draw.chance(45) && { externalTrafficPolicy: 'Local' }),
    ...(type === 'LoadBalancer' &&
      draw.chance(40) && {
        loadBalancerSourceRanges: six
          ? draw.of([['2001:db8:7::/64'], ['fd00:10:244::/56', 'fc00:f853:ccd:e793::2/128']])
          : draw.of([
              ['198.51.100.0/24'],
              ['10.244.0.0/16', '172.18.0.2/32'],
              ['192.0.2.0/24', '172.18.0.100/32'],
            ]),
      }),
  }
}

function drawIngress(draw: Draw, index: number, families: Families): Readonly<Record<string, unknown>> {
  const ip = families === 'ipv6' ? `2001:db8:1::${index + 1}` : `34.68.131.${index + 1}`
  return { ip, ...(draw.chance(25) && { ipMode: 'Proxy' }) }
}

function drawProxy(draw: Draw, families: Families): readonly KubeObject[] {
  const blocks = { ipv4: '10.244.0.0/16', ipv6: 'fd00:10:244::/56', dual: '10.244.0.0/16,fd00:10:244::/56' }
  const clusterCIDR = blocks[families]
  switch (draw.of(['assumed', 'assumed', 'all', 'node', 'prefix', 'no-localhost'])) {
    case 'all':
      return [kubeProxy({ clusterCIDR, iptables: { masqueradeAll: true } })]
    case 'node':
      return [kubeProxy({ clusterCIDR, detectLocalMode: 'NodeCIDR' })]
    case 'prefix':
      return [
        kubeProxy({
          clusterCIDR,
          detectLocalMode: 'InterfaceNamePrefix',
          detectLocal: { interfaceNamePrefix: 'veth' },
        }),
      ]
    case 'no-localhost':
      return [kubeProxy({ clusterCIDR, iptables: { localhostNodePorts: false } })]
    default:
      return []
  }
}
