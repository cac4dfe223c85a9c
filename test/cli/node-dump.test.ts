import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { collectScript } from '../../src/index.ts'
import { runCli } from '../support/run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubewalk-node-dump-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Makes a folder of files. */
function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(folder, name)
  mkdirSync(path)
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
  return path
}

const worker = 'worker=examples/node-dump/worker'
const cluster = 'examples/node-dump/cluster.yaml'
const firewall = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i ens3 -p tcp -m tcp --dport 22 -j ACCEPT
-A FORWARD -i wlan0 -d 10.0.0.5/32 -p tcp -m tcp --dport 443 -j ACCEPT
COMMIT
`
const rulesAlone = `edge=${folderOf('edge', { 'iptables-save': firewall })}`

// biome-ignore format: one question a line
test.for<readonly [name: string, argv: readonly string[], disposition: string, said: RegExp]>([
  ['a node port, from outside', ['203.0.113.9', '192.168.1.11:30080', '--node-dump', worker], 'reached', /\(default\/web:http\)/],
  ['a cluster IP, from what is behind a veth', ['10.244.1.2', '10.96.44.5:80', '--node-dump', worker], 'reached', /veth5f0c7a12 +DNAT 10.96.44.5:80/],
  ['the same from the node', ['node/worker', '10.96.44.5:80', '--node-dump', worker], 'reached', /DNAT/],
  ['a pod of another node, by the tunnel', ['10.244.1.2', '10.244.2.7:8080', '--node-dump', worker], 'reached', /into the tunnel: 192.168.1.11:\d+ → 192.168.1.12:8472/],
  ['a connection that is there already', ['10.244.1.2', '10.96.0.10:53', '-p', 'udp', '--sport', '40000', '--node-dump', worker], 'reached', /10.244.2.9:53, as the connection has it/],
  ['the same from another port', ['10.244.1.2', '10.96.0.10:53', '-p', 'udp', '--sport', '40001', '--node-dump', worker], 'reached', /DNAT 10.96.0.10:53 → 10.244.2.2:53/],
  ['from outside without a masquerade back', ['198.51.100.7', '10.244.1.3:8080', '--node-dump', worker], 'reached', /listens on 8080/],
  ['rules alone: INPUT drops', ['198.51.100.7', 'node/edge:80', '--node-dump', rulesAlone], 'dropped', /INPUT/],
  ['rules alone: FORWARD drops what comes by eth0', ['198.51.100.7', '10.0.0.5:443', '--node-dump', rulesAlone], 'dropped', /FORWARD/],
  ['a pod in a cluster whose node is dumped', ['pod/client', 'svc/web:80', '-f', cluster, '--cni', 'flannel', '--node-dump', worker], 'reached', /veth5f0c7a12 +DNAT.*\n.*\n.*veth5f0c7a13 +bridged on cni0/],
  ['across the tunnel to a node that is not', ['pod/client', 'pod/web-1:8080', '-f', cluster, '--cni', 'flannel', '--node-dump', worker], 'reached', /worker2 +flannel.1 +out of the tunnel/],
  ['from a node that is not dumped', ['node/worker2', 'pod/client:80', '-f', cluster, '--cni', 'flannel', '--node-dump', worker], 'reached', /worker +flannel.1 +out of the tunnel/],
])('%s', async ([, argv, disposition, said]) => {
  const { out, err } = await runCli(['trace', ...argv])
  expect(err).not.toMatch(/error:/)
  expect(out.split('\n')[0]).toContain(disposition)
  expect(out).toMatch(said)
})

test('what is assumed around a node is said', async () => {
  const { err } = await runCli([
    'trace',
    '203.0.113.9',
    '192.168.1.11:30080',
    '--node-dump',
    worker,
    '--show-assumptions',
  ])
  expect(err).toMatch(/node worker has address 192.168.1.11/)
  expect(err).toMatch(/every address beyond ens3 of node worker answers/)
})

test('pods are given to ports that nobody is known to be behind, in order, and this is said', async () => {
  const path = folderOf('silent', {
    'ip-addr':
      '2: cni0: <UP> mtu 1450\n    inet 10.244.1.1/24 scope global cni0\n5: vethb@if2: <UP> mtu 1450 master cni0\n    link/ether 02:00:00:00:00:05 brd ff:ff:ff:ff:ff:ff link-netnsid 1\n4: vetha@if2: <UP> mtu 1450 master cni0\n    link/ether 02:00:00:00:00:04 brd ff:ff:ff:ff:ff:ff link-netnsid 0\n',
  })
  const { out, err } = await runCli([
    'trace',
    'pod/client',
    'pod/web-0:8080',
    '-f',
    cluster,
    '--cni',
    'flannel',
    '--node-dump',
    `worker=${path}`,
    '--show-assumptions',
  ])
  expect(err).toMatch(
    /pod default\/client \(10.244.1.2\) is behind vetha of node worker\n.*pod default\/web-0 \(10.244.1.3\) is behind vethb/,
  )
  expect(out).toMatch(/vethb +bridged on cni0/)
})

test('a device of a kind that is not modelled makes a walk unknown', async () => {
  const path = folderOf('macvlan', {
    'ip-link':
      '2: mv0@eth0: <UP> mtu 1500\n    link/ether 02:00:00:00:00:05 brd ff:ff:ff:ff:ff:ff\n    macvlan mode bridge\n3: eth0: <UP> mtu 1500\n    link/ether 02:00:00:00:00:06 brd ff:ff:ff:ff:ff:ff\n',
    'ip-addr': '3: eth0: <UP> mtu 1500\n    inet 192.168.1.5/24 scope global eth0\n',
    'ip-route': 'default via 192.168.1.1 dev eth0\n10.7.0.0/16 dev mv0 scope link\n',
  })
  const { out, err } = await runCli(['trace', 'node/n', '10.7.0.9:80', '--node-dump', `n=${path}`])
  expect(err).toMatch(/devices of node n are not modelled \(macvlan\): mv0 \[dump-not-modelled\]/)
  expect(out).toMatch(/unknown/)
  expect(out).toMatch(/of a kind that is not modelled: macvlan/)
})

test('the dump counts where rules are given besides', async () => {
  const rules = folderOf('besides', { 'iptables-save': firewall })
  const argv = ['trace', 'node/worker', '10.96.44.5:80', '--node-dump', worker]
  const { out, err } = await runCli([...argv, '--node-rules', `worker=${join(rules, 'iptables-save')}`])
  expect(err).toMatch(/\[dump-conflict\]/)
  expect(out).toMatch(/reached/)
})

// biome-ignore format: one command line a line
const refused: readonly (readonly [name: string, argv: readonly string[], said: RegExp])[] = [
  ['a folder that is not there', ['10.0.0.1', '10.0.0.2:80', '--node-dump', `n=${join(folder, 'nope')}`], /there is no file or folder ".*nope" \[file-not-found\]/],
  ['a folder without such files', ['10.0.0.1', '10.0.0.2:80', '--node-dump', `n=${folderOf('other', { 'a.txt': '' })}`], /no file of .*other is one of a node dump \[dump-empty\]\n.*node-dump-script/],
  ['no name of a node', ['10.0.0.1', '10.0.0.2:80', '--node-dump', 'examples'], /Expected NODE=FOLDER/],
  ['a node that the cluster does not have', ['pod/client', 'svc/web:80', '-f', cluster, '--node-dump', 'wroker=examples/node-dump/worker'], /there is no node wroker .* \[unknown-node\]\n.*worker, worker2/],
  ['a route that is none', ['10.0.0.1', '10.0.0.2:80', '--node-dump', `n=${folderOf('bad', { 'ip-route': 'default via\n' })}`], /bad\/ip-route:1:1: error: a route names no device \[dump-syntax\]/],
  ['a device that is not there', ['10.0.0.1', '10.0.0.2:80', '--node-dump', worker, '--in', 'eth7'], /no dumped node has a device eth7 \[unknown-source\]\n.*ens3/],
  ['a pod, of which a dump knows nothing', ['pod/client', '10.96.44.5:80', '--node-dump', worker], /there is no pod client/],
  ['--in within a cluster', ['pod/client', 'svc/web:80', '-f', cluster, '--in', 'eth0'], /in a cluster .* \[bad-request\]\n.*--in/],
]

describe('refused, with a reason', () => {
  test.for(refused)('%s', async ([, argv, said]) => {
    const { code, out, err } = await runCli(['trace', ...argv])
    expect(out + err).toMatch(said)
    expect(out + err).not.toMatch(/^\s+at |internal/m)
    expect(code).toBe(2)
  })
})

test('the script is printed as it is', async () => {
  const { code, out } = await runCli(['node-dump-script'])
  expect(code).toBe(0)
  expect(out).toBe(collectScript)
  expect(out.split('\n').length).toBeLessThanOrEqual(20)
  expect(out).not.toMatch(/curl|wget|nc |ssh|https?:/)
})
