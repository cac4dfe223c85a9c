import type { DriftEntry } from '../model/drift.ts'
import type { DriftContext } from './context.ts'
import { listed } from './words.ts'

/** What goes wrong if a switch has another value than it should: when it is 0, and when it is not. */
interface Meaning {
  readonly off: string
  readonly on: string
}

const meanings: Readonly<Record<string, Meaning>> = {
  'net.ipv4.ip_forward': {
    off: 'nothing is forwarded: pods of this node reach nobody outside their own network, and nobody reaches them',
    on: 'the node forwards packets',
  },
  'net.ipv6.conf.all.forwarding': {
    off: 'no IPv6 packet is forwarded: pods reach nobody outside their own network, and nobody reaches them',
    on: 'the node forwards IPv6 packets',
  },
  'net.bridge.bridge-nf-call-iptables': {
    off: 'packets between pods on one bridge do not meet iptables: a Service whose endpoint is on the same node gets no answer',
    on: 'packets between ports of one bridge meet iptables',
  },
  'net.bridge.bridge-nf-call-ip6tables': {
    off: 'IPv6 packets between pods on one bridge do not meet ip6tables: a Service whose endpoint is on the same node gets no answer',
    on: 'IPv6 packets between ports of one bridge meet ip6tables',
  },
  'net.ipv4.conf.all.route_localnet': {
    off: 'node ports are not answered on 127.0.0.1',
    on: 'packets of neighbours may reach what listens on 127.0.0.1 only',
  },
  'net.netfilter.nf_conntrack_tcp_be_liberal': {
    off: 'TCP packets outside the window are INVALID, and are not translated back',
    on: 'TCP packets outside the window count as part of their connection',
  },
}

/**
 * Compares the kernel settings that decide where packets go. Others are a matter of tuning. A setting that the dump
 * does not have is not compared.
 */
export function sysctlEntries(context: DriftContext): readonly DriftEntry[] {
  const { expected, dump } = context
  const { sysctls } = dump
  if (!sysctls) return []
  const entries = Object.entries(meanings).flatMap(([key, meaning]): readonly DriftEntry[] => {
    if (isOfOtherFamily(key, context)) return []
    const should = expected.sysctls[key] ?? 0
    const has = sysctls[key]
    if (has === undefined || (has !== 0) === (should !== 0)) return []
    return [entry(key, has, should, has === 0 ? meaning.off : meaning.on)]
  })
  return [...entries, ...deviceEntries(context, sysctls), ...strictFilters(context, sysctls)]
}

function isOfOtherFamily(key: string, { expected }: DriftContext): boolean {
  const six = key.includes('ipv6') || key.includes('ip6')
  return six && !expected.routes.some(({ destination }) => typeof destination.first === 'bigint')
}

function entry(key: string, has: number, should: number, consequence: string): DriftEntry {
  return {
    type: 'differs',
    area: 'sysctls',
    message: `${key} is ${has} and should be ${should}`,
    consequence,
    expected: [`${key} = ${should}`],
    actual: [`${key} = ${has}`],
  }
}

/** Settings of single devices that a component states: `route_localnet` for a host port, `proxy_arp` for Calico. */
function deviceEntries(
  { expected, devices }: DriftContext,
  sysctls: Readonly<Record<string, number>>,
): readonly DriftEntry[] {
  const actualNames = new Map([...devices].map(([own, other]) => [other, own]))
  return Object.entries(expected.sysctls).flatMap(([key, should]): readonly DriftEntry[] => {
    const found = /^net\.ipv[46]\.conf\.(.+)\.(route_localnet|proxy_arp|forwarding)$/.exec(key)
    const [, device = '', name = ''] = found ?? []
    if (!found || device === 'all' || device === 'default') return []
    const own = actualNames.get(device) ?? device
    const actualKey = key.replace(`.${device}.`, `.${own.replaceAll('.', '/')}.`)
    const has = sysctls[actualKey]
    if (has === undefined || (has !== 0) === (should !== 0)) return []
    const origin = expected.devices.find((one) => one.name === device)?.origin
    const told = entry(actualKey, has, should, deviceMeaning(name))
    return [
      {
        ...told,
        ...(origin && { component: origin.component }),
        ...(origin?.subject && { subject: origin.subject }),
      },
    ]
  })
}

function deviceMeaning(name: string): string {
  if (name === 'route_localnet') return 'host ports of the pod are not answered on 127.0.0.1 of the node'
  if (name === 'proxy_arp') return 'the pod gets no answer when it asks for the frame address of its gateway'
  return 'packets that come in by the device are not forwarded'
}

/** The strict reverse path filter drops what comes in by another way than the answer would take. */
function strictFilters(
  { expected, devices, dump }: DriftContext,
  sysctls: Readonly<Record<string, number>>,
): readonly DriftEntry[] {
  const key = (device: string) => `net.ipv4.conf.${device.replaceAll('.', '/')}.rp_filter`
  const filterOf = (of: Readonly<Record<string, number>>, device: string) =>
    Math.max(
      of[key('all')] ?? 0,
      of[key(device)] ?? of[`net.ipv4.conf.${device}.rp_filter`] ?? of[key('default')] ?? 0,
    )
  const names = dump.devices?.map(({ name }) => name) ?? expected.devices.map(({ name }) => name)
  const wanted = new Set(expected.devices.map(({ name }) => name))
  const strict = names.filter((own) => {
    const name = devices.get(own) ?? own
    if (name === 'lo' || !wanted.has(name)) return false
    return filterOf(sysctls, own) === 1 && filterOf(expected.sysctls, name) !== 1
  })
  if (strict.length === 0) return []
  return [
    {
      type: 'differs',
      area: 'sysctls',
      message: `the reverse path filter is strict on ${listed(strict)}`,
      consequence:
        'packets that come in by another device than the one by which answers would leave are dropped',
      expected: [],
      actual: strict.map((name) => `${key(name)} = 1`),
    },
  ]
}
