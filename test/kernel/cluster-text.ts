import type { LoadedCluster, LoadOptions } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'
import type { Families, KubeObject } from './objects.ts'
import { environment, letter, nodes, pod } from './objects.ts'

/** One cluster that is held against the kernel. */
export interface KernelCluster {
  readonly name: string
  readonly objects: readonly KubeObject[]
  readonly kubeVersion: string
}

export interface ClusterOptions {
  readonly nodes?: number
  readonly families?: Families
  readonly kubeVersion?: string
  /** More of the Environment's `spec`. */
  readonly outside?: Readonly<Record<string, unknown>>
  /** More hosts outside, as an Environment declares them. */
  readonly hosts?: readonly Readonly<Record<string, unknown>>[]
  /** The nodes themselves, where the usual ones will not do. */
  readonly nodeObjects?: readonly KubeObject[]
}

/**
 * The hosts outside: `lan` on the nodes' own network, `far` behind the router. In IPv6 they have other names,
 * since a host has one address.
 */
export const outsideHosts = {
  4: [
    { name: 'lan', ip: '172.18.0.100', listeners: [] },
    { name: 'far', ip: '198.51.100.7', listeners: [] },
  ],
  6: [
    { name: 'lan6', ip: 'fc00:f853:ccd:e793::100', listeners: [] },
    { name: 'far6', ip: '2001:db8:7::7', listeners: [] },
  ],
} as const

/**
 * Nodes answer every probe with an ICMP error that has one coming. By the kernel's own settings a redirect, which hosts
 * on the nodes' network draw, would use up what the error needs.
 */
const notRationed = { 'net.ipv4.icmp_ratelimit': 0, 'net.ipv6.icmp.ratelimit': 0 }

/** A cluster of the given objects, with nodes, a pod that only sends on each of them, and hosts outside. */
export function cluster(
  name: string,
  objects: readonly KubeObject[],
  options: ClusterOptions = {},
): KernelCluster {
  const {
    nodes: count = 2,
    families = 'ipv4',
    kubeVersion = '1.36',
    outside = {},
    hosts = [],
    nodeObjects,
  } = options
  const clients = Array.from({ length: count }, (_, index) =>
    pod(`client-${letter(index)}`, { node: `node-${letter(index)}` }),
  )
  const externalHosts = [
    ...(families === 'ipv6' ? [] : outsideHosts[4]),
    ...(families === 'ipv4' ? [] : outsideHosts[6]),
    ...hosts,
  ]
  const machines = nodeObjects ?? nodes(count, families)
  const stated = (outside['nodes'] ?? {}) as Readonly<Record<string, object>>
  const settings = Object.fromEntries(
    machines.map(({ metadata }) => {
      const machine = String(metadata?.['name'])
      return [machine, { sysctl: notRationed, ...stated[machine] }]
    }),
  )
  return {
    name,
    kubeVersion,
    objects: [
      ...machines,
      ...clients,
      environment({ externalHosts, ...outside, nodes: settings }),
      ...objects,
    ],
  }
}

/** The cluster as the text of a file that `kubectl` and `kubewalk -f` read. */
export function clusterText({ objects }: KernelCluster): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, undefined, 2)}\n`
}

export function loadKernelCluster(
  one: KernelCluster,
  options: Pick<LoadOptions, 'nodeDumps'> = {},
): LoadedCluster {
  const files = [{ name: `${one.name.replaceAll(' ', '-')}.json`, text: clusterText(one) }]
  return parseCluster(files, { kubeVersion: one.kubeVersion, ...options })
}
