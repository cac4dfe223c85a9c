import { expect, test } from 'vitest'
import { formatIp, parseIp } from '../../src/base/ip.ts'
import type { PodHostsInput } from '../../src/control/pod-hosts.ts'
import { podHosts } from '../../src/control/pod-hosts.ts'
import { parseHosts } from '../../src/resolver/hosts.ts'

const pod: PodHostsInput = {
  name: 'web-0',
  namespace: 'app',
  podIps: [parseIp('10.244.1.5') ?? 0],
  clusterDomain: 'cluster.local',
  nodeHosts: parseHosts('127.0.0.1 localhost\n172.18.0.2 worker\n'),
  minorVersion: 34,
}

/** What the kubelet writes first, as formatted addresses. */
const loopback = [
  '127.0.0.1 localhost',
  '::1 localhost ip6-localhost ip6-loopback',
  'fe00:: ip6-localnet',
  'fe00:: ip6-mcastprefix',
  'fe00::1 ip6-allnodes',
  'fe00::2 ip6-allrouters',
]

const dual = [parseIp('10.244.1.5') ?? 0, parseIp('fd00::5') ?? 0n]
const aliases = [
  { ip: '123.45.67.89', hostnames: ['some.domain', 'some'] },
  { ip: 'fd00::9', hostnames: ['other'] },
]
const long = `${'x'.repeat(62)}-yyy`

// biome-ignore format: one pod a line
test.for<readonly [string, Partial<PodHostsInput>, ...string[]]>([
  ['a pod with nothing but a name', {}, ...loopback, '10.244.1.5 web-0'],
  ['a host name', { hostname: 'db' }, ...loopback, '10.244.1.5 db'],
  ['a subdomain', { hostname: 'web-0', subdomain: 'nginx' }, ...loopback, '10.244.1.5 web-0.nginx.app.svc.cluster.local web-0'],
  ['a subdomain and no host name', { subdomain: 'nginx' }, ...loopback, '10.244.1.5 web-0.nginx.app.svc.cluster.local web-0'],
  ['two families', { podIps: dual, subdomain: 'nginx' }, ...loopback, '10.244.1.5 web-0.nginx.app.svc.cluster.local web-0', 'fd00::5 web-0.nginx.app.svc.cluster.local web-0'],
  ['host aliases', { hostAliases: aliases }, ...loopback, '10.244.1.5 web-0', '123.45.67.89 some.domain some', 'fd00::9 other'],
  ['the host network', { hostNetwork: true, subdomain: 'nginx' }, '127.0.0.1 localhost', '172.18.0.2 worker'],
  ['host aliases on the host network', { hostNetwork: true, hostAliases: aliases }, '127.0.0.1 localhost', '172.18.0.2 worker', '123.45.67.89 some.domain some', 'fd00::9 other'],
  ['no address yet', { podIps: [] }],
  ['a name of more than 63 characters', { name: long }, ...loopback, `10.244.1.5 ${'x'.repeat(62)}`],
  ['an overriding host name', { minorVersion: 35, hostnameOverride: 'db.example.com', subdomain: 'nginx' }, ...loopback, '10.244.1.5 db.example.com'],
  ['an overriding host name before 1.35', { minorVersion: 34, hostnameOverride: 'db.example.com' }, ...loopback, '10.244.1.5 web-0'],
])('%s', ([, input, ...wanted]) => {
  const lines = podHosts({ ...pod, ...input }).map(({ ip, names }) => [formatIp(ip), ...names].join(' '))
  expect(lines).toEqual(wanted)
})
