import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runCli } from '../support/run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubewalk-host-'))
afterAll(() => rmSync(folder, { recursive: true }))

const cluster = join(folder, 'cluster.yaml')
writeFileSync(
  cluster,
  ['client', 'web']
    .map(
      (name, index) =>
        `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { nodeName: worker${index === 0 ? '' : '2'}, containers: [{ name: c, ports: [{ containerPort: 8080 }] }] }\n`,
    )
    .join('---\n'),
)
const rules = join(folder, 'node.rules')
writeFileSync(
  rules,
  '*filter\n:FORWARD DROP [0:0]\n-A FORWARD -p tcp -m tcp --dport 9090 -j ACCEPT\nCOMMIT\n',
)
const wrong = join(folder, 'wrong.rules')
writeFileSync(wrong, '*filter\n-A FORWARD -p tpc -j ACCEPT\nCOMMIT\n')

const trace = (...options: readonly string[]) =>
  runCli(['trace', 'pod/client', 'pod/web:8080', '-f', cluster, ...options])

// biome-ignore format: one command line a row
test.for<readonly [options: readonly string[], code: number, said: string]>([
  [[], 0, 'reached'],
  [['--sysctl', 'worker:net.ipv4.ip_forward=0'], 1, 'worker does not forward packets (net.ipv4.ip_forward=0)'],
  [['--sysctl', 'worker2:net.ipv4.ip_forward=0'], 1, 'worker2 does not forward packets'],
  [['--sysctl', '*:net.ipv4.ip_forward=0'], 1, 'worker does not forward packets'],
  [['--sysctl', 'net.ipv4.ip_forward=0'], 1, 'worker does not forward packets'],
  [['--sysctl', 'worker:net/ipv4/ip_forward=0'], 1, 'worker does not forward packets'],
  [['--sysctl', '*:net.ipv4.ip_forward=0', '--sysctl', 'worker:net.ipv4.ip_forward=1'], 1, 'worker2 does not forward packets'],
  [['--sysctl', 'worker:net.ipv4.conf.all.rp_filter=1'], 0, 'reached'],
  [['--host-firewall', 'worker2=docker'], 1, 'Docker on worker2 stops TCP 8080'],
  [['--host-firewall', 'worker=ufw'], 1, 'ufw on worker stops TCP 8080'],
  [['--host-firewall', '*=firewalld'], 1, 'firewalld on worker2 stops TCP 8080'],
  [['--host-firewall', 'docker'], 1, 'Docker on worker stops TCP 8080'],
  [['--host-firewall', `worker2=${rules}`], 1, 'the firewall of worker2 stops TCP 8080'],
  [['--sysctl', 'wrker:net.ipv4.ip_forward=0'], 2, '--sysctl:1:1: error: there is no node wrker [unknown-node]'],
  [['--sysctl', 'worker:net.ipv4.ip_forwad=0'], 2, '--sysctl:1:8: error: net.ipv4.ip_forwad is a setting that no walk reads [invalid-setting]'],
  [['--sysctl', 'worker:net.ipv4.ip_forward=off'], 2, 'Expected NODE:KEY=NUMBER'],
  [['--host-firewall', 'worker3=docker'], 2, '--host-firewall:1:1: error: there is no node worker3'],
  [['--host-firewall', 'worker=dokcer'], 2, 'there is no file or folder "dokcer"'],
  [['--host-firewall', `worker=${wrong}`], 2, `${wrong}:2:15: error: "tpc" is no protocol`],
])('trace %o', async ([options, code, said]) => {
  const result = await trace(...options)
  expect(result.screen).toContain(said)
  expect(result.code).toBe(code)
})

test('rules prints what the node’s iptables-save would, and says what it does not show', async () => {
  const shown = await runCli(['rules', 'worker', '-f', cluster, '--host-firewall', 'worker=firewalld'])
  expect(shown.err).toBe('# nftables also has table inet firewalld, see it with --backend firewalld\n')
  expect(shown.out).not.toContain('filter_FWD_public')
  const other = await runCli([
    'rules',
    'worker',
    '-f',
    cluster,
    '--host-firewall',
    'worker=firewalld',
    '--backend',
    'firewalld',
  ])
  expect(other.out).toContain('-A filter_FWD_public -j REJECT --reject-with icmp-admin-prohibited')
})
