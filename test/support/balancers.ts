import type { Journey, LoadedCluster } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'

type Values = Readonly<Record<string, unknown>>

/** What is special about the cluster of the reference's load-balancer facts. */
export interface Variation {
  /** Beside `type: LoadBalancer`, the port 80 to 8080 with node port 30080, and the selector. */
  readonly spec?: Values
  readonly annotations?: Readonly<Record<string, string>>
  readonly port?: Values
  /** `status.loadBalancer.ingress`; 203.0.113.9 if left out. */
  readonly ingress?: readonly Values[]
  /** The Environment's `loadBalancerController`. */
  readonly controller?: Values
  /** Other fields of the Environment. */
  readonly environment?: Values
  /** The beginning of each node's providerID, such as `aws:///zone/`. */
  readonly provider?: string
  /** ExternalIPs by node. */
  readonly outside?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, Values>>
  /** Pods of the Service that are not there: all of them. */
  readonly withoutPods?: boolean
  readonly more?: readonly Values[]
}

/**
 * Nodes n1 (10.0.0.11) and n2 (10.0.0.12), Service web with node port 30080, its only pod p1 (10.244.1.5:8080) on n1,
 * and a pod c2 (10.244.2.7) on n2.
 */
export function balancedCluster(variation: Variation = {}): LoadedCluster {
  const { controller, environment = {}, withoutPods, more = [] } = variation
  const around = { ...environment, ...(controller && { loadBalancerController: controller }) }
  const objects: readonly Values[] = [
    node('n1', 11, variation),
    node('n2', 12, variation),
    ...(withoutPods ? [] : [pod('p1', 'n1', '10.244.1.5', { app: 'web' })]),
    pod('c2', 'n2', '10.244.2.7', { app: 'client' }),
    service(variation),
    {
      apiVersion: 'kubewalk.dev/v1alpha1',
      kind: 'Environment',
      metadata: { name: 'around' },
      spec: { clusterNetwork: { podCIDR: '10.244.0.0/16', serviceCIDR: '10.96.0.0/16' }, ...around },
    },
    ...more,
  ]
  return parseCluster(objects.map((one, index) => ({ name: `${index}.json`, text: JSON.stringify(one) })))
}

function node(name: string, last: number, { provider, outside = {}, labels = {} }: Variation): Values {
  const external = outside[name]
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels[name] } },
    spec: {
      podCIDR: `10.244.${last - 10}.0/24`,
      ...(provider !== undefined && { providerID: `${provider}${name}` }),
    },
    status: {
      addresses: [
        { type: 'InternalIP', address: `10.0.0.${last}` },
        ...(external === undefined ? [] : [{ type: 'ExternalIP', address: external }]),
      ],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  }
}

/** A running pod that listens on 8080. */
export function pod(name: string, nodeName: string, podIP: string, labels: Values): Values {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { nodeName, containers: [{ name: 'c', ports: [{ containerPort: 8080 }] }] },
    status: { phase: 'Running', podIP, conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

function service({ spec = {}, annotations = {}, port = {}, ingress }: Variation): Values {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', annotations },
    spec: {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.80',
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: 8080, nodePort: 30080, ...port }],
      ...spec,
    },
    status: { loadBalancer: { ingress: ingress ?? [{ ip: '203.0.113.9' }] } },
  }
}

/**
 * Each way of a journey in a line, equal ones once and sorted: how it ends, where, what the far end sees, and the
 * machines on the way there: `reached p1 10.244.1.5:8080 sees 10.0.0.12: router n2 n1`.
 */
export function waysOf({ outcomes }: Journey): readonly string[] {
  const lines = outcomes.map(({ disposition, destination, seenSource, stoppedAt, legs }) => {
    const passed = (legs[0]?.forward ?? []).slice(1).map((hop) => short(hop.netns))
    const to = destination ? ` ${destination.name} ${destination.ip}:${destination.port}` : ''
    const sees = seenSource && destination ? ` sees ${seenSource.ip}` : ''
    const where = stoppedAt ? ` at ${short(stoppedAt.netns)} (${stoppedAt.reason})` : ''
    return `${disposition}${disposition === 'reached' ? `${to}${sees}` : where}: ${passed.join(' ')}`
  })
  return [...new Set(lines)].toSorted()
}

function short(netns: string): string {
  if (netns.startsWith('balancer/')) return 'balancer'
  return netns.split('/').at(-1) ?? netns
}
