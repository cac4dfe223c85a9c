import { describe, expect, test } from 'vitest'
import { formatRuleSet } from '../../src/index.ts'
import type { IpSet } from '../../src/model/network.ts'
import { examplePolicies } from '../support/calico-policies.ts'
import { example } from '../support/cni-example.ts'
import { inOwnNamespace, whatIsAvailable } from './availability.ts'

/**
 * Felix's rules and sets, beside kube-proxy's, are loaded into a fresh network namespace of the kernel by ipset and
 * iptables-nft-restore and saved again: what comes back must be our text.
 */
const { backends, missing } = whatIsAvailable()
const usable = backends.includes('nft')
const reason = usable ? '' : `: skipped, ${missing || 'iptables-nft cannot load rules here'}`

const modes = [
  'calico:encapsulation=vxlan',
  'calico:encapsulation=ipip',
  'calico:encapsulation=none',
  'calico:encapsulation=vxlan,version=v3.33',
  'calico:encapsulation=ipip,version=v3.24',
  'canal',
]

/** The releases with which the chains of policies changed. */
const modesWithPolicies = [
  'calico:encapsulation=vxlan',
  'calico:encapsulation=none,version=v3.29',
  'calico:encapsulation=none,version=v3.28',
  'calico:encapsulation=none,version=v3.21',
  'canal',
]

function ipsetText(sets: readonly IpSet[]): string {
  const lines = sets.flatMap(({ name, type, entries }) => {
    const family = name.startsWith('cali6') ? 'inet6' : 'inet'
    return [`create ${name} ${type} family ${family}`, ...entries.map((entry) => `add ${name} ${entry}`)]
  })
  return `${lines.join('\n')}\n`
}

describe.skipIf(!usable)(`Calico's rules and sets, loaded and saved${reason}`, () => {
  const cases = [
    ...modes.map((cni) => ({ cni, policies: 'without policies', more: '' })),
    ...modesWithPolicies.map((cni) => ({ cni, policies: 'with policies', more: examplePolicies })),
  ]
  test.each(cases)('$cni, $policies', async ({ cni, more }) => {
    const cluster = example({ cni, more })
    const set = cluster.ruleSets('n1')?.find((one) => one.family === 4)
    const sets = cluster.network.namespaces.get('node/n1')?.sets ?? []
    if (!set) throw new Error('n1 has no rules')
    const text = formatRuleSet(set)
    const script = [
      'input=$(cat)',
      'printf "%s\\n" "$input" | sed "/^=====$/,\\$d" | ipset restore',
      'printf "%s\\n" "$input" | sed "1,/^=====$/d" | iptables-nft-restore',
      'iptables-nft-save',
      'echo =====',
      'ipset save',
    ].join(' && ')
    const { status, stdout, stderr } = await inOwnNamespace(script, `${ipsetText(sets)}=====\n${text}`)
    expect(`${status} ${stderr}`).toBe('0 ')
    const [rules = '', saved = ''] = stdout.split('=====\n')
    const plain = rules.replaceAll(/^#.*\n/gm, '').replaceAll(/^(:\S+ \S+) \[\d+:\d+\]$/gm, '$1 [0:0]')
    expect(plain).toBe(text.replaceAll(/^#.*\n/gm, ''))
    const entries = sets.flatMap(({ name, entries: own }) => own.map((entry) => `add ${name} ${entry}`))
    expect(
      saved
        .split('\n')
        .filter((line) => line.startsWith('add '))
        .toSorted(),
    ).toEqual(entries.toSorted())
  })
})
