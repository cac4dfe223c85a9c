import { describe, expect, test } from 'vitest'
import { formatIp, parseIp } from '../../src/base/ip.ts'
import type { PodResolvConfInput } from '../../src/control/pod-resolv-conf.ts'
import { parseNodeResolvConf, podResolvConf } from '../../src/control/pod-resolv-conf.ts'
import type { PodDnsConfig } from '../../src/model/objects.ts'
import { formatResolvConf } from '../../src/resolver/resolv-conf.ts'

const ips = (texts: readonly string[]) => texts.flatMap((text) => parseIp(text) ?? [])

/** The setting of the reference's rows k01 to k12. */
const setting: PodResolvConfInput = {
  namespace: 'testNS',
  clusterDns: ips(['10.0.0.10']),
  clusterDomain: 'kubernetes.io',
  host: parseNodeResolvConf('nameserver 8.8.8.8\nsearch host.domain\noptions attempts:3\n'),
  minorVersion: 34,
}

/** `nameservers | searches | options`, as one line. */
function written(input: Partial<PodResolvConfInput>): string {
  const { nameservers, searches, options } = podResolvConf({ ...setting, ...input }).conf
  return [nameservers.map(formatIp), searches, options].map((words) => words.join(' ')).join(' | ')
}

const reasons = (input: Partial<PodResolvConfInput>) =>
  podResolvConf({ ...setting, ...input }).events.map(({ reason }) => reason)

const option = (text: string) => {
  const [name = '', value] = text.split(':')
  return { name, ...(value !== undefined && { value }) }
}
const config = (
  servers: readonly string[],
  searches: readonly string[],
  options: readonly string[],
): PodDnsConfig => ({
  nameservers: servers,
  searches,
  options: options.map(option),
})

const cluster = 'testNS.svc.kubernetes.io svc.kubernetes.io kubernetes.io'

// biome-ignore format: one pod a line
describe('the rows of the reference', () => {
  test.for<readonly [string, Partial<PodResolvConfInput>, string, ...string[]]>([
    ['k01 ClusterFirst', { dnsPolicy: 'ClusterFirst' }, `10.0.0.10 | ${cluster} host.domain | ndots:5`],
    ['k01 nothing said is ClusterFirst', {}, `10.0.0.10 | ${cluster} host.domain | ndots:5`],
    ['k02 ClusterFirst with a dnsConfig', { dnsPolicy: 'ClusterFirst', dnsConfig: config(['10.0.0.11'], ['my.domain'], ['ndots:3', 'debug']) }, `10.0.0.10 10.0.0.11 | ${cluster} host.domain my.domain | ndots:3 debug`],
    ['k03 ClusterFirst on the host network', { dnsPolicy: 'ClusterFirst', hostNetwork: true }, '8.8.8.8 | host.domain | attempts:3'],
    ['k04 ClusterFirstWithHostNet on the host network', { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }, `10.0.0.10 | ${cluster} host.domain | ndots:5`],
    ['k04 ClusterFirstWithHostNet off it', { dnsPolicy: 'ClusterFirstWithHostNet' }, `10.0.0.10 | ${cluster} host.domain | ndots:5`],
    ['k05 Default', { dnsPolicy: 'Default' }, '8.8.8.8 | host.domain | attempts:3'],
    ['k05 Default on the host network', { dnsPolicy: 'Default', hostNetwork: true }, '8.8.8.8 | host.domain | attempts:3'],
    ['k06 Default with a dnsConfig', { dnsPolicy: 'Default', dnsConfig: config(['10.0.0.11'], ['my.domain'], ['ndots:3']) }, '8.8.8.8 10.0.0.11 | host.domain my.domain | attempts:3 ndots:3'],
    ['k07 None', { dnsPolicy: 'None', dnsConfig: config(['10.0.0.11'], ['my.domain'], ['ndots:3']) }, '10.0.0.11 | my.domain | ndots:3'],
    ['k09 no cluster DNS', { dnsPolicy: 'ClusterFirst', clusterDns: [] }, '8.8.8.8 | host.domain | attempts:3', 'MissingClusterDNS'],
    ['k09 no cluster DNS, and a policy that does not want it', { dnsPolicy: 'Default', clusterDns: [] }, '8.8.8.8 | host.domain | attempts:3'],
    ['k10 no cluster domain', { dnsPolicy: 'ClusterFirst', clusterDomain: '' }, '10.0.0.10 | host.domain | ndots:5'],
    ['k11 no file of the host', { dnsPolicy: 'Default', host: undefined }, '127.0.0.1 | . | '],
    ['k11 no file of a host with IPv6 alone', { dnsPolicy: 'Default', host: undefined, nodeIps: ips(['fd00::2']) }, '::1 | . | '],
    ['k11 no file of a host with both families', { dnsPolicy: 'Default', host: undefined, nodeIps: ips(['172.18.0.2', 'fd00::2']) }, '127.0.0.1 ::1 | . | '],
    ['k11 no file of the host, and cluster DNS', { dnsPolicy: 'ClusterFirst', host: undefined }, `10.0.0.10 | ${cluster} | ndots:5`],
    ['k12 a fourth server', { dnsPolicy: 'ClusterFirst', dnsConfig: config(['1.1.1.1', '2.2.2.2', '3.3.3.3'], [], []) }, `10.0.0.10 1.1.1.1 2.2.2.2 | ${cluster} host.domain | ndots:5`, 'DNSConfigForming'],
  ])('%s', ([, input, wanted, ...events]) => {
    expect(written(input)).toBe(wanted)
    expect(reasons(input)).toEqual(events)
  })
})

// biome-ignore format: one pod a line
describe("upstream's TestGetPodDNSCustom, whose host has no options", () => {
  const host = parseNodeResolvConf('nameserver 8.8.8.8\nsearch host.domain\n')
  const own = config(['10.0.0.11'], ['my.domain'], ['ndots:3', 'debug'])
  test.for<readonly [string, Partial<PodResolvConfInput>, string]>([
    ['None without a dnsConfig is empty', { dnsPolicy: 'None' }, ' |  | '],
    ['None', { dnsPolicy: 'None', dnsConfig: config(['203.0.113.1'], ['my.domain', 'second.domain'], ['ndots:3', 'debug']) }, '203.0.113.1 | my.domain second.domain | ndots:3 debug'],
    ['ClusterFirst', { dnsPolicy: 'ClusterFirst', dnsConfig: own }, `10.0.0.10 10.0.0.11 | ${cluster} host.domain my.domain | ndots:3 debug`],
    ['ClusterFirstWithHostNet', { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true, dnsConfig: own }, `10.0.0.10 10.0.0.11 | ${cluster} host.domain my.domain | ndots:3 debug`],
    ['Default', { dnsPolicy: 'Default', dnsConfig: own }, '8.8.8.8 10.0.0.11 | host.domain my.domain | ndots:3 debug'],
    ['what is said twice counts once', { dnsConfig: config(['10.0.0.10'], ['svc.kubernetes.io', 'host.domain'], []) }, `10.0.0.10 | ${cluster} host.domain | ndots:5`],
    ['a policy that there is not acts as ClusterFirst', { dnsPolicy: 'invalidPolicy' }, `10.0.0.10 | ${cluster} host.domain | ndots:5`],
  ])('%s', ([, input, wanted]) => {
    expect(written({ host, ...input })).toBe(wanted)
  })
})

describe("upstream's TestMergeDNSOptions", () => {
  const base = ['ndots:5', 'debug']
  test.for<readonly [string, readonly string[], string]>([
    ['nothing to add', [], 'ndots:5 debug'],
    ['no name twice', ['single-request', 'attempts:3'], 'ndots:5 debug single-request attempts:3'],
    [
      'names twice',
      ['ndots:3', 'debug', 'single-request', 'attempts:3'],
      'ndots:3 debug single-request attempts:3',
    ],
  ])('%s', ([, added, wanted]) => {
    const host = { nameservers: [], searches: [], options: base }
    expect(written({ dnsPolicy: 'Default', host, dnsConfig: config([], [], added) })).toBe(` |  | ${wanted}`)
  })
})

describe("upstream's TestFormDNSSearchFitsLimits", () => {
  const first = ['testNS.svc.TEST', 'svc.TEST', 'TEST']
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => String(from + index))
  const characters2048 = [
    'A'.repeat(128),
    ...Array.from({ length: 15 }, (_, index) => `${index + 10}${'A'.repeat(125)}`),
  ]
  const tooLong = 'B'.repeat(256)
  // biome-ignore format: one list a line
  test.for<readonly [string, number, readonly string[], number | readonly string[]]>([
    ['3 domains before 1.26', 25, first, 3],
    ['5 domains before 1.26', 25, [...first, 'AAA', 'BBB'], 5],
    ['7 domains before 1.26', 25, [...first, 'AAA', 'BBB', 'CCC', 'DDD'], 6],
    ['a domain of 256 characters before 1.26', 25, [...first, 'AAA', tooLong, 'BBB'], [...first, 'AAA', 'BBB']],
    ['more than 256 characters before 1.26', 25, [...first, 'C'.repeat(200), 'D'.repeat(29)], 4],
    ['2048 characters', 26, characters2048, 16],
    ['2050 characters', 26, [...characters2048, 'B'], 16],
    ['a domain of 256 characters', 34, [...first, 'AAA', tooLong, 'BBB'], [...first, 'AAA', 'BBB']],
    ['a domain of 253 characters', 34, [...first, 'B'.repeat(253)], 4],
    ['a domain of 254 characters', 34, [...first, 'B'.repeat(254)], 3],
    ['32 domains', 34, [...first, ...numbers(4, 32)], 32],
    ['33 domains', 34, [...first, ...numbers(4, 33)], 32],
  ])('%s', ([, minorVersion, searches, wanted]) => {
    const host = { nameservers: [], searches, options: [] }
    const { conf, events } = podResolvConf({ ...setting, dnsPolicy: 'Default', host, minorVersion })
    const kept = typeof wanted === 'number' ? searches.slice(0, wanted) : wanted
    expect(conf.searches).toEqual(kept)
    const said =
      'Search Line limits were exceeded, some search paths have been omitted, the applied search line is: '
    const cut = kept.length < searches.length
    expect(events).toEqual(cut ? [{ reason: 'DNSConfigForming', message: said + kept.join(' ') }] : [])
  })

  test('the list of 2048 characters has 2048 characters', () => {
    expect(characters2048.join(' ')).toHaveLength(2048)
  })
})

describe("upstream's TestFormDNSNameserversFitsLimits", () => {
  test.for<readonly [readonly string[], number]>([
    [['127.0.0.1'], 1],
    [['127.0.0.1', '10.0.0.10', '8.8.8.8'], 3],
    [['127.0.0.1', '10.0.0.10', '8.8.8.8', '1.2.3.4'], 3],
  ])('%s', ([servers, kept]) => {
    const host = { nameservers: ips(servers), searches: [], options: [] }
    const { conf, events } = podResolvConf({ ...setting, dnsPolicy: 'Default', host })
    expect(conf.nameservers.map(formatIp)).toEqual(servers.slice(0, kept))
    expect(events.map(({ message }) => message)).toEqual(
      servers.length > kept
        ? [
            'Nameserver limits were exceeded, some nameservers have been omitted, ' +
              'the applied nameserver line is: 127.0.0.1 10.0.0.10 8.8.8.8',
          ]
        : [],
    )
  })
})

// biome-ignore format: one file a line
describe("upstream's TestParseResolvConf", () => {
  test.for<readonly [string, string]>([
    ['', ''],
    [' ', ''],
    ['\t\n\t', ''],
    ['#comment\n', ''],
    [' #comment\n', ''],
    ['#comment\nnameserver 1.2.3.4\nsearch', 'nameserver 1.2.3.4'],
    ['nameserver 1.2.3.4', 'nameserver 1.2.3.4'],
    [' nameserver 1.2.3.4', 'nameserver 1.2.3.4'],
    ['\tnameserver 1.2.3.4', 'nameserver 1.2.3.4'],
    ['nameserver\t1.2.3.4', 'nameserver 1.2.3.4'],
    ['nameserver \t 1.2.3.4', 'nameserver 1.2.3.4'],
    ['nameserver 1.2.3.4\nnameserver 5.6.7.8', 'nameserver 1.2.3.4, nameserver 5.6.7.8'],
    ['nameserver 1.2.3.4 #comment', 'nameserver 1.2.3.4'],
    ['search ', ''],
    ['search .', ''],
    ['search foo', 'search foo'],
    ['search foo bar', 'search foo bar'],
    ['search foo . bar', 'search foo bar'],
    ['search foo. bar', 'search foo bar'],
    ['search foo bar bat\n', 'search foo bar bat'],
    ['search foo\nsearch bar', 'search bar'],
    ['nameserver 1.2.3.4\nsearch foo bar', 'search foo bar, nameserver 1.2.3.4'],
    ['nameserver 1.2.3.4\nsearch foo\nnameserver 5.6.7.8\nsearch bar', 'search bar, nameserver 1.2.3.4, nameserver 5.6.7.8'],
    ['#comment\nnameserver 1.2.3.4\n#comment\nsearch foo\ncomment', 'search foo, nameserver 1.2.3.4'],
    ['domain foo', ''],
    ['options ', ''],
    ['options ndots:5 attempts:2', 'options ndots:5 attempts:2'],
    ['options ndots:1 ndots:5 attempts:2', 'options ndots:5 attempts:2'],
    ['options ndots:1 edns0 attempts:2 single-request-reopen', 'options ndots:1 edns0 attempts:2 single-request-reopen'],
    ['options ndots:1\noptions ndots:5 attempts:3', 'options ndots:5 attempts:3'],
    ['options ndots:1 timeout:3 timeout:1 attempts:3\noptions ndots:5', 'options ndots:5 timeout:1 attempts:3'],
    ['options ndots:1 attempts:3\noptions ndots:1 attempts:3 ndots:5', 'options ndots:5 attempts:3'],
    ['nameserver 1.2.3.4\nsearch foo\nnameserver 5.6.7.8\nsearch bar\noptions ndots:5 attempts:4', 'search bar, nameserver 1.2.3.4, nameserver 5.6.7.8, options ndots:5 attempts:4'],
  ])('%j', ([text, wanted]) => {
    expect(formatResolvConf(parseNodeResolvConf(text)).trim().replaceAll('\n', ', ')).toBe(wanted)
  })
})
