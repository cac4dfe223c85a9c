import { collectDiagnostics, formatDiagnostic } from '../../src/base/diagnostic.ts'
import { findDrift } from '../../src/drift/find-drift.ts'
import type { Drift } from '../../src/model/drift.ts'
import type { Device } from '../../src/model/network.ts'
import type { DumpedDevice, NodeDump } from '../../src/model/node-dump.ts'
import type { RuleSet } from '../../src/netfilter/rule.ts'
import { formatRuleSet } from '../../src/netfilter/save-format/format.ts'
import { parseSave } from '../../src/netfilter/save-format/parse.ts'
import type { LoadedCluster } from '../../src/simulator.ts'

/** What a node's rules are as text, by family. */
export type RuleTexts = Readonly<Partial<Record<4 | 6, string>>>

export function expectedNode(cluster: LoadedCluster, node: string) {
  const netns = cluster.network.namespaces.get(`node/${node}`)
  if (!netns) throw new Error(`there is no node ${node}`)
  return netns
}

/** iptables-save and ip6tables-save of a node that is as it should be. */
export function ruleTexts(cluster: LoadedCluster, node: string): RuleTexts {
  const { ruleSets } = expectedNode(cluster, node)
  return Object.fromEntries(ruleSets.map((one) => [one.family, formatRuleSet(one)]))
}

/** Reads a text back as a dump is read. */
export function ruleSetOf(text: string, family: 4 | 6): RuleSet {
  const { report, diagnostics } = collectDiagnostics()
  const ruleSet = parseSave({ name: `iptables-save-${family}`, text }, family, report)
  if (diagnostics.length > 0) throw new Error(diagnostics.map(formatDiagnostic).join('\n'))
  return ruleSet
}

/** The dump of a node that is as it should be, with other rules if they are given. */
export function dumpOf(cluster: LoadedCluster, node: string, texts = ruleTexts(cluster, node)): NodeDump {
  const { devices, routes, rules, neighbors, sysctls, sets } = expectedNode(cluster, node)
  return {
    node,
    devices: devices.map(dumped),
    routes,
    ...(rules && { rules }),
    ...(neighbors && { neighbors }),
    sysctls,
    ...(sets && { sets }),
    ruleSets: ([4, 6] as const).flatMap((family) => {
      const text = texts[family]
      return text === undefined ? [] : [ruleSetOf(text, family)]
    }),
  }
}

function dumped(device: Device, index: number): DumpedDevice {
  const tunnel =
    device.type === 'vxlan' || device.type === 'geneve'
      ? { tunnel: { vni: device.vni, local: device.local, port: device.port }, forwarding: device.forwarding }
      : {}
  return {
    index: index + 1,
    name: device.name,
    ...(device.type !== 'loopback' && device.type !== 'ethernet' && { kind: device.type }),
    mtu: device.mtu,
    mac: device.mac,
    up: device.down !== true,
    addresses: device.addresses,
    ...(device.master !== undefined && { master: device.master }),
    ...(device.hairpin !== undefined && { hairpin: device.hairpin }),
    ...tunnel,
  }
}

export function driftOf(cluster: LoadedCluster, dump: NodeDump): Drift {
  return findDrift(expectedNode(cluster, dump.node), dump, cluster.cluster)
}

/** One line an entry: `stale rules Service/shop/web: …`. */
export function brief({ entries }: Drift): readonly string[] {
  return entries.map(({ type, area, subject, message }) => {
    const name = subject
      ? ` ${[subject.kind, subject.namespace, subject.name].filter(Boolean).join('/')}`
      : ''
    return `${type} ${area}${name}: ${message}`
  })
}
