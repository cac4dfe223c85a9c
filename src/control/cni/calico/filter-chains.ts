import { formatCidr } from '../../../base/ip.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import { dispatchChains, endpointChains, profileChains } from './endpoint-chains.ts'
import type { FelixChain, FelixRule } from './felix-rule.ts'
import { felixTable } from './felix-rule.ts'
import type { RuleContext } from './rule-context.ts'
import { clearMark, markIs, markIsClear, setMark, setName } from './rule-context.ts'

/** What Felix puts into the filter table (StaticFilterTableChains, and the chains of endpoints). */
export function filterTable(context: RuleContext): TableContribution {
  const { configuration, family, marks } = context
  const { chainInsertMode, filterAllow } = configuration.felix
  const appended: readonly FelixRule[] = [
    {
      comment: 'Policy explicitly accepted packet.',
      match: markIs(marks.accept),
      action: `--jump ${filterAllow}`,
    },
    { action: setMark(marks.accept) },
  ]
  return felixTable('filter', family, chainInsertMode, {
    base: {
      INPUT: { inserted: [{ action: '--jump cali-INPUT' }] },
      FORWARD: { inserted: [{ action: '--jump cali-FORWARD' }], appended },
      OUTPUT: { inserted: [{ action: '--jump cali-OUTPUT' }] },
    },
    chains: [
      forwardChain(context),
      inputChain(context),
      outputChain(context),
      workloadToHost(context),
      cidrBlock(context),
      ...emptyChains,
      ...dispatchChains(context),
      ...endpointChains(context),
      ...profileChains(context),
      ...context.policies.chains(family),
    ],
  })
}

/** There are no host endpoints: nothing stands in their dispatch chains. */
const emptyChains: readonly FelixChain[] = [
  'cali-from-hep-forward',
  'cali-from-host-endpoint',
  'cali-to-hep-forward',
  'cali-to-host-endpoint',
].map((name) => ({ name, rules: [] }))

function forwardChain({ configuration, marks }: RuleContext): FelixChain {
  const { interfacePrefix: prefix } = configuration.felix
  return {
    name: 'cali-FORWARD',
    rules: [
      { action: clearMark(marks.all - marks.accept) },
      { match: markIsClear(marks.accept), action: '--jump cali-from-hep-forward' },
      { match: `--in-interface ${prefix}+`, action: '--jump cali-from-wl-dispatch' },
      { match: `--out-interface ${prefix}+`, action: '--jump cali-to-wl-dispatch' },
      { action: '--jump cali-to-hep-forward' },
      { action: '--jump cali-cidr-block' },
    ],
  }
}

/** Mirrors filterInputChain. */
function inputChain(context: RuleContext): FelixChain {
  const { configuration, marks } = context
  const { interfacePrefix: prefix, filterAllow } = configuration.felix
  const allow = `--jump ${filterAllow}`
  return {
    name: 'cali-INPUT',
    rules: [
      ...ipipInput(context),
      ...vxlanInput(context),
      ...wireguard(context, 'Allow incoming', '-m addrtype --dst-type LOCAL'),
      { match: `--in-interface ${prefix}+`, action: '--goto cali-wl-to-host' },
      { match: markIs(marks.accept), action: allow },
      { action: clearMark(marks.all) },
      { action: '--jump cali-from-host-endpoint' },
      { comment: 'Host endpoint policy accepted packet.', match: markIs(marks.accept), action: allow },
    ],
  }
}

/** Felix says the action with a capital and small letters. */
function denyWord({ configuration }: RuleContext): string {
  // Releases before 3.26 always said Drop.
  return configuration.felix.deny === 'REJECT' && configuration.release >= 26 ? 'Reject' : 'Drop'
}

function ipipInput(context: RuleContext): readonly FelixRule[] {
  const { configuration, on, family } = context
  if (family !== 4 || !on.ipip) return []
  const { filterAllow, deny } = configuration.felix
  return [
    {
      comment: 'Allow IPIP packets from Calico hosts',
      match: `-p 4 -m set --match-set ${setName(4, 'all-hosts-net')} src -m addrtype --dst-type LOCAL`,
      action: `--jump ${filterAllow}`,
    },
    {
      comment: `${denyWord(context)} IPIP packets from non-Calico hosts`,
      match: '-p 4',
      action: `--jump ${deny}`,
    },
  ]
}

function vxlanInput(context: RuleContext): readonly FelixRule[] {
  const { configuration, on, family } = context
  if (!on.vxlan[family]) return []
  const { filterAllow, deny, vxlanPort } = configuration.felix
  const ports = `-p 17 -m multiport --destination-ports ${vxlanPort}`
  const local = '-m addrtype --dst-type LOCAL'
  // For IPv4 Felix drops whatever the deny action is.
  const drop = family === 4 ? 'DROP' : deny
  const word = family === 4 ? 'Drop' : denyWord(context)
  return [
    {
      comment: `Allow IPv${family} VXLAN packets from allowed hosts`,
      match: `${ports} -m set --match-set ${setName(family, 'all-vxlan-net')} src ${local}`,
      action: `--jump ${filterAllow}`,
    },
    {
      comment: `${word} IPv${family} VXLAN packets from non-allowed hosts`,
      match: `${ports} ${local}`,
      action: `--jump ${drop}`,
    },
  ]
}

function wireguard({ configuration, family }: RuleContext, word: string, type: string): readonly FelixRule[] {
  const { wireguard: on, wireguardPort, filterAllow } = configuration.felix
  if (!on[family]) return []
  return [
    {
      comment: `${word} IPv${family} Wireguard packets`,
      match: `-p 17 -m multiport --destination-ports ${wireguardPort[family]} ${type}`,
      action: `--jump ${filterAllow}`,
    },
  ]
}

/** Mirrors filterOutputChain: what goes to a pod of this node is not policed. */
function outputChain(context: RuleContext): FelixChain {
  const { configuration, marks, on, family } = context
  const { interfacePrefix: prefix, filterAllow, vxlanPort } = configuration.felix
  const allow = `--jump ${filterAllow}`
  const fromHere = '-m addrtype --src-type LOCAL'
  const ipip: FelixRule = {
    comment: 'Allow IPIP packets to other Calico hosts',
    match: `-p 4 -m set --match-set ${setName(4, 'all-hosts-net')} dst ${fromHere}`,
    action: allow,
  }
  const vxlan: FelixRule = {
    comment: `Allow IPv${family} VXLAN packets to other allowed hosts`,
    match: `-p 17 -m multiport --destination-ports ${vxlanPort} ${fromHere} -m set --match-set ${setName(family, 'all-vxlan-net')} dst`,
    action: allow,
  }
  return {
    name: 'cali-OUTPUT',
    rules: [
      { match: markIs(marks.accept), action: allow },
      { match: `--out-interface ${prefix}+`, action: '--jump RETURN' },
      ...(family === 4 && on.ipip ? [ipip] : []),
      ...(on.vxlan[family] ? [vxlan] : []),
      ...wireguard(context, 'Allow outgoing', fromHere),
      { action: clearMark(marks.all) },
      { match: '-m conntrack ! --ctstate DNAT', action: '--jump cali-to-host-endpoint' },
      { comment: 'Host endpoint policy accepted packet.', match: markIs(marks.accept), action: allow },
    ],
  }
}

/** Pod to its own node: the pod's egress policy, then the action that is set. */
function workloadToHost({ configuration, family }: RuleContext): FelixChain {
  const { endpointToHost, filterAllow } = configuration.felix
  const icmp = [130, 131, 132, 133, 135, 136].map(
    (type): FelixRule => ({
      match: `-p 58 -m icmp6 --icmpv6-type ${type}`,
      action: `--jump ${filterAllow}`,
    }),
  )
  return {
    name: 'cali-wl-to-host',
    rules: [
      ...(family === 6 ? icmp : []),
      { action: '--jump cali-from-wl-dispatch' },
      { comment: 'Configured DefaultEndpointToHostAction', action: `--jump ${endpointToHost}` },
    ],
  }
}

/** Addresses of Services that BIRD announces and nobody translates would go round between node and router. */
function cidrBlock({ configuration, family }: RuleContext): FelixChain {
  const { serviceLoops } = configuration.felix
  const texts = configuration.bgp.serviceCidrs
    .map(formatCidr)
    .filter((text) => text.includes(':') === (family === 6))
  const action = `--jump ${serviceLoops === 'Reject' ? 'REJECT' : 'DROP'}`
  return {
    name: 'cali-cidr-block',
    rules:
      serviceLoops === 'Disabled'
        ? []
        : texts.toSorted().map((text) => ({ match: `--destination ${text}`, action })),
  }
}
