import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { commandOf } from '../../src/dump/file-names.ts'
import { readTexts } from './read-folder.ts'

// biome-ignore format: one name a line
test.for([
  ['iptables-save', { type: 'iptables', family: 4 }],
  ['worker.ip6tables-legacy-save.txt', { type: 'iptables', family: 6, backend: 'legacy' }],
  ['iptables_nft_save.log', { type: 'iptables', family: 4, backend: 'nft' }],
  ['rules.v6', undefined],
  ['ip-addr.json', { type: 'devices' }],
  ['ip_-j_-d_link', { type: 'devices' }],
  ['03-ip-route-show-table-all.txt', { type: 'routes' }],
  ['ip -6 route show table all.txt', { type: 'routes', family: 6 }],
  ['node1-ip6-rule', { type: 'rules', family: 6 }],
  ['ip-neighbour.TXT', { type: 'neighbors' }],
  ['bridge-fdb-show.json', { type: 'forwarding' }],
  ['ipset-save', { type: 'sets' }],
  ['sysctl-a', { type: 'sysctls' }],
  ['conntrack-L-o-extended', { type: 'connections' }],
  ['nf_conntrack', { type: 'connections' }],
  ['ip-tunnel', undefined],
  ['notes.txt', undefined],
  ['dmesg.log', undefined],
] as const)('a file called %s', ([name, expected]) => {
  expect(commandOf(name)).toEqual(expected)
})

const save = '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n'

// biome-ignore format: one sort of noise a line
test.for<readonly [what: string, name: string, text: string]>([
  ['a prompt', 'iptables-save', `root@worker:~# iptables-save\n${save}root@worker:~#\n`],
  ['another prompt', 'iptables-save', `[core@worker ~]$ sudo iptables-save\n${save}`],
  ['set -x', 'iptables-save', `+ iptables-save\n${save}`],
  ['kubectl debug', 'iptables-save', `Creating debugging pod node-debugger-worker-x7k2p with container debugger on node worker.\nIf you don't see a command prompt, try pressing enter.\n${save}`],
  ['kubectl exec', 'iptables-save', `Defaulted container "kube-proxy" out of: kube-proxy, init (init)\n${save}`],
  ['Windows line ends', 'iptables-save', save.replaceAll('\n', '\r\n')],
  ['a prompt before JSON', 'ip-rule', `root@worker:~# ip -j rule\n[{"priority":0,"src":"all","table":"local"}]\n`],
  ['colours', 'ip-rule', '\u001b[36m0:\u001b[0m\tfrom all lookup local\n'],
  ['comments and blank lines', 'ip-rule', '\n# ip rule\n0:\tfrom all lookup local   \n\n'],
])('%s is passed over', ([, name, text]) => {
  const { dump, said } = readTexts({ [name]: text })
  expect(said).toEqual([])
  expect(dump.ruleSets.length + (dump.rules?.length ?? 0)).toBe(1)
  const [chain] = dump.ruleSets[0]?.tables[0]?.chains() ?? []
  expect(dump.rules?.[0]?.priority ?? chain?.rules.length).toBe(dump.rules ? 0 : 1)
})

const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`

// biome-ignore format: one input a line
test.for<readonly [name: string, files: Record<string, string>, said: RegExp]>([
  ['rules of the other backend', { 'iptables-save': `# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n${save}` }, /^iptables-save:1:1: warning: iptables-legacy has rules .* \[dump-incomplete\]\n.*add iptables-legacy-save/],
  ['an error in the place of rules', { 'iptables-save': 'iptables-save v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n' }, /^iptables-save:1:1: warning: .*failed.*\[dump-incomplete\]/],
  ['an error in the place of devices', { 'ip-addr': 'sh: 1: ip: not found\n' }, /^ip-addr:1:1: warning: .*failed.*\[dump-incomplete\]/],
  ['a file that nothing reads', { 'dmesg.txt': 'x', 'iptables-save': save }, /nothing reads the file dmesg.txt \[dump-file-unread\]\n.*name it after/],
  ['nothing that is read', { 'dmesg.txt': 'x' }, /no file of n1 is one of a node dump \[dump-empty\]/],
  ['JSON that is too deep', { 'ip-addr.json': deep }, /^ip-addr.json:1:\d+: error: lists and maps more than 32 deep .* \[dump-too-large\]/],
  ['JSON that is cut off', { 'ip-route.json': '[{"dst":"default",\n"gateway":' }, /^ip-route.json:2:11: error: expected a JSON value, found the end.* \[dump-syntax\]/],
  ['a line that never ends', { 'ip-route': `default via 1.2.3.4 dev eth0\n${'x'.repeat(3_000_000)}\n` }, /^ip-route:2:1: error: a line of more than 65536 characters .* \[dump-too-large\]/],
  ['a rule that never ends', { 'iptables-save': `*filter\n-A INPUT -m comment --comment ${'x'.repeat(3_000_000)}\nCOMMIT\n` }, /^iptables-save:2:1: error: a line of more than 65536 .* \[dump-too-large\]/],
  ['an address that is none', { 'ip-route': 'default via 10.0.0 dev eth0\n' }, /^ip-route:1:13: error: expected an IP address, found "10.0.0" \[dump-syntax\]/],
  ['a connection that is cut off', { conntrack: 'tcp 6 10 ESTABLISHED src=1.2.3.4 dst=1.2.3.5 sport=1 dport=2 src=1.2\n' }, /^conntrack:1:1: error: .*two tuples.*\[dump-syntax\]/],
  ['chains in a circle', { 'iptables-save': '*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A A -j B\n-A B -j A\nCOMMIT\n' }, /\[iptables-chain-cycle\]/],
  ['entries for a set that is not there', { 'ipset-save': 'add blocked 10.0.0.1\n' }, /^ipset-save:1:1: error: there is no set blocked .*\[dump-syntax\]/],
  ['a fdb of one device', { 'bridge-fdb': '0e:f1:00:00:00:02 dst 192.168.1.12 self permanent\n' }, /^bridge-fdb:1:1: error: a forwarding entry names no device \[dump-syntax\]\n.*without dev/],
])('%s is said', ([, files, expected]) => {
  expect(readTexts(files).said.join('\n')).toMatch(expected)
})

test('of thousands of problems the first are told, and how many more there are', () => {
  const { said } = readTexts({ 'ip-route': 'default via nobody dev eth0\n'.repeat(3000) })
  expect(said.length).toBe(51)
  expect(said.at(-1)).toMatch(/2950 more problems/)
})

const names = [
  'iptables-save',
  'ip6tables-save',
  'ip-addr',
  'ip-link',
  'ip-route',
  'ip-rule',
  'ip-neigh',
  'bridge-fdb',
  'ipset-save',
  'sysctl',
  'conntrack',
]
const pieces = [
  '*nat',
  ':A - [0:0]',
  '-A A -j A',
  'COMMIT',
  '2: eth0@if3: <UP> mtu 1500',
  '    link/ether',
  '    inet 10.0.0.1/24',
  '    vxlan id',
  'default',
  'via',
  'dev',
  'eth0',
  '10.0.0.0/33',
  'nexthop',
  '\tnexthop via',
  '0:',
  'from',
  'all',
  'lookup',
  'lladdr',
  'tcp 6',
  'src=',
  'src=1.1.1.1',
  '[',
  '{',
  '}',
  ']',
  '"',
  ':',
  ',',
  '"dst"',
  '"addr_info"',
  'null',
  '1e999',
  'create',
  'add',
  'x',
  '=',
  '1',
  '\u0000',
  '\ud800',
  '\r',
  '-',
  '!',
]

describe('whatever a stranger gives', () => {
  test('nothing is thrown, and all that is said has a place', () => {
    const text = fc
      .array(
        fc.oneof(
          fc.constantFrom(...pieces),
          fc.constantFrom(' ', '\n', '\n    '),
          fc.string({ maxLength: 6 }),
        ),
        { maxLength: 60 },
      )
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.constantFrom(...names), text, (name, given) => {
        const { diagnostics } = readTexts({ [name]: given })
        for (const { at, message } of diagnostics) {
          expect(at?.file, message).toBe(name)
          expect(at?.line).toBeGreaterThan(0)
          expect(at?.column).toBeGreaterThan(0)
        }
      }),
      { numRuns: 2000, seed: 20250601 },
    )
  })
})
