import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../../src/index.ts'
import type { ExampleOptions, Flow } from '../../support/cni-example.ts'
import { example, ext, sourceSeen, ttlSeen, wrappings } from '../../support/cni-example.ts'

/**
 * Plugins that are modelled by what happens to packets. Their rows follow from their documentation and source, which is
 * named at each; none was measured. Pods are p11 and p12 on n1, p21 on n2.
 */
const modes = {
  antrea: 'antrea',
  antreaVxlan: 'antrea:tunnelType=vxlan',
  antreaGre: 'antrea:tunnelType=gre',
  antreaNoEncap: 'antrea:trafficEncapMode=noEncap',
  ovn: 'ovn-kubernetes',
  azureOverlay: 'azure',
  azureVnet: 'azure:mode=vnet,podSubnet=10.244.0.0/16',
  gke: 'gke',
  gkeV2: 'gke:dataplane=v2',
  romana: 'romana:network=10.244.0.0/16',
  kopeio: 'kopeio',
  kopeioLayer2: 'kopeio:mode=layer2',
  aos: 'aos',
  aci: 'aci',
  genie: 'cni-genie:default_plugin=flannel',
} as const
type Mode = keyof typeof modes

/** OVN-Kubernetes keeps .2 of a node's subnet to itself. */
const ovnIps: ExampleOptions = { ips: { p11: '10.244.1.3', p12: '10.244.1.4', p21: '10.244.2.3' } }

const loaded = new Map<Mode, LoadedCluster>()
function clusterOf(mode: Mode): LoadedCluster {
  const known = loaded.get(mode) ?? example({ cni: modes[mode], ...(mode === 'ovn' && ovnIps) })
  loaded.set(mode, known)
  return known
}

/** The source seen by flow; a host port is not in every row. */
type Seen = Partial<Readonly<Record<Flow, string>>>

const p11 = '10.244.1.2'
const n1 = '192.168.1.11'
const n2 = '192.168.1.12'

/** What holds for pods that are routed one by one, with kube-proxy: its MASQUERADE takes the node's address. */
const routed: Seen = {
  'p11->p12': p11,
  'p11->p21': p11,
  'p12->p21': '10.244.1.3',
  'p11->internet': n1,
  'p12->internet': n1,
  'p11->own node IP': p11,
  'p11->n2 IP': n1,
  'p12->n2 IP': n1,
  'p11->svc(p11) self': n1,
  'p11->svc(p12)': p11,
  'p11->svc(p21)': p11,
  'p12->svc(p21)': '10.244.1.3',
  'n1->p12': n1,
  'n2->p12': n2,
  'n1->p21': n1,
  'n1->svc(p12)': n1,
  'n1->svc(p21)': n1,
  'ext->np(n1)->p21': n1,
  'ext->np(n2)->p21': n2,
  'ext->np(n1) local policy ->p12': ext,
}
/** Pods on a bridge with the gateway 10.244.1.1: what goes to the node's own pods takes that. */
const bridged: Seen = {
  ...routed,
  'p11->svc(p11) self': '10.244.1.1',
  'n1->p12': '10.244.1.1',
  'n1->svc(p12)': '10.244.1.1',
  'ext->np(n2)->p21': '10.244.2.1',
}
const keepsTowardsNodes = { 'p11->n2 IP': p11, 'p12->n2 IP': '10.244.1.3' }
/** The host's route to pods of other nodes is by antrea-gw0, whose address it takes (pkg/agent/route). */
const antreaTunnel = {
  ...bridged,
  'n1->p21': '10.244.1.1',
  'n1->svc(p21)': '10.244.1.1',
  'n2->p12': '10.244.2.1',
  'ext->np(n1)->p21': '10.244.1.1',
}
/** The rules of the plugin bridge with ipMasq: all but the own /24 is masqueraded (SetupIPMasq); vxlan1 has the block's first address. */
const kopeioVxlan = {
  ...bridged,
  'p11->p21': '10.244.1.0',
  'p12->p21': '10.244.1.0',
  'p11->svc(p21)': '10.244.1.0',
  'p12->svc(p21)': '10.244.1.0',
  'n1->p21': '10.244.1.0',
  'n1->svc(p21)': '10.244.1.0',
  'n2->p12': '10.244.2.0',
  'ext->np(n1)->p21': '10.244.1.0',
  // networking-agent writes no hairpinMode.
  'p11->svc(p11) self': 'dropped',
}

const rows: Readonly<Record<Mode, Seen>> = {
  antrea: antreaTunnel,
  antreaVxlan: antreaTunnel,
  antreaGre: antreaTunnel,
  antreaNoEncap: bridged,
  // ovn-kubernetes' documentation of its gateway: mp0 has .2; balanced packets come from the join switch 100.64.0.0/16.
  ovn: {
    ...routed,
    'p11->p12': '10.244.1.3',
    'p11->p21': '10.244.1.3',
    'p12->p21': '10.244.1.4',
    'p11->own node IP': '10.244.1.3',
    'p11->svc(p11) self': '169.254.169.5',
    'p11->svc(p12)': '10.244.1.3',
    'p11->svc(p21)': '10.244.1.3',
    'p12->svc(p21)': '10.244.1.4',
    'n1->p12': '10.244.1.2',
    'n2->p12': '10.244.2.2',
    'n1->p21': '10.244.1.2',
    'n1->svc(p12)': '100.64.0.2',
    'n1->svc(p21)': '100.64.0.2',
    'ext->np(n1)->p21': '100.64.0.2',
    'ext->np(n2)->p21': '100.64.0.3',
  },
  // Azure's documentation of CNI Overlay: what goes to the VNet takes the node's address; in VNet mode it does not.
  azureOverlay: routed,
  azureVnet: { ...routed, ...keepsTowardsNodes },
  // GKE's documentation of IP masquerading: not within the private blocks.
  gke: { ...routed, ...keepsTowardsNodes },
  gkeV2: { ...routed, ...keepsTowardsNodes, 'p11->svc(p11) self': p11, 'ext->np(n2)->p21': ext },
  romana: routed,
  kopeio: kopeioVxlan,
  kopeioLayer2: {
    ...bridged,
    'p11->p21': n1,
    'p12->p21': n1,
    'p11->svc(p21)': n1,
    'p12->svc(p21)': n1,
    'p11->svc(p11) self': 'dropped',
  },
  aos: routed,
  // Without an SnatPolicy pods keep their addresses, and nobody outside knows a way back.
  aci: { ...routed, ...keepsTowardsNodes, 'p11->internet': 'dropped', 'p12->internet': 'dropped' },
  // The row of flannel, which it chooses (golden.test.ts).
  genie: {
    ...bridged,
    'n1->p21': '10.244.1.0',
    'n1->svc(p21)': '10.244.1.0',
    'n2->p12': '10.244.2.0',
    'ext->np(n1)->p21': '10.244.1.0',
  },
}

describe.each(Object.keys(modes) as Mode[])('%s: the source seen', (mode) => {
  test.each(Object.entries(rows[mode]) as [Flow, string][])('%s: %s', (flow, seen) => {
    expect(sourceSeen(clusterOf(mode), flow)).toBe(seen)
  })
})

const wire = (port: string) => [`${n1} > ${n2} ${port}`]

// biome-ignore format: a table
const wires: readonly (readonly [Mode, readonly string[]])[] = [
  ['antrea', wire('udp 6081')],
  ['antreaVxlan', wire('udp 4789')],
  ['antreaGre', wire('protocol 47')],
  ['antreaNoEncap', []],
  ['ovn', wire('udp 6081')],
  ['azureOverlay', []],
  ['azureVnet', []],
  ['gke', []],
  ['gkeV2', []],
  ['romana', []],
  ['kopeio', wire('udp 4789')],
  ['kopeioLayer2', []],
  ['aos', []],
  ['aci', []],
  ['genie', wire('udp 8472')],
]

test.each(wires)('%s: what the wire shows between nodes', (mode, outer) => {
  expect(wrappings(clusterOf(mode), 'p11->p21')).toEqual(outer)
  expect(wrappings(clusterOf(mode), 'p11->p12')).toEqual([])
})

/** A bridge takes nothing off, each node that routes takes one; a cloud's network takes none, a router one. */
// biome-ignore format: a table
const ttls: readonly (readonly [Mode, Flow, number])[] = [
  ['antrea', 'p11->p12', 64],
  ['ovn', 'p11->p12', 64],
  ['azureOverlay', 'p11->p12', 63],
  ['azureOverlay', 'p11->p21', 62],
  ['gke', 'p11->p12', 63],
  ['gke', 'p11->p21', 62],
  ['romana', 'p11->p12', 63],
  ['romana', 'p11->p21', 62],
  ['aos', 'p11->p21', 61],
  ['kopeio', 'p11->p12', 64],
]

test.each(ttls)('%s: TTL of %s is %i', (mode, flow, ttl) => {
  expect(ttlSeen(clusterOf(mode), flow)).toBe(ttl)
})

/** The MTU of a pod, on a network of 1500: Antrea's and OVN-Kubernetes' documentation, and networking-agent's configuration. */
// biome-ignore format: a table
const mtus: readonly (readonly [Mode, number])[] = [
  ['antrea', 1450],
  ['antreaGre', 1458],
  ['antreaNoEncap', 1500],
  ['ovn', 1400],
  ['azureOverlay', 1500],
  ['gke', 1460],
  ['gkeV2', 1460],
  ['romana', 1500],
  ['kopeio', 1500],
]

test.each(mtus)('%s: pods have an MTU of %i', (mode, mtu) => {
  const pod = clusterOf(mode).network.namespaces.get('pod/default/p11')
  expect(pod?.devices.find(({ name }) => name === 'eth0')?.mtu).toBe(mtu)
})

test('OVN-Kubernetes and Dataplane V2 have no kube-proxy', () => {
  const has = (mode: Mode) =>
    clusterOf(mode)
      .ruleSets('n1')
      ?.some(({ tables }) => tables.some((one) => one.chain('KUBE-SERVICES')))
  expect([has('ovn'), has('gkeV2'), has('gke'), has('antrea')]).toEqual([false, false, true, true])
})

/** Objects by which each is found: the names that its own manifests install. */
// biome-ignore format: one plugin a row
const signs: readonly (readonly [name: string, kind: string, plugin: string])[] = [
  ['cilium', 'DaemonSet', 'cilium'],
  ['cilium-config', 'ConfigMap', 'cilium'],
  ['antrea-agent', 'DaemonSet', 'antrea'],
  ['ovnkube-node', 'DaemonSet', 'ovn-kubernetes'],
  ['azure-cns', 'DaemonSet', 'azure'],
  ['anetd', 'DaemonSet', 'gke'],
  ['romana-agent', 'DaemonSet', 'romana'],
  ['kopeio-networking-agent', 'DaemonSet', 'kopeio'],
  ['aci-containers-host', 'DaemonSet', 'aci'],
  ['genie-config', 'ConfigMap', 'cni-genie'],
]

test.each(signs)('%s (%s) shows %s', (name, kind, plugin) => {
  const spec =
    kind === 'DaemonSet'
      ? `, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {hostNetwork: true, containers: [{name: c, image: i}]}}}`
      : ''
  const group = kind === 'DaemonSet' ? 'apps/v1' : 'v1'
  const more = `{apiVersion: ${group}, kind: ${kind}, metadata: {name: ${name}, namespace: kube-system}${spec}}`
  const { cluster } = example({ more })
  // CNI-Genie says so of itself, and of what it chooses.
  const chosen = cluster.settings.cni
  expect([chosen.plugin, chosen.chosenBy, chosen.foundBy?.name]).toEqual([plugin, 'found', name])
})

test('antrea-agent.conf is read', () => {
  const more = [
    '{apiVersion: v1, kind: ConfigMap, metadata: {name: antrea-config, namespace: kube-system}, data: {antrea-agent.conf: "tunnelType: vxlan\\n# tunnelPort: 1\\nnoSNAT: true # because\\n"}}',
  ]
  const loadedHere = example({ more: more.join('\n---\n') })
  expect(wrappings(loadedHere, 'p11->p21')).toEqual(wire('udp 4789'))
})

test('a setting that cannot be read is told', () => {
  expect(() => example({ cni: 'antrea:tunnelType=carrier-pigeon' })).toThrow('one of geneve, vxlan, gre')
})
