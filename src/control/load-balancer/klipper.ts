import { familyOf } from '../../base/ip.ts'
import type { Origin } from '../../base/source.ts'
import type { Cluster, ClusterNode, ClusterPod, ClusterService } from '../../model/cluster.ts'
import type { Netns } from '../../model/network.ts'
import type { Rule, RuleSet } from '../../netfilter/rule.ts'
import { makeTable } from '../../netfilter/table.ts'
import { accept, block, drop, host, onProtocol, rule, transport } from '../proxy/iptables-rules.ts'
import { protocolOf } from './rules.ts'
import { isServiceLbPod, svcNameLabel, svcNamespaceLabel } from './service-lb-pods.ts'

type Own = Pick<Netns, 'sysctls' | 'ruleSets'>

/**
 * What klipper-lb does in an svclb pod (its script `entry`): the Service's port is translated to the cluster IP, or
 * under externalTrafficPolicy Local to the node port of its own node, and masqueraded; loadBalancerSourceRanges are
 * let through and the rest is dropped. Every other pod has no rules.
 */
export function klipper(cluster: Cluster, node: ClusterNode, pod: ClusterPod): Own {
  const service = isServiceLbPod(pod) ? serviceOf(cluster, pod) : undefined
  if (!service) return { sysctls: {}, ruleSets: [] }
  return {
    sysctls: { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 },
    ruleSets: ([4, 6] as const).flatMap((family) => rulesFor(service, node, pod, family)),
  }
}

/** The Service that the pod is for: by k3s's labels, else by the pod's name, of several the longest. */
function serviceOf({ services }: Cluster, { labels, name }: ClusterPod): ClusterService | undefined {
  const stated = labels[svcNameLabel]
  if (stated !== undefined) {
    return services.find((one) => one.name === stated && one.namespace === labels[svcNamespaceLabel])
  }
  return services
    .filter((one) => one.type === 'LoadBalancer' && name.startsWith(`svclb-${one.name}-`))
    .toSorted((a, b) => b.name.length - a.name.length)[0]
}

function rulesFor(
  service: ClusterService,
  node: ClusterNode,
  pod: ClusterPod,
  family: 4 | 6,
): readonly RuleSet[] {
  const own = (service.externalLocal ? node.addresses : service.clusterIps).filter(
    (ip) => familyOf(ip) === family,
  )
  if (own.length === 0) return []
  const origin: Origin = { component: 'klipper-lb', subject: pod.ref }
  const ports = own.flatMap((ip) => service.ports.map((port) => ({ ip, port })))
  const destined = ports.map(({ ip, port }) => {
    const to = service.externalLocal ? port.nodePort : port.port
    return { ip, to, from: port.port, protocol: protocolOf(port) }
  })
  const ranges = service.sourceRanges.filter((one) => familyOf(one.first) === family)
  const sources = service.sourceRanges.length === 0 ? [undefined] : ranges.map((one) => block(one))
  const forward = [
    ...destined.flatMap(({ protocol, to }) =>
      sources.map((source) =>
        rule(
          origin,
          { ...(source && { source }), ...onProtocol(protocol) },
          [transport(protocol, to)],
          accept,
        ),
      ),
    ),
    ...destined.map(({ ip, to, protocol }) =>
      rule(origin, { destination: host(ip), ...onProtocol(protocol) }, [transport(protocol, to)], drop),
    ),
  ]
  const translate = destined.map(({ ip, from, to, protocol }): Rule => {
    const source = { ...host(ip), inverted: true }
    return rule(origin, { source, ...onProtocol(protocol) }, [transport(protocol, from)], {
      type: 'DNAT',
      addresses: { first: ip, last: ip },
      ports: { first: to, last: to },
      random: false,
      persistent: false,
    })
  })
  const hide = destined.map(({ ip, protocol }) =>
    rule(origin, { destination: host(ip), ...onProtocol(protocol) }, [], {
      type: 'MASQUERADE',
      random: false,
      fullyRandom: false,
    }),
  )
  return [{ family, tables: [filter(forward), nat(translate, hide)] }]
}

function filter(forward: readonly Rule[]) {
  return makeTable('filter', [
    { name: 'INPUT', policy: 'ACCEPT', rules: [] },
    { name: 'FORWARD', policy: 'ACCEPT', rules: forward },
    { name: 'OUTPUT', policy: 'ACCEPT', rules: [] },
  ])
}

function nat(prerouting: readonly Rule[], postrouting: readonly Rule[]) {
  return makeTable('nat', [
    { name: 'PREROUTING', policy: 'ACCEPT', rules: prerouting },
    { name: 'INPUT', policy: 'ACCEPT', rules: [] },
    { name: 'OUTPUT', policy: 'ACCEPT', rules: [] },
    { name: 'POSTROUTING', policy: 'ACCEPT', rules: postrouting },
  ])
}
