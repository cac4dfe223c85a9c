import { describe, expect, test } from 'vitest'
import { compileNetwork } from '../../src/control/compile.ts'
import { formatRuleSet } from '../../src/index.ts'
import { complete } from './complete.ts'

/** Rules of kube-proxy in iptables mode that the recordings do not cover, and those that everybody knows by heart. */

function rulesOf(text: string, { family = 4, kubeVersion = '1.36' } = {}): readonly string[] {
  const { network } = compileNetwork(complete(text, { kubeVersion }))
  const sets = network.namespaces.get('node/n1')?.ruleSets.filter((one) => one.family === family) ?? []
  return sets.map(formatRuleSet).join('').split('\n')
}

const node = `
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {node-role.kubernetes.io/control-plane: ""}}
spec: {podCIDR: 10.244.1.0/24}
status: {addresses: [{type: InternalIP, address: 172.18.0.2}]}
---
`
const system = `
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  clusterIP: 10.96.0.10
  selector: {k8s-app: kube-dns}
  ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53}, {name: metrics, port: 9153}]
---
apiVersion: v1
kind: Pod
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {nodeName: n1, containers: [{name: c, image: i}]}
---
`

test('the four KUBE-SERVICES lines of every cluster', () => {
  expect(rulesOf(node + system).filter((line) => /^-A KUBE-SERVICES .* -j KUBE-SVC-/.test(line))).toEqual([
    '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y',
    '-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU',
    '-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "kube-system/kube-dns:dns-tcp cluster IP" -m tcp --dport 53 -j KUBE-SVC-ERIFXISQEP7F7OF4',
    '-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "kube-system/kube-dns:metrics cluster IP" -m tcp --dport 9153 -j KUBE-SVC-JD5MR3NA4I4DYORP',
  ])
})

const balancer = (ingress: string, spec = '') => `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, clusterIP: 10.96.7.7, selector: {k8s-app: kube-dns}, ports: [{port: 80, nodePort: 30533}]${spec}}
status: {loadBalancer: {ingress: [${ingress}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {k8s-app: kube-dns}}
spec: {nodeName: n1, containers: [{name: c, image: i}]}
---
`

// biome-ignore format: one release a line
describe('ipMode Proxy (KEP-1860): from 1.30 the node leaves the address to the load balancer', () => {
  test.for([
    { kubeVersion: '1.29', mode: 'Proxy', handled: true },
    { kubeVersion: '1.30', mode: 'Proxy', handled: false },
    { kubeVersion: '1.36', mode: 'Proxy', handled: false },
    { kubeVersion: '1.36', mode: 'VIP', handled: true },
  ])('$mode in $kubeVersion', ({ kubeVersion, mode, handled }) => {
    const lines = rulesOf(node + balancer(`{ip: 192.0.2.77, ipMode: ${mode}}`), { kubeVersion })
    expect(lines.some((line) => line.includes('-d 192.0.2.77/32'))).toBe(handled)
  })
})

// biome-ignore format: one release a line
describe('the drop of INVALID packets is left out where conntrack is liberal (1.29 on)', () => {
  const liberal = 'apiVersion: kubewalk.dev/v1alpha1\nkind: Environment\nmetadata: {name: e}\nspec: {nodes: {n1: {sysctl: {net.netfilter.nf_conntrack_tcp_be_liberal: 1}}}}\n---\n'
  const configured = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nconntrack: {tcpBeLiberal: true}\n---\n'
  const invalid = '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP'
  test.for([
    { kubeVersion: '1.28', text: liberal, dropped: true },
    { kubeVersion: '1.29', text: liberal, dropped: false },
    { kubeVersion: '1.36', text: liberal, dropped: false },
    { kubeVersion: '1.36', text: '', dropped: true },
    { kubeVersion: '1.28', text: configured, dropped: true },
    { kubeVersion: '1.29', text: configured, dropped: false },
    { kubeVersion: '1.36', text: configured, dropped: false },
  ])('$kubeVersion, dropped: $dropped', ({ kubeVersion, text, dropped }) => {
    expect(rulesOf(node + text, { kubeVersion }).includes(invalid)).toBe(dropped)
  })
})

describe('firewall and health check rules of a LoadBalancer', () => {
  const web = balancer(
    '{ip: 192.0.2.77}',
    ', externalTrafficPolicy: Local, healthCheckNodePort: 31000, loadBalancerSourceRanges: [198.51.100.0/24]',
  )

  test('what the KUBE-FW chain does not accept is dropped in the filter table; the health check port is accepted', () => {
    const lines = rulesOf(node + web)
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^-A KUBE-PROXY-FIREWALL -d 192\.0\.2\.77\/32 -p tcp -m comment --comment "default\/web traffic not accepted by KUBE-FW-\w{16}" -m tcp --dport 80 -j DROP$/,
      ),
    )
    expect(lines).toContain(
      '-A KUBE-NODEPORTS -p tcp -m comment --comment "default/web health check node port" -m tcp --dport 31000 -j ACCEPT',
    )
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^-A KUBE-FW-\w{16} -s 198\.51\.100\.0\/24 -m comment --comment "default\/web loadbalancer IP" -j KUBE-EXT-\w{16}$/,
      ),
    )
  })
})

// biome-ignore format: one family a line
describe('kubelet’s own chains (initNetworkUtil)', () => {
  test.for([
    { family: 4, chains: ['mangle KUBE-IPTABLES-HINT', 'mangle KUBE-KUBELET-CANARY', 'filter KUBE-FIREWALL', 'filter KUBE-KUBELET-CANARY', 'nat KUBE-KUBELET-CANARY'] },
    { family: 6, chains: ['mangle KUBE-IPTABLES-HINT', 'mangle KUBE-KUBELET-CANARY', 'filter KUBE-KUBELET-CANARY', 'nat KUBE-KUBELET-CANARY'] },
  ])('IPv$family', ({ family, chains }) => {
    const stopped = 'apiVersion: kubewalk.dev/v1alpha1\nkind: Environment\nmetadata: {name: e}\nspec: {kubeProxy: {running: {n1: false}}}\n---\n'
    let table = ''
    const found: string[] = []
    for (const line of rulesOf(node + stopped, { family })) {
      if (line.startsWith('*')) table = line.slice(1)
      const chain = /^:(KUBE-\S+)/.exec(line)?.[1]
      if (chain) found.push(`${table} ${chain}`)
    }
    expect(found.toSorted()).toEqual(chains.toSorted())
  })
})
