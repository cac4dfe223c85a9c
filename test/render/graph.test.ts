import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { LoadedCluster, TopologyScope } from '../../src/index.ts'
import { drawTopology, parseCluster, viewTopology } from '../../src/index.ts'
import type { Box, Wire } from '../../src/render/graph/svg-layout.ts'
import { layoutTopology } from '../../src/render/graph/svg-layout.ts'
import { clusterOf, deployment, service } from '../support/clusters.ts'

const node = '{apiVersion: v1, kind: Node, metadata: {name: one}, spec: {podCIDR: 10.244.1.0/24}}'
const pod =
  '{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: web}}, spec: {containers: [{name: c}]}, status: {podIP: 10.244.1.9, phase: Running}}'
const balancer = '{loadBalancer: {ingress: [{ip: 203.0.113.80}]}}'

function edgesOf(cluster: LoadedCluster, scope: TopologyScope = {}): readonly string[] {
  return viewTopology(cluster.topology(), scope).edges.map(({ from, to, type }) => `${from} ${type} ${to}`)
}

// biome-ignore format: one picture a line
const pictures: readonly { readonly name: string; readonly objects: readonly string[]; readonly scope?: TopologyScope; readonly edges: readonly string[] }[] = [
  { name: 'a pod runs on its node', objects: [node, pod], edges: ['node/one runs pod/default/a'] },
  { name: 'a Service leads to its endpoint', objects: [node, pod, service('web')], edges: ['node/one runs pod/default/a', 'service/default/web endpoint pod/default/a'] },
  { name: 'a node port is a way in', objects: [node, service('web', 'type: NodePort')], edges: ['node-port/default/web leads-to service/default/web', 'outside enters node-port/default/web'] },
  { name: 'so is a load balancer, and not its node ports beside it', objects: [node, service('web', 'type: LoadBalancer', 'default', balancer)], edges: ['load-balancer/default/web leads-to service/default/web', 'outside enters load-balancer/default/web'] },
  { name: 'a load balancer without an address has its node ports', objects: [node, service('web', 'type: LoadBalancer')], edges: ['node-port/default/web leads-to service/default/web', 'outside enters node-port/default/web'] },
  { name: 'so are external IPs', objects: [node, service('web', 'externalIPs: [198.51.100.7]')], edges: ['external-ip/default/web leads-to service/default/web', 'outside enters external-ip/default/web'] },
  { name: 'an ExternalName stands for a name', objects: [node, '{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {type: ExternalName, externalName: db.example.com}}'], edges: ['service/default/db stands-for address/db.example.com'] },
  { name: 'endpoints that are no pod are addresses', objects: [node, '{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {ports: [{port: 80}]}}', '{apiVersion: v1, kind: Endpoints, metadata: {name: db}, subsets: [{addresses: [{ip: 11.11.11.11}], ports: [{port: 80}]}]}'], edges: ['service/default/db endpoint address/11.11.11.11'] },
  { name: 'a namespace alone', objects: [node, pod, service('web'), service('other', '', 'shop')], scope: { namespace: 'shop' }, edges: [] },
  { name: 'a Service alone', objects: [node, pod, service('web'), service('other', 'type: NodePort')], scope: { service: 'default/web' }, edges: ['node/one runs pod/default/a', 'service/default/web endpoint pod/default/a'] },
]

test.for(pictures)('$name', ({ objects, scope, edges }) => {
  expect(edgesOf(clusterOf(...objects), scope).toSorted()).toEqual(edges.toSorted())
})

describe('many pods', () => {
  const many = clusterOf(deployment('web', 60), deployment('api', 40), service('web'), service('api'))
  const podsIn = (scope: TopologyScope) =>
    viewTopology(many.topology(), scope).vertices.flatMap((one) => (one.type === 'pod' ? [one] : []))

  test('replicas on one node that the same Services lead to are one', () => {
    const pods = podsIn({ namespace: 'default' })
    expect(pods.map((one) => `${one.name} ×${one.count} ${one.node}`).toSorted()).toEqual([
      'api ×20 worker',
      'api ×20 worker2',
      'web ×30 worker',
      'web ×30 worker2',
    ])
  })

  test('each of them where it is asked for', () => {
    expect(podsIn({ namespace: 'default', eachPod: true }).length).toBe(100)
  })

  test('one node alone', () => {
    expect(new Set(podsIn({ node: 'worker' }).map((one) => one.node))).toEqual(new Set(['worker']))
  })
})

const drawn: Readonly<Record<string, LoadedCluster>> = {
  small: clusterOf(
    deployment('web', 3),
    service('web', 'type: LoadBalancer', 'default', balancer),
    service('api'),
  ),
  manifest: parseCluster([
    {
      name: 'manifest.yaml',
      text: readFileSync(join(import.meta.dirname, '../recorded/kubectl/manifest.yaml'), 'utf8'),
    },
  ]),
  large: clusterOf(
    '{apiVersion: kind.x-k8s.io/v1alpha4, kind: Cluster, nodes: [{role: control-plane}, {role: worker}, {role: worker}, {role: worker}]}',
    ...['web', 'api', 'cart', 'search', 'ledger'].flatMap((name, index) => [
      deployment(name, 40, 'shop'),
      service(name, index % 2 === 0 ? 'type: NodePort' : '', 'shop'),
    ]),
  ),
  'long names': clusterOf(
    deployment(`a${'-very'.repeat(10)}-long-name`, 2),
    service(`b${'-very'.repeat(8)}-long-name`),
  ),
  'nothing but nodes': clusterOf(node),
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

function contains(outer: Box, inner: Box): boolean {
  const right = inner.x + inner.width <= outer.x + outer.width
  const below = inner.y + inner.height <= outer.y + outer.height
  return inner.x >= outer.x && inner.y >= outer.y && right && below
}

/** Points along the curve of a wire, without its ends. */
function pointsOf({ from, to, levelFrom }: Wire): readonly { readonly x: number; readonly y: number }[] {
  const end = levelFrom ?? to.x - 7
  const half = Math.max(24, (end - from.x) / 2)
  const xs = [from.x, from.x + half, end - half, end]
  const ys = [from.y, from.y, to.y, to.y]
  const at = (values: readonly number[], t: number) => {
    const [a = 0, b = 0, c = 0, d = 0] = values
    const u = 1 - t
    return u * u * u * a + 3 * u * u * t * b + 3 * u * t * t * c + t * t * t * d
  }
  return Array.from({ length: 48 }, (_, index) => (index + 1) / 50).map((t) => ({
    x: at(xs, t),
    y: at(ys, t),
  }))
}

describe.for(Object.entries(drawn))('the picture of %s', ([, cluster]) => {
  const view = viewTopology(cluster.topology())
  const { boxes, wires, width, height } = layoutTopology(view)
  const nodes = boxes.filter((one) => one.type === 'node')
  const cards = boxes.filter((one) => one.type !== 'node')

  test('has a box for everything', () => {
    expect(boxes.map((one) => one.id).toSorted()).toEqual(view.vertices.map((one) => one.id).toSorted())
  })

  test('no two boxes overlap, and nothing is outside', () => {
    const overlaps = (list: readonly Box[]) =>
      list.flatMap((a, index) =>
        list.slice(index + 1).flatMap((b) => (overlap(a, b) ? [`${a.id} ${b.id}`] : [])),
      )
    expect(overlaps(cards)).toEqual([])
    expect(overlaps(nodes)).toEqual([])
    const paper: Box = { id: '', type: 'node', x: 0, y: 0, width, height, label: { title: '', lines: [] } }
    expect(boxes.filter((one) => !contains(paper, one))).toEqual([])
  })

  test('pods are inside their nodes', () => {
    for (const vertex of view.vertices) {
      if (vertex.type !== 'pod') continue
      const card = cards.find((one) => one.id === vertex.id)
      const home = nodes.find((one) => card && contains(one, card))
      expect(home?.id).toBe(vertex.node === undefined ? undefined : `node/${vertex.node}`)
    }
  })

  test('no line crosses a card', () => {
    const crossed = wires.flatMap((wire) =>
      cards.filter((box) =>
        pointsOf(wire).some(
          ({ x, y }) => x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height,
        ),
      ),
    )
    expect(crossed.map((one) => one.id)).toEqual([])
  })

  test('the SVG is well-formed, stands alone and keeps its words on its cards', () => {
    const svg = drawTopology(view, 'svg')
    const open: string[] = []
    for (const [, close, name = '', empty] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (close) expect(open.pop()).toBe(name)
      else if (!empty) open.push(name)
    }
    expect(open).toEqual([])
    expect(svg).not.toMatch(/undefined|NaN|<script|href/)
    const titles = [...svg.matchAll(/<text class="title"[^>]*>([^<]*)</g)].map((one) => one[1] ?? '')
    expect(titles.filter((one) => one.replace(/&#\d+;/g, '.').length > 27)).toEqual([])
  })

  test('dot and Mermaid declare what they join', () => {
    const dot = drawTopology(view, 'dot')
    const declared = new Set([...dot.matchAll(/^\s*"([^"]+)" \[/gm)].map((one) => one[1]))
    const joined = [...dot.matchAll(/^\s*"([^"]+)" -> "([^"]+)"/gm)].flatMap((one) => [one[1], one[2]])
    expect(joined.filter((one) => !declared.has(one))).toEqual([])
    expect(dot.split('{').length).toBe(dot.split('}').length)
    const mermaid = drawTopology(view, 'mermaid')
    const ids = new Set([...mermaid.matchAll(/^\s*(?:subgraph )?([a-z]\d+)[[(]/gm)].map((one) => one[1]))
    const ends = [
      ...mermaid.matchAll(
        /^\s*([a-z]\d+) -.*?-> ?(?:\|[^|]*\|)? ?([a-z]\d+)$|^\s*([a-z]\d+) -->(?:\|[^|]*\|)? ([a-z]\d+)$/gm,
      ),
    ]
    const used = ends.flatMap((one) => [one[1] ?? one[3], one[2] ?? one[4]])
    expect(used.length).toBe(view.edges.filter((one) => one.type !== 'runs').length * 2)
    expect(used.filter((one) => !ids.has(one))).toEqual([])
  })
})

test('JSON names every vertex and joins known ones', () => {
  const value = JSON.parse(
    drawTopology(viewTopology(clusterOf(node, pod, service('web')).topology()), 'json'),
  )
  expect(value).toMatchObject({
    apiVersion: 'kubewalk.dev/v1alpha1',
    kind: 'Topology',
    nodes: [
      { id: 'node/one', type: 'node', name: 'one' },
      { id: 'pod/default/a', type: 'pod', node: 'one', addresses: ['10.244.1.9'], ready: true, count: 1 },
      { id: 'service/default/web', type: 'service', serviceType: 'ClusterIP', ports: ['80/TCP'] },
    ],
    edges: [
      { from: 'node/one', to: 'pod/default/a', type: 'runs' },
      {
        from: 'service/default/web',
        to: 'pod/default/a',
        type: 'endpoint',
        ready: true,
        ports: ['8080/TCP'],
      },
    ],
  })
})
