import { describe, expect, test } from 'vitest'
import { parseCluster } from '../../../src/index.ts'
import type { NodeEnvironment } from '../../../src/model/environment.ts'

const pod = (name: string, node: string, ip: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name } },
  spec: { nodeName: node, containers: [{ name, image: name, ports: [{ containerPort: 8080 }] }] },
  status: { podIP: ip },
})

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: {
    type: 'NodePort',
    clusterIP: '10.96.0.80',
    selector: { app: 'web' },
    ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
  },
}

const nodes = ['worker', 'worker2'].map((name, index) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { podCIDR: `10.244.${index + 1}.0/24` },
  status: { addresses: [{ type: 'InternalIP', address: `172.18.0.${index + 3}` }] },
}))

const outside = {
  externalHosts: [{ name: 'office', ip: '172.18.0.100' }],
  listeners: [
    { node: 'worker2', protocol: 'TCP', port: 22 },
    { node: 'worker2', protocol: 'TCP', port: 10250 },
    { node: 'worker2', protocol: 'UDP', port: 8472 },
  ],
}

const senders: Readonly<Record<string, string>> = {
  pod: 'pod/client',
  node: 'node/worker',
  office: 'external/office',
}

/** What becomes of a packet to worker2, which has this firewall; `pod -> 172.18.0.4:22/tcp`. */
function verdict(stated: NodeEnvironment, packet: string): string {
  const [, from = '', to = '', protocol = 'tcp'] = /^(\w+) -> (\S+?)(?:\/(\w+))?$/.exec(packet) ?? []
  const environment = {
    apiVersion: 'kubewalk.dev/v1alpha1',
    kind: 'Environment',
    metadata: { name: 'around' },
    spec: { ...outside, nodes: { worker2: stated } },
  }
  const items = [
    ...nodes,
    pod('client', 'worker', '10.244.1.9'),
    pod('web', 'worker2', '10.244.2.9'),
    service,
    environment,
  ]
  const loaded = parseCluster([
    { name: 'c.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) },
  ])
  const { outcomes } = loaded.trace({ from: senders[from] ?? from, to, protocol: protocol as 'tcp' })
  return outcomes.map((one) => one.disposition).join(' ')
}

const closed = { INPUT: { policy: 'DROP' } } as const
const input = (...accept: readonly (string | Record<string, unknown>)[]): NodeEnvironment => ({
  firewall: { INPUT: { policy: 'DROP', accept } },
})
const forward = (...accept: readonly string[]): NodeEnvironment => ({
  filter: { FORWARD: { policy: 'DROP', accept } },
})

type Row = readonly [what: string, stated: NodeEnvironment, packet: string, verdict: string]

// biome-ignore format: one packet a line
describe('hand-written chains', () => {
  test.for<Row>([
    ['no firewall',                     {}, 'office -> 172.18.0.4:22', 'reached'],
    ['a policy alone',                  { firewall: closed }, 'office -> 172.18.0.4:22', 'dropped'],
    ['a protocol and a port',           input('tcp dport 22'), 'office -> 172.18.0.4:22', 'reached'],
    ['another port',                    input('tcp dport 22'), 'office -> 172.18.0.4:10250', 'dropped'],
    ['another protocol',                input('udp dport 22'), 'office -> 172.18.0.4:22', 'dropped'],
    ['a port with its protocol',        input('22/tcp'), 'office -> 172.18.0.4:22', 'reached'],
    ['a port without a protocol',       input('22'), 'office -> 172.18.0.4:22', 'reached'],
    ['a service by name',               input('ssh'), 'office -> 172.18.0.4:22', 'reached'],
    ['several ports',                   input('tcp dport 22,80,10250'), 'office -> 172.18.0.4:10250', 'reached'],
    ['a range of ports',                input('tcp ports 10000-10300'), 'office -> 172.18.0.4:10250', 'reached'],
    ['from a block that holds it',      input('udp dport 8472 from 172.18.0.0/24'), 'office -> 172.18.0.4:8472/udp', 'reached'],
    ['from another block',              input('udp dport 8472 from 10.0.0.0/24'), 'office -> 172.18.0.4:8472/udp', 'dropped'],
    ['not from a block',                input('not from 10.0.0.0/24'), 'office -> 172.18.0.4:22', 'reached'],
    ['an address alone is the source',  input('172.18.0.100'), 'office -> 172.18.0.4:22', 'reached'],
    ['its own address alone is not',    input('172.18.0.4'), 'office -> 172.18.0.4:22', 'dropped'],
    ['a device alone',                  input('eth0'), 'office -> 172.18.0.4:22', 'reached'],
    ['another device',                  input('in docker0'), 'office -> 172.18.0.4:22', 'dropped'],
    ['a map',                           input({ protocol: 'TCP', ports: [22, '10000-10300'], from: '172.18.0.0/16' }), 'office -> 172.18.0.4:10250', 'reached'],
    ['known connections, not new ones', input('ctstate ESTABLISHED,RELATED'), 'office -> 172.18.0.4:22', 'dropped'],
    ['new connections get no further',  input('ctstate NEW'), 'office -> 172.18.0.4:22', 'dropped'],
    ['new and known connections',       input('ctstate NEW, ESTABLISHED'), 'office -> 172.18.0.4:22', 'reached'],
    ['ping',                            input('icmp type echo-request'), 'office -> 172.18.0.4/icmp', 'reached'],
    ['ping is no TCP',                  input('tcp'), 'office -> 172.18.0.4/icmp', 'dropped'],
    ['a rule in iptables words',        { firewall: { INPUT: { policy: 'DROP', rules: ['-A INPUT -p tcp --dport 22 -j ACCEPT'] } } }, 'office -> 172.18.0.4:22', 'reached'],
    ['an inserted rule stands first',   { firewall: { INPUT: { rules: ['-A INPUT -p tcp --dport 22 -j ACCEPT', '-I INPUT -s 172.18.0.100 -j DROP'] } } }, 'office -> 172.18.0.4:22', 'dropped'],
    ['a command of iptables',           { firewall: { INPUT: { rules: ['iptables -P INPUT DROP'] } } }, 'office -> 172.18.0.4:22', 'dropped'],
    ['lists count as they stand: drop', { firewall: { INPUT: { drop: ['from 172.18.0.100'], accept: ['tcp dport 22'] } } }, 'office -> 172.18.0.4:22', 'dropped'],
    ['lists count as they stand: accept', { firewall: { INPUT: { accept: ['tcp dport 22'], drop: ['from 172.18.0.100'] } } }, 'office -> 172.18.0.4:22', 'reached'],
    ['reject',                          { firewall: { INPUT: { reject: ['tcp dport 22'] } } }, 'office -> 172.18.0.4:22', 'rejected'],
    ['a policy of REJECT',              { firewall: { INPUT: { policy: 'REJECT icmp-host-prohibited', accept: ['udp'] } } }, 'office -> 172.18.0.4:22', 'rejected'],
    ['a text of iptables-save',         { iptables: { rules: '*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n' } }, 'office -> 172.18.0.4:10250', 'dropped'],
    ['a fragment of filter',            { iptables: { rules: '-A INPUT -p tcp --dport 22 -j DROP' } }, 'office -> 172.18.0.4:22', 'dropped'],
    ['INPUT does not concern pods',     { firewall: closed }, 'pod -> 10.244.2.9:8080', 'reached'],
    ['FORWARD does',                    forward(), 'pod -> 10.244.2.9:8080', 'dropped'],
    ['FORWARD by either address',       forward('src or dst 10.244.0.0/16', 'ctstate RELATED,ESTABLISHED'), 'pod -> 10.244.2.9:8080', 'reached'],
    ['FORWARD, a lone address',         forward('10.244.0.0/16'), 'pod -> 10.244.2.9:8080', 'reached'],
    ['a chain of a plugin that is not there', forward('FLANNEL-FWD: src or dst 10.244.0.0/16'), 'pod -> 10.244.2.9:8080', 'reached'],
    ['the same for other addresses',    forward('FLANNEL-FWD: src or dst 192.168.0.0/16'), 'pod -> 10.244.2.9:8080', 'dropped'],
    ['kube-proxy has its chain itself', forward('KUBE-FORWARD'), 'office -> 172.18.0.4:30080', 'reached'],
    ['and accepts what it masquerades', forward(), 'office -> 172.18.0.4:30080', 'reached'],
    ['legacy drops what nft accepts',   { iptables: { host: 'nft' }, filter: { nft: { FORWARD: { policy: 'ACCEPT' } }, legacy: { FORWARD: { policy: 'DROP' } } } }, 'pod -> 10.244.2.9:8080', 'dropped'],
    ['both accept',                     { filter: { nft: { FORWARD: { policy: 'ACCEPT' } }, legacy: { FORWARD: { policy: 'DROP', accept: ['10.244.0.0/16'] } } } }, 'pod -> 10.244.2.9:8080', 'reached'],
  ])('%s: %o, %s', ([, stated, packet, expected]) => {
    expect(verdict(stated, packet)).toBe(expected)
  })
})

// biome-ignore format: one packet a line
describe('presets', () => {
  test.for<Row>([
    ['Docker drops what it does not know',     { docker: {} }, 'pod -> 10.244.2.9:8080', 'dropped'],
    ['its policy may be another',              { docker: { forwardPolicy: 'ACCEPT' } }, 'pod -> 10.244.2.9:8080', 'reached'],
    ['DOCKER-USER comes before it',            { docker: { user: ['-s 10.244.0.0/16 -j ACCEPT'] } }, 'pod -> 10.244.2.9:8080', 'reached'],
    ['kube-proxy stands before Docker',        { docker: {} }, 'office -> 172.18.0.4:30080', 'reached'],
    ['Docker leaves INPUT alone',              { docker: {} }, 'office -> 172.18.0.4:22', 'reached'],
    ['Docker that does not run',               { docker: { running: false } }, 'pod -> 10.244.2.9:8080', 'reached'],
    ['ufw lets nothing in',                    { ufw: {} }, 'office -> 172.18.0.4:22', 'dropped'],
    ['but ping',                               { ufw: {} }, 'office -> 172.18.0.4/icmp', 'reached'],
    ['and what it is told to',                 { ufw: { allow: ['22/tcp'] } }, 'office -> 172.18.0.4:22', 'reached'],
    ['ufw from a block',                       { ufw: { rules: ['allow from 172.18.0.0/24 to any port 10250 proto tcp'] } }, 'office -> 172.18.0.4:10250', 'reached'],
    ['in ufw a port after from is the source', { ufw: { rules: ['allow proto tcp from 172.18.0.0/24 port 10250'] } }, 'office -> 172.18.0.4:10250', 'dropped'],
    ['ufw deny before allow',                  { ufw: { rules: ['deny from 172.18.0.100', 'allow 22/tcp'] } }, 'office -> 172.18.0.4:22', 'dropped'],
    ['ufw rejects',                            { ufw: { incoming: 'reject' } }, 'office -> 172.18.0.4:22', 'rejected'],
    ['ufw does not forward',                   { ufw: {} }, 'pod -> 10.244.2.9:8080', 'dropped'],
    ['ufw forwards by default',                { ufw: { routed: 'allow' } }, 'pod -> 10.244.2.9:8080', 'reached'],
    ['ufw route',                              { ufw: { rules: ['route allow from 10.244.0.0/16'] } }, 'pod -> 10.244.2.9:8080', 'reached'],
    ['firewalld lets ssh in',                  { firewalld: {} }, 'office -> 172.18.0.4:22', 'reached'],
    ['and nothing else',                       { firewalld: {} }, 'office -> 172.18.0.4:10250', 'rejected'],
    ['but ping',                               { firewalld: {} }, 'office -> 172.18.0.4/icmp', 'reached'],
    ['a port',                                 { firewalld: { ports: ['10250/tcp'] } }, 'office -> 172.18.0.4:10250', 'reached'],
    ['a service',                              { firewalld: { services: ['kube-worker'] } }, 'office -> 172.18.0.4:10250', 'reached'],
    ['a trusted source',                       { firewalld: { trustedSources: ['172.18.0.0/16'] } }, 'office -> 172.18.0.4:10250', 'reached'],
    ['firewalld does not forward to pods',     { firewalld: {} }, 'pod -> 10.244.2.9:8080', 'rejected'],
    ['unless their addresses are trusted',     { firewalld: { trustedSources: ['10.244.0.0/16'] } }, 'pod -> 10.244.2.9:8080', 'reached'],
    ['what kube-proxy translated passes',      { firewalld: {} }, 'office -> 172.18.0.4:30080', 'reached'],
    ['firewalld drops',                        { firewalld: { forwardDefault: 'DROP' } }, 'pod -> 10.244.2.9:8080', 'dropped'],
    ['firewalld cannot open what iptables dropped', { firewalld: { trustedSources: ['10.244.0.0/16'] }, docker: {} }, 'pod -> 10.244.2.9:8080', 'dropped'],
    ['an accept of iptables does not open firewalld', { firewalld: {}, iptables: { rules: '-A FORWARD -j ACCEPT' } }, 'pod -> 10.244.2.9:8080', 'rejected'],
    ['a zone of its own',                      { firewalld: { zones: { drop: { sources: ['172.18.0.100'] } } } }, 'office -> 172.18.0.4:22', 'dropped'],
    ['in iptables',                            { firewalld: { backend: 'iptables' } }, 'office -> 172.18.0.4:10250', 'rejected'],
  ])('%s: %o, %s', ([, stated, packet, expected]) => {
    expect(verdict(stated, packet)).toBe(expected)
  })
})
