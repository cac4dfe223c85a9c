import { describe, expect, test } from 'vitest'
import type { NodeDump } from '../../src/model/node-dump.ts'
import { loadShop } from './shop.ts'
import type { RuleTexts } from './support.ts'
import { brief, driftOf, dumpOf, ruleTexts } from './support.ts'

const cluster = loadShop()

/** The node worker with the rules that another state of the cluster would give it, and with IPv4 rules edited. */
function faulty(change: (yaml: string) => string, edit: (save: string) => string) {
  const texts = ruleTexts(loadShop(change), 'worker')
  const edited: RuleTexts = { ...texts, 4: edit(texts[4] ?? '') }
  return driftOf(cluster, dumpOf(cluster, 'worker', edited))
}

const same = (text: string) => text

/** Replaces a text that must be there. */
function put(from: string | RegExp, to: string) {
  return (text: string) => {
    const changed = text.replace(from, to)
    if (changed === text) throw new Error(`${from} is not in the text`)
    return changed
  }
}

const both = (one: (text: string) => string, other: (text: string) => string) => (text: string) =>
  other(one(text))

/** Adds lines before the first rule of a chain of a table. */
function before(line: RegExp, added: string) {
  return (text: string) => put(line, `${added}\n${line.exec(text)?.[0] ?? ''}`)(text)
}

/** Turns two lines round. */
function swap(a: RegExp, b: RegExp) {
  return (text: string) => {
    const [one, other] = [a.exec(text)?.[0], b.exec(text)?.[0]]
    if (one === undefined || other === undefined) throw new Error(`${a} or ${b} is not in the text`)
    return text.replace(one, '<one>').replace(other, one).replace('<one>', other)
  }
}

/** One more pod like the one with the host port. */
function otherHostPort(yaml: string): string {
  const edge = yaml.split('---\n').find((one) => one.includes('name: edge')) ?? ''
  return edge
    .replaceAll('10.244.1.20', '10.244.1.29')
    .replace('name: edge', 'name: gone')
    .replace('8443', '9443')
}

interface Fault {
  readonly name: string
  /** What another state of the cluster the node's rules are of. */
  readonly cluster?: (yaml: string) => string
  readonly rules?: (save: string) => string
  readonly entries: readonly string[]
}

const oldService = `---
apiVersion: v1
kind: Service
metadata: { namespace: default, name: old }
spec: { clusterIP: 10.96.0.99, selector: {}, ports: [{ name: http, port: 80 }, { name: x, port: 81 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { namespace: default, name: old-1, labels: { kubernetes.io/service-name: old } }
addressType: IPv4
endpoints: [{ addresses: [10.244.2.99], conditions: { ready: true } }]
ports: [{ name: http, port: 8080 }]
`

const faults: readonly Fault[] = [
  {
    name: 'an endpoint that is gone',
    cluster: put(
      /podIP: 10.244.2.11, podIPs: \[\{ ip: 10.244.2.11/,
      'podIP: 10.244.2.77, podIPs: [{ ip: 10.244.2.77',
    ),
    entries: [
      'stale rules Service/shop/web: endpoint 10.244.2.77:8080 is programmed and no longer in its EndpointSlices; 10.244.2.11:8080 (pod web-2) is missing',
    ],
  },
  {
    name: 'an endpoint too many, so that every share is another',
    cluster: (yaml) =>
      `${yaml}---\n${(yaml.split('---\n').find((one) => one.includes('name: web-2')) ?? '').replaceAll('10.244.2.11', '10.244.2.78').replace('web-2', 'web-3')}`,
    entries: [
      'stale rules Service/shop/web: endpoint 10.244.2.78:8080 is programmed and no longer in its EndpointSlices',
    ],
  },
  {
    name: 'endpoints of two ports that are not there yet',
    cluster: put('name: cart-1, labels: { app: cart }', 'name: cart-1, labels: { app: other }'),
    entries: [
      'missing rules Service/shop/cart: endpoints 10.244.2.12:53 (pod cart-1) and 10.244.2.12:8080 (pod cart-1) are missing',
    ],
  },
  {
    name: 'a Service without endpoints that is not refused any more',
    cluster: put('selector: { app: nobody }', 'selector: { app: web }'),
    entries: [
      'stale rules Service/shop/empty: endpoints 10.244.1.10:80 (pod web-0), 10.244.2.10:80 (pod web-1) and 10.244.2.11:80 (pod web-2) are programmed and no longer in its EndpointSlices',
    ],
  },
  {
    name: 'a Service that is still refused',
    cluster: put('{ app: web }\n  ports', '{ app: nobody }\n  ports'),
    entries: [
      'missing rules Service/shop/web: endpoints 10.244.1.10:8080 (pod web-0), 10.244.2.10:8080 (pod web-1) and 10.244.2.11:8080 (pod web-2) are missing: the node knows of no endpoint',
    ],
  },
  {
    name: 'a Service of which nothing is there',
    cluster: both(
      put('type: NodePort\n  clusterIP: 10.96.0.20', 'clusterIP: None'),
      put(', nodePort: 30080', ''),
    ),
    entries: [
      'missing rules Service/shop/web: nothing of Service shop/web is programmed: cluster IP 10.96.0.20 port 80 and node port 30080',
    ],
  },
  {
    name: 'a Service that was deleted',
    cluster: (yaml) => yaml + oldService,
    entries: [
      "stale rules Service/default/old: Service default/old (from the rules' comments) is not in the input: cluster IP 10.96.0.99 port 80 and address 10.96.0.99 port 81 are still programmed",
    ],
  },
  {
    name: 'another cluster IP and another node port',
    cluster: both(put('10.96.0.20', '10.96.0.21'), put('nodePort: 30080', 'nodePort: 30081')),
    entries: [
      'differs rules Service/shop/web: cluster IP 10.96.0.21 port 80 and node port 30081 are programmed and not its own; cluster IP 10.96.0.20 port 80 and node port 30080 are not programmed',
    ],
  },
  {
    name: 'affinity that lasts another time',
    cluster: put(
      'sessionAffinity: ClientIP',
      'sessionAffinity: ClientIP\n  sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } }',
    ),
    entries: [
      'differs rules Service/shop/cart: session affinity lasts 60 s on the node and should last 10800 s',
    ],
  },
  {
    name: 'no affinity',
    cluster: put('  sessionAffinity: ClientIP\n', ''),
    entries: ['differs rules Service/shop/cart: session affinity is missing'],
  },
  {
    name: 'another external traffic policy',
    cluster: put('type: NodePort', 'type: NodePort\n  externalTrafficPolicy: Local'),
    entries: [
      'differs rules Service/shop/web: the node follows externalTrafficPolicy Local, and it should be Cluster',
    ],
  },
  {
    name: 'another clusterCIDR, which shows in every Service',
    rules: (save) => save.replaceAll('! -s 10.244.0.0/16', '! -s 10.42.0.0/16'),
    entries: [
      'differs rules: kube-proxy masquerades traffic not from 10.42.0.0/16 to cluster IPs, and should masquerade that not from 10.244.0.0/16 (2 Services)',
    ],
  },
  {
    name: 'chances that are not equal',
    rules: put(
      '--probability 0.33333333349 -j KUBE-SEP-FZQ6',
      '--probability 0.90000000000 -j KUBE-SEP-FZQ6',
    ),
    entries: [
      'differs rules Service/shop/web: its endpoints do not get equal shares (KUBE-SVC-67NZLRHBNDSAWJRO)',
    ],
  },
  {
    name: 'the jump for masquerading is missing',
    rules: put(/-A POSTROUTING .*-j KUBE-POSTROUTING\n/, ''),
    entries: ['missing rules: the jump to KUBE-POSTROUTING is missing in nat POSTROUTING'],
  },
  {
    name: 'the jump to the Services is missing from two hooks',
    rules: put(
      /-A PREROUTING .*-j KUBE-SERVICES\n-A PREROUTING (.*)\n-A OUTPUT .*-j KUBE-SERVICES\n/,
      '-A PREROUTING $1\n',
    ),
    entries: ['missing rules: the jump to KUBE-SERVICES is missing in nat PREROUTING and nat OUTPUT'],
  },
  {
    name: 'a rule of a chain is missing',
    rules: put(/-A KUBE-FORWARD .*--mark 0x4000\/0x4000 -j ACCEPT\n/, ''),
    entries: [
      'missing rules: a rule is missing from filter KUBE-FORWARD: -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
    ],
  },
  {
    name: "the plugin's masquerade rule is missing",
    rules: put(/-A KIND-MASQ-AGENT .*-j MASQUERADE\n/, ''),
    entries: [
      'missing rules: a rule is missing from nat KIND-MASQ-AGENT: -m comment --comment "kind-masq-agent: outbound traffic is subject to MASQUERADE (must be last in chain)" -j MASQUERADE',
    ],
  },
  {
    name: 'the plugin leaves another network unmasqueraded',
    rules: put('-A KIND-MASQ-AGENT -d 10.244.0.0/16', '-A KIND-MASQ-AGENT -d 10.42.0.0/16'),
    entries: ['differs rules: a rule of nat KIND-MASQ-AGENT is another than it should be'],
  },
  {
    name: 'an ACCEPT in a chain of kube-proxy',
    rules: before(/-A KUBE-FORWARD .*INVALID -j DROP/, '-A KUBE-FORWARD -s 10.0.0.0/8 -j ACCEPT'),
    entries: ['extra rules: a rule should not be in filter KUBE-FORWARD: -s 10.0.0.0/8 -j ACCEPT'],
  },
  {
    name: 'an ACCEPT before the rules that refuse',
    rules: before(/-A FORWARD .*-j KUBE-PROXY-FIREWALL/, '-A FORWARD -p tcp -j ACCEPT'),
    entries: ['extra rules: rule 1 of filter FORWARD is of no component that is modelled here'],
  },
  {
    name: 'a DROP in FORWARD',
    rules: before(/-A FORWARD .*-j KUBE-PROXY-FIREWALL/, '-A FORWARD -d 10.244.0.0/16 -i eth0 -j DROP'),
    entries: ['extra rules: rule 1 of filter FORWARD is of no component that is modelled here'],
  },
  {
    name: 'a chain of somebody else that drops',
    rules: both(
      put(':KUBE-FIREWALL - [0:0]', ':KUBE-FIREWALL - [0:0]\n:CORP - [0:0]\n:CORP-2 - [0:0]'),
      before(
        /-A FORWARD .*-j KUBE-PROXY-FIREWALL/,
        '-A FORWARD -j CORP\n-A CORP -j CORP-2\n-A CORP-2 -s 10.244.0.0/16 -j DROP',
      ),
    ),
    entries: [
      'extra rules: chain CORP, which rule 1 of filter FORWARD leads to, may turn away traffic of the cluster',
    ],
  },
  {
    name: 'the policy DROP, as Docker sets it',
    rules: put(
      ':FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE',
      ':FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE',
    ),
    entries: ['differs rules: the policy of filter FORWARD is DROP and should be ACCEPT'],
  },
  {
    name: 'two rules turned round that do not commute',
    rules: swap(/-A KUBE-POSTROUTING .*RETURN/, /-A KUBE-POSTROUTING .*random-fully/),
    entries: [
      'differs rules: in nat KUBE-POSTROUTING rule 1 stands before rule 2 and should come after it (and 2 more pairs)',
    ],
  },
  {
    name: 'masquerading after the translation, in the chain of a Service',
    rules: swap(/-A KUBE-SEP-FZQ6KZLGXRSKN2AD -s .*/, /-A KUBE-SEP-FZQ6KZLGXRSKN2AD -p .*/),
    entries: [
      'differs rules Service/shop/web: in nat KUBE-SEP-FZQ6KZLGXRSKN2AD (Service shop/web) rule 1 stands before rule 2 and should come after it',
    ],
  },
  {
    name: 'a host port that leads to a pod that is gone',
    cluster: (yaml) => yaml.replaceAll('10.244.1.20', '10.244.1.21'),
    entries: [
      'differs rules Pod/shop/edge: nat CNI-DN-c49ce8b96342183cd4996 translates to 10.244.1.21:8080 and should translate to 10.244.1.20:8080',
    ],
  },
  {
    name: 'a host port that is not programmed',
    cluster: put(', hostPort: 8443', ''),
    entries: [
      'missing rules Pod/shop/edge: the jumps to CNI-HOSTPORT-DNAT and CNI-HOSTPORT-MASQ are missing in nat PREROUTING, nat OUTPUT and nat POSTROUTING, by which ports are translated to 10.244.1.20:8080',
    ],
  },
  {
    name: 'a host port of a pod that is gone, beside another',
    cluster: (yaml) => `${yaml}---\n${otherHostPort(yaml)}`,
    entries: [
      'stale rules: the jump to CNI-DN-a242ea76d8b70a9957235 should not be there in nat CNI-HOSTPORT-DNAT, by which ports are translated to 10.244.1.29:8080',
    ],
  },
  {
    name: 'kube-proxy does not run',
    rules: (save) => save.replaceAll(/^.*KUBE-(?!KUBELET|FIREWALL|IPTABLES).*\n/gm, ''),
    entries: [
      'missing rules: no rule of kube-proxy is on the node: it does not run, or in mode nftables, whose rules iptables-save does not show (IPv4)',
    ],
  },
]

/** Rules of an old kube-proxy: no chain that 1.25 added. */
const oldProxy = (save: string) => save.replaceAll(/^.*KUBE-PROXY-FIREWALL.*\n/gm, '')

describe('another kube-proxy is said once', () => {
  const ofNode = (edit: (save: string) => string, more: Partial<NodeDump> = {}) => {
    const texts = ruleTexts(cluster, 'worker')
    const edited = { 4: edit(texts[4] ?? ''), 6: edit(texts[6] ?? '') }
    return brief(driftOf(cluster, { ...dumpOf(cluster, 'worker', edited), ...more }))
  }

  test('mode ipvs, by its sets', () => {
    const sets = [{ name: 'KUBE-CLUSTER-IP', type: 'hash:ip,port', entries: [] }]
    const ipvs = (save: string) => save.replaceAll(/^.*KUBE-(?:SVC|SEP|EXT)-.*\n/gm, '')
    expect(ofNode(ipvs, { sets })).toEqual([
      'differs rules: kube-proxy works in mode ipvs on the node; mode iptables is what it should have',
    ])
  })

  test('neither family has a rule of it', () => {
    expect(ofNode((save) => save.replaceAll(/^.*KUBE-(?!KUBELET|FIREWALL|IPTABLES).*\n/gm, ''))).toEqual([
      'missing rules: no rule of kube-proxy is on the node: it does not run, or in mode nftables, whose rules iptables-save does not show',
    ])
  })

  test('a release before 1.25, and an endpoint that is missing all the same', () => {
    const lacking = (save: string) =>
      save.replace(/^-A KUBE-SVC-67NZLRHBNDSAWJRO .*-j KUBE-SEP-F45V6TZZSXLO3WFM\n/m, '')
    expect(ofNode(both(oldProxy, lacking))).toEqual([
      'differs rules: the rules look like those of kube-proxy 1.24 or older: no KUBE-PROXY-FIREWALL, which 1.25 added',
      'missing rules Service/shop/web: endpoint 10.244.2.10:8080 (pod web-1) is missing',
    ])
  })
})

describe('one fault, one entry', () => {
  test.for(faults)('$name', (fault) => {
    const drift = faulty(fault.cluster ?? same, fault.rules ?? same)
    expect(brief(drift)).toEqual(fault.entries)
  })
})
