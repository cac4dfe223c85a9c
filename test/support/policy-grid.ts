import type { LoadedCluster } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'
import type { Connection } from './policy-verdicts.ts'
import { decided } from './policy-verdicts.ts'

/**
 * Nine pods: a, b and c in each of the namespaces x, y and z, labelled `pod: a` and `ns: x`. Each serves 80 and 81 by TCP, UDP and
 * SCTP, with names such as serve-80-tcp. a and c are on n1, b is on n2; x/b is 10.244.2.2.
 */
const names: readonly string[] = ['a', 'b', 'c']
const namespaces: readonly string[] = ['x', 'y', 'z']

export const gridPods: readonly string[] = namespaces.flatMap((ns) => names.map((name) => `${ns}/${name}`))

const environment = `apiVersion: kubewalk.dev/v1alpha1
kind: Environment
metadata: {name: grid}
spec: {cni: {plugin: kindnet}}`

function nodeObject(name: string, ip: string, podCidr: string): string {
  return `{apiVersion: v1, kind: Node, metadata: {name: ${name}}, spec: {podCIDR: ${podCidr}}, status: {addresses: [{type: InternalIP, address: ${ip}}]}}`
}

const ports = ['TCP', 'UDP', 'SCTP'].flatMap((protocol) =>
  [80, 81].map(
    (port) =>
      `{name: serve-${port}-${protocol.toLowerCase()}, containerPort: ${port}, protocol: ${protocol}}`,
  ),
)

/** The address of a pod of the grid: x/a is 10.244.1.2, x/b 10.244.2.2, z/c 10.244.1.7. */
export function gridAddress(pod: string): string {
  const [ns = '', name = ''] = pod.split('/')
  const row = namespaces.indexOf(ns)
  if (name === 'b') return `10.244.2.${2 + row}`
  return `10.244.1.${2 + 2 * row + (name === 'c' ? 1 : 0)}`
}

function podObject(pod: string, labels: string): string {
  const [ns, name] = pod.split('/')
  const node = name === 'b' ? 'n2' : 'n1'
  const container = `{name: c, image: i, ports: [${ports.join(', ')}]}`
  return `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: '${ns}', labels: {${labels}}}, spec: {nodeName: ${node}, containers: [${container}]}, status: {podIP: ${gridAddress(pod)}}}`
}

/** What a grid is made with. */
export interface Grid {
  /** Specs of NetworkPolicies by where they are: `['x', '{podSelector: {}}']`. */
  readonly policies: readonly (readonly [namespace: string, spec: string])[]
  /** Labels beside the usual ones, of pods (`x/b`) and namespaces (`y`). */
  readonly labels?: Readonly<Record<string, string>>
}

/** The grid under some NetworkPolicies. */
export function gridCluster({ policies, labels = {} }: Grid): LoadedCluster {
  const more = (key: string) => (labels[key] === undefined ? '' : `, ${labels[key]}`)
  const objects = [
    environment,
    nodeObject('n1', '192.168.1.11', '10.244.1.0/24'),
    nodeObject('n2', '192.168.1.12', '10.244.2.0/24'),
    ...namespaces.map(
      (ns) =>
        `{apiVersion: v1, kind: Namespace, metadata: {name: '${ns}', labels: {ns: '${ns}'${more(ns)}}}}`,
    ),
    ...gridPods.map((pod) => podObject(pod, `pod: ${pod.slice(2)}${more(pod)}`)),
    ...policies.map(
      ([ns, spec], index) =>
        `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p${index}, namespace: '${ns}'}, spec: ${spec}}`,
    ),
  ]
  return parseCluster([{ name: 'grid.yaml', text: objects.join('\n---\n') }])
}

/** Every connection of two different pods: what a pod says to itself is not looked at. */
export function gridPairs(port: string): readonly Connection[] {
  return gridPods.flatMap((from) => gridPods.filter((to) => to !== from).map((to) => ({ from, to, port })))
}

/**
 * Who reaches whom, a statement after the other: all do, `x/a ↛ *` says otherwise for some, and so on. `x` is every pod
 * of the namespace, `*` everybody.
 */
export function expected(statements: string): (connection: Connection) => boolean {
  const read = statements.split(', ').flatMap((text) => {
    const parts = /^(\S+) (→|↛) (\S+)$/.exec(text)
    if (!parts && text !== '') throw new Error(`cannot read "${text}"`)
    return parts ? [{ from: parts[1] ?? '', to: parts[3] ?? '', reaches: parts[2] === '→' }] : []
  })
  return ({ from, to }) =>
    read.findLast((one) => isMeant(one.from, from) && isMeant(one.to, to))?.reaches ?? true
}

function isMeant(pattern: string, pod: string): boolean {
  return pattern === '*' || pattern === pod || pod.startsWith(`${pattern}/`)
}

/** The pairs for which both ends decide otherwise than the statements say. */
export function disagreements(loaded: LoadedCluster, port: string, statements: string): readonly string[] {
  const reaches = expected(statements)
  return gridPairs(port).flatMap((pair) => {
    const wanted = reaches(pair) ? 'allowed' : 'denied'
    const got = decided(loaded, pair)
    return got === wanted ? [] : [`${pair.from} to ${pair.to} ${port}: ${got}, and not ${wanted}`]
  })
}
