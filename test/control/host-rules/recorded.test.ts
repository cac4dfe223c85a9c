import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hostRules } from '../../../src/control/host-rules/host-rules.ts'
import type { NodeEnvironment } from '../../../src/model/environment.ts'
import { formatRuleSet } from '../../../src/netfilter/save-format/format.ts'
import { composeRuleSet } from '../../../src/netfilter/table.ts'

const folder = join(import.meta.dirname, '../../recorded/host-rules')
const recorded = (name: string) => readFileSync(join(folder, name), 'utf8')

/** What the node's firewalls have in the tables of iptables, and nothing else. */
function ownText(stated: NodeEnvironment, family: 4 | 6, uplink = 'eth0'): string {
  const said: string[] = []
  const { shares } = hostRules({ environment: { nodes: { worker: stated } } }, 'worker', {
    family,
    uplink,
    hasChain: () => false,
    refuse: (path, message) => said.push(`${path.join('.')}: ${message}`),
  })
  expect(said).toEqual([])
  return formatRuleSet(
    composeRuleSet(
      family,
      shares.map((one) => one.contribution),
    ),
  )
}

const ufwRules = [
  'allow 22/tcp',
  'allow from 10.0.0.0/24 to any port 8472 proto udp',
  'allow in on cni0',
  'allow 53',
  'limit 2222/tcp',
  'deny from 203.0.113.9',
  'route allow in on cni0 out on eth0',
  'reject 113/tcp',
]

/** firewalld 1.3 on a machine without eth0: its default zone has no device. */
const firewalldIptables: NodeEnvironment = {
  firewalld: { backend: 'iptables', trustedInterfaces: ['cni0'] },
}

// biome-ignore format: one record a line
describe('the presets are what the real programs write', () => {
  test.for<readonly [file: string, stated: NodeEnvironment, family: 4 | 6]>([
    ['ufw-default.v4',      { ufw: {} }, 4],
    ['ufw-default.v6',      { ufw: {} }, 6],
    ['ufw-rules.v4',        { ufw: { rules: ufwRules } }, 4],
    ['ufw-rules.v6',        { ufw: { rules: ufwRules } }, 6],
    ['ufw-routed-nolog.v4', { ufw: { rules: ufwRules, routed: 'allow', logging: 'off' } }, 4],
    ['docker-20.10.v4',     { docker: { version: '20.10.24' } }, 4],
  ])('%s', ([file, stated, family]) => {
    expect(ownText(stated, family)).toBe(recorded(file))
  })
})

test('firewalld with its iptables backend: the rules of every table', () => {
  const uplink = 'none'
  const own = ownText(firewalldIptables, 4, uplink).split('\n')
  const without = own.filter((line) => !line.includes(`-o ${uplink} `) && !line.includes(`-i ${uplink} `))
  expect(without.join('\n')).toBe(recorded('firewalld-iptables.v4'))
})

/** The rules of the chains of table inet firewalld that decide, as nft lists them. */
function nftChain(text: string, name: string): readonly string[] {
  const body = new RegExp(`chain ${name} \\{\n(.*?)\n\t\\}`, 's').exec(text)?.[1] ?? ''
  return body.split('\n').map((line) => line.trim())
}

describe('firewalld with nftables: the chains of table inet firewalld that decide', () => {
  const stated: NodeEnvironment = {
    firewalld: {
      trustedInterfaces: ['cni0'],
      trustedSources: ['10.42.0.0/16'],
      services: ['https'],
      ports: ['8472/udp'],
      zones: { internal: { sources: ['10.0.0.0/24'] } },
    },
  }
  const { native } = hostRules({ environment: { nodes: { worker: stated } } }, 'worker', {
    family: 4,
    uplink: 'eth0',
    hasChain: () => false,
  })
  const own = native.map(formatRuleSet).join('')
  const rulesOf = (chain: string) =>
    own.split('\n').flatMap((line) => (line.startsWith(`-A ${chain} `) ? [line.slice(chain.length + 4)] : []))
  const real = recorded('firewalld.nft')

  // biome-ignore format: one chain a row
  test.for<readonly [chain: string, nft: readonly string[], own: readonly string[]]>([
    ['filter_INPUT', ['ct state { established, related } accept', 'ct status dnat accept', 'iifname "lo" accept', 'ct state invalid drop', 'jump filter_INPUT_ZONES', 'reject with icmpx admin-prohibited'],
      ['-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', '-m conntrack --ctstate DNAT -j ACCEPT', '-i lo -j ACCEPT', '-m conntrack --ctstate INVALID -j DROP', '-j filter_INPUT_ZONES', '-j REJECT --reject-with icmp-admin-prohibited']],
    ['filter_FORWARD', ['ct state { established, related } accept', 'ct status dnat accept', 'iifname "lo" accept', 'ct state invalid drop', 'jump filter_FORWARD_ZONES', 'reject with icmpx admin-prohibited'],
      ['-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', '-m conntrack --ctstate DNAT -j ACCEPT', '-i lo -j ACCEPT', '-m conntrack --ctstate INVALID -j DROP', '-j filter_FORWARD_ZONES', '-j REJECT --reject-with icmp-admin-prohibited']],
    ['filter_FORWARD_ZONES', ['ip saddr 10.0.0.0/24 goto filter_FWD_internal', 'ip saddr 10.42.0.0/16 goto filter_FWD_trusted', 'iifname "eth0" goto filter_FWD_public', 'iifname "cni0" goto filter_FWD_trusted', 'goto filter_FWD_public'],
      ['-s 10.0.0.0/24 -g filter_FWD_internal', '-s 10.42.0.0/16 -g filter_FWD_trusted', '-i eth0 -g filter_FWD_public', '-i cni0 -g filter_FWD_trusted', '-g filter_FWD_public']],
    ['filter_IN_public', ['tcp dport 22 accept', 'udp dport 8472 accept', 'tcp dport 443 accept', 'meta l4proto { icmp, ipv6-icmp } accept', 'reject with icmpx admin-prohibited'],
      ['-p tcp -m tcp --dport 22 -j ACCEPT', '-p tcp -m tcp --dport 443 -j ACCEPT', '-p udp -m udp --dport 8472 -j ACCEPT', '-p icmp -j ACCEPT', '-j REJECT --reject-with icmp-admin-prohibited']],
    ['filter_FWD_public', ['oifname "eth0" accept', 'reject with icmpx admin-prohibited'], ['-o eth0 -j ACCEPT', '-j REJECT --reject-with icmp-admin-prohibited']],
    ['filter_FWD_trusted', ['oifname "cni0" accept', 'ip daddr 10.42.0.0/16 accept', 'accept'], ['-o cni0 -j ACCEPT', '-d 10.42.0.0/16 -j ACCEPT', '-j ACCEPT']],
  ])('%s', ([chain, nft, expected]) => {
    // Of IPv4, with what a zone's `_allow` chain has written out in place.
    const listed = nftChain(real, chain).flatMap((line) =>
      line === `jump ${chain}_allow` ? nftChain(real, `${chain}_allow`) : [line],
    )
    const deciding = listed.filter((line) => !line.startsWith('type ') && !line.startsWith('ip6 ') && !/^jump \S+_(?:pre|log|deny|post)$/.test(line))
    expect(deciding).toEqual(nft)
    expect(rulesOf(chain)).toEqual(expected)
  })
})
