import type { Family } from '../../base/ip.ts'
import { TCP } from '../../base/packet.ts'
import type { RejectAnswer, TargetModule } from './target.ts'

const answers: Readonly<Record<Family, readonly RejectAnswer[]>> = {
  4: [
    { name: 'icmp-net-unreachable', icmp: { type: 3, code: 0 } },
    { name: 'icmp-host-unreachable', icmp: { type: 3, code: 1 } },
    { name: 'icmp-proto-unreachable', icmp: { type: 3, code: 2 } },
    { name: 'icmp-port-unreachable', icmp: { type: 3, code: 3 } },
    { name: 'icmp-net-prohibited', icmp: { type: 3, code: 9 } },
    { name: 'icmp-host-prohibited', icmp: { type: 3, code: 10 } },
    { name: 'tcp-reset' },
    { name: 'icmp-admin-prohibited', icmp: { type: 3, code: 13 } },
  ],
  6: [
    { name: 'icmp6-no-route', icmp: { type: 1, code: 0 } },
    { name: 'icmp6-adm-prohibited', icmp: { type: 1, code: 1 } },
    { name: 'icmp6-addr-unreachable', icmp: { type: 1, code: 3 } },
    { name: 'icmp6-port-unreachable', icmp: { type: 1, code: 4 } },
    { name: 'tcp-reset' },
    { name: 'icmp6-policy-fail', icmp: { type: 1, code: 5 } },
    { name: 'icmp6-reject-route', icmp: { type: 1, code: 6 } },
  ],
}

/** The short names that iptables also takes. */
const aliases: Readonly<Record<Family, Readonly<Record<string, string>>>> = {
  4: {
    'net-unreach': 'icmp-net-unreachable',
    'host-unreach': 'icmp-host-unreachable',
    'proto-unreach': 'icmp-proto-unreachable',
    'port-unreach': 'icmp-port-unreachable',
    'net-prohib': 'icmp-net-prohibited',
    'host-prohib': 'icmp-host-prohibited',
    'admin-prohib': 'icmp-admin-prohibited',
    'tcp-rst': 'tcp-reset',
  },
  6: {
    'no-route': 'icmp6-no-route',
    'adm-prohibited': 'icmp6-adm-prohibited',
    'addr-unreach': 'icmp6-addr-unreachable',
    'port-unreach': 'icmp6-port-unreachable',
    'policy-fail': 'icmp6-policy-fail',
    'reject-route': 'icmp6-reject-route',
  },
}

/** Mirrors reject_tg of ipt_REJECT and ip6t_REJECT: filter table only. */
export const reject: TargetModule<RejectAnswer> = {
  options: { 'reject-with': 1 },
  tables: ['filter'],
  hooks: ['INPUT', 'FORWARD', 'OUTPUT'],
  refuse: ({ icmp }, { header: { protocol } }) =>
    icmp || (protocol?.protocol === TCP && !protocol.inverted)
      ? undefined
      : 'tcp-reset answers TCP alone: it needs -p tcp',
  parse: (options, family) => {
    const wanted =
      options.value('reject-with') ?? (family === 4 ? 'icmp-port-unreachable' : 'icmp6-port-unreachable')
    const known = answers[family]
    const name = (aliases[family][wanted] ?? wanted).toLowerCase()
    const answer = known.find((one) => one.name === name) ?? known.find((one) => one.name.startsWith(name))
    return answer ?? options.fail(`"${wanted}" is not one of ${known.map((one) => one.name).join(', ')}`)
  },
  format: (target) => `--reject-with ${target.name}`,
  apply: ({ name, icmp }) => ({ type: 'reject', answer: { name, ...(icmp && { icmp }) } }),
}
