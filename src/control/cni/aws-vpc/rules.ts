import type { Cidr, Ip } from '../../../base/ip.ts'
import { formatCidr, formatIp } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import { writtenTable } from '../parts/written-rules.ts'
import type { AwsVpcSettings } from './settings.ts'

const origin: Origin = { component: 'aws-node' }

/** What the rules of one node are made from. */
export interface RulesContext {
  readonly settings: AwsVpcSettings
  readonly vpcCidrs: readonly Cidr[]
  /** The node's own address, which is the primary interface's. */
  readonly primary: Ip | undefined
  readonly uplink: string
}

/**
 * Mirrors buildIptablesSNATRules and the iptables form of the connmark rules: what leaves the VPC takes the primary
 * interface's address and leaves by it, and so does the answer to what came in by it.
 */
export function awsRules(context: RulesContext, family: 4 | 6): readonly TableContribution[] {
  const { settings, primary } = context
  if (settings.ipv6) return family === 4 ? [blockNodeLocal(4)] : []
  if (family === 6) return settings.ipv6Egress ? [blockNodeLocal(6)] : []
  if (primary === undefined) return []
  return [mangle(context), nat(context, primary)]
}

function mangle({ settings, uplink }: RulesContext): TableContribution {
  const { nodePortSupport, externalSnat, vethPrefix } = settings
  const mark = hexMark(settings)
  const note = '-m comment --comment "AWS, primary ENI"'
  const restore = `-j CONNMARK --restore-mark --nfmask ${mark} --ctmask ${mark}`
  const lines = [
    nodePortSupport &&
      `-A PREROUTING -i ${uplink} ${note} -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark ${mark}/${mark}`,
    (nodePortSupport || !externalSnat) && `-A PREROUTING -i ${vethPrefix}+ ${note} ${restore}`,
    nodePortSupport && `-A PREROUTING -i vlan+ ${note} ${restore}`,
  ]
  return writtenTable({ origin, table: 'mangle', family: 4, lines: lines.filter((one) => one !== false) })
}

function nat({ settings, vpcCidrs }: RulesContext, primary: Ip): TableContribution {
  const { externalSnat, excludeCidrs, vethPrefix } = settings
  const chains = ['AWS-SNAT-CHAIN-0']
  if (externalSnat) return writtenTable({ origin, table: 'nat', family: 4, lines: [], chains })
  const mark = hexMark(settings)
  // Each block is inserted at the top of its chain, so that the last one stands first.
  const exempt = [
    ...vpcCidrs.map((cidr) => ({ cidr, word: '' })),
    ...excludeCidrs.map((cidr) => ({ cidr, word: ' EXCLUSION' })),
  ].toReversed()
  const lines = [
    `-A PREROUTING -i ${vethPrefix}+ -m comment --comment "AWS, outbound connections" -j AWS-CONNMARK-CHAIN-0`,
    `-A PREROUTING -m comment --comment "AWS, CONNMARK" -j CONNMARK --restore-mark --nfmask ${mark} --ctmask ${mark}`,
    '-A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0',
    ...exempt.map(
      ({ cidr }) =>
        `-A AWS-CONNMARK-CHAIN-0${destined(cidr)} -m comment --comment "AWS CONNMARK CHAIN" -j RETURN`,
    ),
    `-A AWS-CONNMARK-CHAIN-0 -m comment --comment "AWS, CONNMARK" -j CONNMARK --set-xmark ${mark}/${mark}`,
    ...exempt.map(
      ({ cidr, word }) =>
        `-A AWS-SNAT-CHAIN-0${destined(cidr)} -m comment --comment "AWS SNAT CHAIN${word}" -j RETURN`,
    ),
    `-A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source ${formatIp(primary)}${randomized(settings)}`,
  ]
  return writtenTable({ origin, table: 'nat', family: 4, lines, chains: ['AWS-CONNMARK-CHAIN-0', ...chains] })
}

/** The kernel keeps no destination that takes in everything. */
function destined(cidr: Cidr): string {
  return cidr.bits === 0 ? '' : ` -d ${formatCidr(cidr)}`
}

function hexMark({ connmark }: AwsVpcSettings): string {
  return `0x${connmark.toString(16)}`
}

function randomized({ randomize }: AwsVpcSettings): string {
  return { prng: ' --random-fully', hashrandom: ' --random', none: '' }[randomize]
}

/** Mirrors setupRuleToBlockNodeLocalAccess: addresses that pods have for leaving the node alone. */
function blockNodeLocal(family: 4 | 6): TableContribution {
  const [cidr, answer] =
    family === 4
      ? ['169.254.172.0/22', 'icmp-port-unreachable']
      : ['fd00::ac:0/118', 'icmp6-port-unreachable']
  const line = `-A FORWARD -d ${cidr} -m conntrack --ctstate NEW -m comment --comment "Block Node Local Pod access via IPv${family}" -j REJECT --reject-with ${answer}`
  return writtenTable({ origin, table: 'filter', family, lines: [], prepended: [line] })
}
