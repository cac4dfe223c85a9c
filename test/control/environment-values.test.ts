import { expect, test } from 'vitest'
import type { Diagnostic } from '../../src/index.ts'
import { InputError, parseCluster } from '../../src/index.ts'

const cluster = (spec: string) => `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop }
spec: { containers: [{ name: c }] }
---
apiVersion: kubewalk.dev/v1alpha1
kind: Environment
spec: ${spec}
`

function diagnosticsOf(text: string): readonly Diagnostic[] {
  try {
    return parseCluster([{ name: 'cluster.yaml', text }]).diagnostics
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics
    throw error
  }
}

/** All that is said of an Environment: the code, the text at its place, the message. */
function saidOf(spec: string): readonly string[] {
  const text = cluster(spec)
  const lines = text.split('\n')
  return diagnosticsOf(text).map(({ code, at, message }) => {
    const place = (lines[(at?.line ?? 0) - 1] ?? '').slice((at?.column ?? 0) - 1).split(/[,}\]]/)[0]
    return `${code} ${place}: ${message.replace("the Environment's ", '')}`
  })
}

// biome-ignore format: one Environment a line
test.for<readonly [spec: string, said: readonly string[]]>([
  // Resolvers and name servers.
  ['{resolver: {libc: glibc, tool: curl, useSearchList: true}}', []],
  ['{resolver: {libc: musl}}', []],
  ['{resolver: {libc: uclibc}}', ['invalid-setting uclibc: resolver.libc is "uclibc", and only the resolvers of glibc and musl are modelled']],
  ['{kubelet: {default: {clusterDNS: [10.96.0.10, "fd00::10"], clusterDomain: corp}}}', []],
  ['{kubelet: {worker: {clusterDNS: [10.96.0]}}}', ['invalid-setting 10.96.0: kubelet.worker.clusterDNS.0 is "10.96.0", which is no IP address']],
  ['{kubelet: {default: {clusterDNS: [10.96.0.10, kube-dns]}}}', ['invalid-setting kube-dns: kubelet.default.clusterDNS.1 is "kube-dns", which is no IP address']],
  ['{nodes: {worker: {resolv: {nameservers: [8.8.8.8], search: [corp.example], options: ["ndots:2"]}}}}', []],
  ['{nodes: {worker: {resolv: {nameservers: [dns.google]}}}}', ['invalid-setting dns.google: nodes.worker.resolv.nameservers.0 is "dns.google", which is no IP address']],
  ['{upstreamDNS: {default: {a.example.: {A: 192.0.2.1}, b.example: {A: [192.0.2.1, 192.0.2.2], AAAA: "2001:db8::1"}}}}', []],
  ['{upstreamDNS: {192.0.2.53: {a.example: {CNAME: b.example}, b.example: {rcode: nxdomain}, c.example: {rcode: timeout}}}}', []],
  ['{upstreamDNS: {192.0.2.53: {a.example: {rcode: NOERROR, answers: []}}}}', []],
  ['{upstreamDNS: {dns.google: {a.example: {A: 192.0.2.1}}}}', ['invalid-setting {a.example: {A: 192.0.2.1: upstreamDNS.dns.google is no address']],
  ['{upstreamDNS: {default: {a.example: {rcode: NXDOMAN}}}}', ['invalid-setting NXDOMAN: upstreamDNS.default.a.example.rcode is "NXDOMAN", which is no answer']],
  ['{upstreamDNS: {default: {a.example: {A: b.example}}}}', ['invalid-setting b.example: upstreamDNS.default.a.example.A is "b.example", which is no IP address']],
  ['{upstreamDNS: {default: {a.example: {A: [192.0.2.1, 7]}}}}', ['invalid-setting 7: upstreamDNS.default.a.example.A.1 is 7, which is no IP address']],
  ['{upstreamDNS: {default: {a.example: {answers: [192.0.2.1]}}}}', ['field-not-modelled [192.0.2.1: upstreamDNS.default.a.example.answers is not read']],
  // Firewalls of nodes.
  ['{nodes: {worker: {firewall: {INPUT: {policy: DROP, accept: [tcp dport 22, 8472/udp, "in cni0"]}}}}}', []],
  ['{nodes: {"*": {ufw: {allow: [22/tcp]}}}}', []],
  ['{nodes: {worker: {firewall: {INPUT: {policy: DENY}}}}}', ['invalid-setting DENY: nodes.worker.firewall.INPUT.policy cannot be read: "DENY" is no policy of a chain']],
  ['{nodes: {worker: {filter: {FORWARD: {accept: [dpotr 22]}}}}}', ['invalid-setting dpotr 22: nodes.worker.filter.FORWARD.accept.0 cannot be read: "dpotr" says nothing of a packet; did you mean dport?']],
  ['{nodes: {worker: {filter: {FORWARD: {accept: [from 10.0.0.0.1]}}}}}', ['invalid-setting from 10.0.0.0.1: nodes.worker.filter.FORWARD.accept.0 cannot be read: "10.0.0.0.1" is no address and no block of addresses']],
  ['{nodes: {worker: {filter: {FORWARD: {accept: [{prot: tcp}]}}}}}', ['invalid-setting {prot: tcp: nodes.worker.filter.FORWARD.accept.0 cannot be read: "prot" says nothing of a packet; expected protocol, proto, port, ports, dport, dports, sport, sports, from, source, src, to, destination, dst, in, iif, out, oif, interface, device, state, states, ctstate, mark']],
  ['{nodes: {worker: {filter: {FORWARD: {rules: [-A FORWARD -p tpc -j ACCEPT]}}}}}', ['invalid-setting -A FORWARD -p tpc -j ACCEPT: nodes.worker.filter.FORWARD.rules.0 cannot be read: "tpc" is no protocol that has a name here; write its number']],
  ['{nodes: {worker: {filter: {FORWARD: {rules: [-A FORWARD -j KUBE-FORWARD]}}}}}', []],
  ['{nodes: {worker: {filter: {FORWARD: {rules: [-A FORWARD -j MY-CHAIN]}}}}}', ['invalid-setting -A FORWARD -j MY-CHAIN: nodes.worker.filter.FORWARD.rules.0 cannot be read: chain FORWARD jumps to MY-CHAIN, which table filter has not']],
  ['{nodes: {worker: {iptables: {host: nftables}}}}', ['invalid-setting nftables: nodes.worker.iptables.host cannot be read: "nftables" is no backend of iptables']],
  ['{nodes: {worker: {docker: {version: latest}}}}', ['invalid-setting latest: nodes.worker.docker.version cannot be read: "latest" is no release of Docker Engine that is known']],
  ['{nodes: {worker: {ufw: {rules: [permit 22]}}}}', ['invalid-setting permit 22: nodes.worker.ufw.rules.0 cannot be read: "permit" is none of allow, deny, reject and limit']],
  ['{nodes: {worker: {ufw: {incoming: refuse}}}}', ['invalid-setting refuse: nodes.worker.ufw.incoming cannot be read: "refuse" is no default of ufw']],
  ['{nodes: {worker: {firewalld: {services: [sssh]}}}}', ['invalid-setting sssh: nodes.worker.firewalld.services.0 cannot be read: "sssh" is no service that is known here']],
  ['{nodes: {worker: {firewalld: {ports: [udp 8472]}}}}', ['invalid-setting udp 8472: nodes.worker.firewalld.ports.0 cannot be read: "udp 8472" is no port of firewalld']],
  ['{nodes: {worker: {firewalld: {trustedSources: [cni0]}}}}', ['invalid-setting cni0: nodes.worker.firewalld.trustedSources.0 cannot be read: source "cni0" is no address and no block of addresses']],
  // Web servers and certificates.
  ['{httpApps: [{pod: shop/web, port: 8080, routes: {/: 200, /old: 301}, otherwise: 404}]}', []],
  ['{httpApps: [{pod: shop/wbe}]}', ['unknown-reference shop/wbe: the Environment speaks of pod shop/wbe, which does not exist']],
  ['{httpApps: [{port: 80}]}', ['unknown-reference {port: 80: httpApps.0 says of no pod']],
  ['{httpApps: [{pod: shop/web, port: 80808}]}', ['invalid-setting 80808: httpApps.0.port is 80808, which is no port']],
  ['{httpApps: [{pod: shop/web, routes: {/: 600}}]}', ['invalid-setting 600: httpApps.0.routes./ is 600, which is no HTTP status']],
  ['{httpApps: [{pod: shop/web, routes: {users: 200}}]}', ['invalid-setting 200: httpApps.0.routes.users is no path: paths begin with a slash']],
  ['{httpApps: [{pod: shop/web, otherwise: 99}]}', ['invalid-setting 99: httpApps.0.otherwise is 99, which is no HTTP status']],
  ['{listeners: [{pod: shop/web, port: 80, http: {virtualHosts: [a.example], otherHosts: 421}}]}', []],
  ['{listeners: [{pod: shop/web, port: 80, http: {otherHosts: 0}}]}', ['invalid-setting 0: listeners.0.http.otherHosts is 0, which is no HTTP status']],
  ['{nodes: {worker: {listeners: [{port: 80, http: {otherwise: 1000}}]}}}', ['invalid-setting 1000: nodes.worker.listeners.0.http.otherwise is 1000, which is no HTTP status']],
  ['{externalHosts: [{name: db, ip: 192.0.2.1, listeners: [{port: 80, http: {routes: {/a: 42}}}]}]}', ['invalid-setting 42: externalHosts.0.listeners.0.http.routes./a is 42, which is no HTTP status']],
  ['{certificates: [{secret: shop/tls, dnsNames: [a.example]}]}', []],
  ['{certificates: [{secret: tls, dnsNames: [a.example]}]}', ['unknown-reference tls: certificates.0.secret says of no Secret']],
  ['{ingressControllers: [{type: gce, class: gce, containerNativeNEG: true}, {type: alb}]}', []],
  ['{ingressControllers: [{type: nginx}]}', ['field-not-modelled nginx: ingressControllers.0.type is "nginx": it has no effect']],
  ['{kubelet: {worker9: {clusterDomain: corp}}}', ['unknown-reference {clusterDomain: corp: the Environment speaks of node worker9, which does not exist']],
])('an Environment of %s', ([spec, said]) => {
  expect(saidOf(spec)).toEqual(said)
})
