import type { Ip } from '../../../base/ip.ts'
import { familyOf, formatEndpoint, formatIp } from '../../../base/ip.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import type { FelixChain, FelixRule } from './felix-rule.ts'
import { felixTable } from './felix-rule.ts'
import { poolsOfFamily } from './pool.ts'
import type { RuleContext } from './rule-context.ts'
import { clearMark, markIs, markIsClear, poolsSet, setMark, setName } from './rule-context.ts'

/** The releases with which rules of these tables came. */
const natAppended = 29
const vxlanUntracked = 29
const dscp = 31
const masqueradePorts = 33

/**
 * What Felix puts into the nat table. Its POSTROUTING rule is appended, so that kube-proxy masquerades first and takes
 * its mark away, which an outer packet would inherit.
 */
export function natTable(context: RuleContext): TableContribution {
  const { configuration, family } = context
  const after = { action: '--jump cali-POSTROUTING' }
  return felixTable('nat', family, configuration.felix.chainInsertMode, {
    base: {
      PREROUTING: { inserted: [{ action: '--jump cali-PREROUTING' }] },
      OUTPUT: { inserted: [{ action: '--jump cali-OUTPUT' }] },
      POSTROUTING: configuration.release >= natAppended ? { appended: [after] } : { inserted: [after] },
    },
    chains: [
      { name: 'cali-PREROUTING', rules: [{ action: '--jump cali-fip-dnat' }] },
      { name: 'cali-OUTPUT', rules: [{ action: '--jump cali-fip-dnat' }] },
      {
        name: 'cali-POSTROUTING',
        rules: [
          { action: '--jump cali-fip-snat' },
          { action: '--jump cali-nat-outgoing' },
          ...context.tunnels.flatMap((device) => tunnelRules(context, device)),
        ],
      },
      { name: 'cali-nat-outgoing', rules: outgoing(context) },
      { name: 'cali-fip-dnat', rules: [] },
      { name: 'cali-fip-snat', rules: [] },
    ],
  })
}

/** What a node sends through a tunnel with an address of another device takes the tunnel's, so that the answer comes back. */
function tunnelRules({ configuration, on, family }: RuleContext, device: string): readonly FelixRule[] {
  const match = `--out-interface ${device} -m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL`
  const plain: FelixRule = { match, action: '--jump MASQUERADE --random-fully' }
  if (configuration.release < masqueradePorts || !on.vxlan[family]) return [plain]
  const ports = portsWithout(configuration.felix.vxlanPort)
  return [{ match: `-p 17 ${match}`, action: `--jump MASQUERADE --to-ports ${ports} --random-fully` }, plain]
}

/** The larger part of the ports on one side of VXLAN's. Mirrors masqPortRangeExcluding. */
function portsWithout(port: number): string {
  return port - 1024 >= 65535 - port ? `1024-${port - 1}` : `${port + 1}-65535`
}

/** Mirrors NATOutgoingChain: what leaves the pools is masqueraded, if its own pool says so. */
function outgoing(context: RuleContext): readonly FelixRule[] {
  const { configuration, on, family } = context
  const { natOutgoingAddress, natPorts, natExcludesHosts, natDevice } = configuration.felix
  if (!poolsOfFamily(on.pools, family).some((pool) => pool.natOutgoing)) return []
  const address =
    natOutgoingAddress !== undefined && familyOf(natOutgoingAddress) === family
      ? natOutgoingAddress
      : undefined
  const rule = (protocol: string, action: string): FelixRule => ({
    match: [
      `-m set --match-set ${setName(family, 'masq-ipam-pools')} src`,
      `-m set ! --match-set ${poolsSet(context)} dst`,
      ...(natExcludesHosts ? [`-m set ! --match-set ${setName(family, 'all-hosts-net')} dst`] : []),
      ...(protocol === '' ? [] : [`-p ${protocol}`]),
      ...(natDevice === undefined ? [] : [`--out-interface ${natDevice}`]),
    ].join(' '),
    action,
  })
  const all = rule('', translation(address, undefined))
  if (!natPorts) return [all]
  const ports = `${natPorts.first}-${natPorts.last}`
  const some = translation(address, ports)
  return [
    ...['tcp', 'udp'].flatMap((protocol) => [rule(protocol, some), rule(protocol, '--jump RETURN')]),
    all,
  ]
}

function translation(address: Ip | undefined, ports: string | undefined): string {
  if (address === undefined)
    return `--jump MASQUERADE${ports === undefined ? '' : ` --to-ports ${ports}`} --random-fully`
  const [first = '', last = ''] = ports?.split('-') ?? []
  const to = ports === undefined ? formatIp(address) : `${formatEndpoint(address, Number(first))}-${last}`
  return `--jump SNAT --to-source ${to} --random-fully`
}

/** What Felix puts into the raw table: a strict check of where pods' packets come from. */
export function rawTable(context: RuleContext): TableContribution {
  const { configuration, on, family, marks } = context
  const { felix, release } = configuration
  const untracked: FelixRule = { match: `-p udp --dport ${felix.vxlanPort}`, action: '--jump NOTRACK' }
  const vxlan = on.vxlan[family] && release >= vxlanUntracked ? [untracked] : []
  const fromPod = marks.scratch0
  const accepted: FelixRule = { match: markIs(marks.accept), action: '--jump ACCEPT' }
  return felixTable('raw', family, felix.chainInsertMode, {
    base: {
      PREROUTING: { inserted: [{ action: '--jump cali-PREROUTING' }] },
      OUTPUT: { inserted: [{ action: '--jump cali-OUTPUT' }] },
    },
    chains: [
      {
        name: 'cali-PREROUTING',
        rules: [
          { action: clearMark(marks.all) },
          ...vxlan,
          { match: `--in-interface ${felix.interfacePrefix}+`, action: setMark(fromPod) },
          { match: markIs(fromPod), action: '--jump cali-rpf-skip' },
          { match: `${markIs(fromPod)} -m rpfilter --invert --validmark`, action: `--jump ${felix.deny}` },
          { match: markIsClear(fromPod), action: '--jump cali-from-host-endpoint' },
          accepted,
        ],
      },
      {
        name: 'cali-OUTPUT',
        rules: [
          { action: clearMark(marks.all) },
          { action: '--jump cali-to-host-endpoint' },
          ...vxlan,
          accepted,
        ],
      },
      ...['cali-rpf-skip', 'cali-from-host-endpoint', 'cali-to-host-endpoint'].map(
        (name): FelixChain => ({ name, rules: [] }),
      ),
    ],
  })
}

/** What Felix puts into the mangle table; without host endpoints it changes nothing. */
export function mangleTable(context: RuleContext): TableContribution {
  const { configuration, family, marks } = context
  const { felix, release } = configuration
  const allow = `--jump ${felix.mangleAllow}`
  const hostAccepted = 'Host endpoint policy accepted packet.'
  const leaving: FelixRule = {
    comment: 'set dscp for traffic leaving cluster.',
    match: [
      `-m set --match-set ${setName(family, 'dscp-src-net')} src`,
      `-m set ! --match-set ${poolsSet(context)} dst`,
      `-m set ! --match-set ${setName(family, 'this-host')} dst`,
    ].join(' '),
    action: '--jump cali-egress-dscp',
  }
  const hasDscp = release >= dscp
  return felixTable('mangle', family, felix.chainInsertMode, {
    base: {
      PREROUTING: { inserted: [{ action: '--jump cali-PREROUTING' }] },
      POSTROUTING: { inserted: [{ action: '--jump cali-POSTROUTING' }] },
    },
    chains: [
      {
        name: 'cali-PREROUTING',
        rules: [
          { match: '-m conntrack --ctstate RELATED,ESTABLISHED', action: allow },
          { match: markIs(marks.accept), action: allow },
          { action: '--jump cali-from-host-endpoint' },
          { comment: hostAccepted, match: markIs(marks.accept), action: allow },
        ],
      },
      {
        name: 'cali-POSTROUTING',
        rules: [
          ...(hasDscp ? [leaving] : []),
          { match: markIs(marks.accept), action: '--jump RETURN' },
          { action: clearMark(marks.all) },
          { match: '-m conntrack --ctstate DNAT', action: '--jump cali-to-host-endpoint' },
          { comment: hostAccepted, match: markIs(marks.accept), action: '--jump RETURN' },
        ],
      },
      ...['cali-from-host-endpoint', 'cali-to-host-endpoint', ...(hasDscp ? ['cali-egress-dscp'] : [])].map(
        (name): FelixChain => ({ name, rules: [] }),
      ),
    ],
  })
}
