import type { Cidr } from '../../../base/ip.ts'
import { familyOf, parseCidr } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { ClusterNode } from '../../../model/cluster.ts'
import type { Match } from '../../../netfilter/match/registry.ts'
import type { HeaderMatch, Rule, Target } from '../../../netfilter/rule.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import { fixedChains } from '../../../netfilter/table.ts'
import { accept, block, comment, jump, rule } from '../../proxy/iptables-rules.ts'
import type { FlannelConfig } from './config.ts'
import { networkOfFamily } from './config.ts'

const origin: Origin = { component: 'flannel' }
const back: Target = { type: 'return' }
const masqueraded: Match = { type: 'mark', value: 0x4000, mask: 0x4000, inverted: false }
const multicast = { 4: parseCidr('224.0.0.0/4'), 6: parseCidr('ff00::/8') } as const

/** Which block, and whether all others are meant. */
interface Side {
  readonly cidr: Cidr
  readonly other?: true
}

function header(source: Side | undefined, destination: Side | undefined): HeaderMatch {
  const from = source && block(source.cidr, source.other)
  const to = destination && block(destination.cidr, destination.other)
  return { ...(from && { source: from }), ...(to && { destination: to }) }
}

/**
 * Mirrors masqRules of flannel's iptables manager: pods' packets to pods keep their source, as do those that come in for a
 * pod of this node; what leaves the pods' network is masqueraded, and so is what enters it by a node that the pod is not on.
 */
function masqueradeRules(
  family: 4 | 6,
  {
    network,
    subnet,
    randomFully,
  }: { readonly network: Cidr; readonly subnet: Cidr; readonly randomFully: boolean },
): TableContribution {
  const note = comment('flanneld masq')
  const masquerade: Target = { type: 'MASQUERADE', random: false, fullyRandom: randomFully }
  const line = (source: Side | undefined, destination: Side | undefined, target: Target): Rule =>
    rule(origin, header(source, destination), [note], target)
  const groups = multicast[family]
  const rules = [
    rule(origin, {}, [masqueraded, note], back),
    line({ cidr: subnet }, { cidr: network }, back),
    line({ cidr: network }, { cidr: subnet }, back),
    line({ cidr: network, other: true }, { cidr: subnet }, back),
    line({ cidr: network }, groups && { cidr: groups, other: true }, masquerade),
    line({ cidr: network, other: true }, { cidr: network }, masquerade),
  ]
  return {
    table: 'nat',
    baseRules: { POSTROUTING: [rule(origin, {}, [note], jump('FLANNEL-POSTRTG'))] },
    chains: fixedChains([{ name: 'FLANNEL-POSTRTG', rules }]),
  }
}

/** Mirrors forwardRules: pods' packets pass FORWARD, whatever its policy is. */
function forwardRules(network: Cidr): TableContribution {
  const note = comment('flanneld forward')
  return {
    table: 'filter',
    baseRules: { FORWARD: [rule(origin, {}, [note], jump('FLANNEL-FWD'))] },
    chains: fixedChains([
      {
        name: 'FLANNEL-FWD',
        rules: [
          rule(origin, header({ cidr: network }, undefined), [note], accept),
          rule(origin, header(undefined, { cidr: network }), [note], accept),
        ],
      },
    ]),
  }
}

/** What flanneld puts into a node's tables. */
export function flannelRules(
  config: FlannelConfig,
  node: ClusterNode,
  family: 4 | 6,
): readonly TableContribution[] {
  const network = networkOfFamily(config, family)
  const subnet = node.podCidrs.find((one) => familyOf(one.first) === family)
  if (!network || !subnet) return []
  return [
    ...(config.ipMasq ? [masqueradeRules(family, { network, subnet, randomFully: config.randomFully })] : []),
    ...(config.forwardRules ? [forwardRules(network)] : []),
  ]
}
