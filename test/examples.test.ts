import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formatIp } from '../src/base/ip.ts'
import type { JourneyOutcome, LoadedCluster } from '../src/index.ts'
import { loadCluster, parseCluster, readTexts } from '../src/index.ts'
import { runCommand } from './support/command.ts'

const root = join(import.meta.dirname, '..')

const files = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => `examples/${name}`)
  .toSorted()

/** The command lines that a file's head says to run. */
function commandsOf(file: string): readonly string[] {
  return readFileSync(join(root, file), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('#   kubewalk '))
    .map((line) => line.slice('#   kubewalk '.length))
}

describe('every example says what to run, and it runs', () => {
  test('the examples were really read', () => {
    expect(files.length).toBeGreaterThanOrEqual(14)
    expect(files.filter((file) => commandsOf(file).length === 0)).toEqual([])
  })

  for (const file of files) {
    test.for(commandsOf(file))(`${file}: %s`, async (command) => {
      const { out, code } = await runCommand(command)
      expect(command).toContain(file)
      expect(out).not.toBe('')
      expect(code).not.toBe(command.startsWith('check') ? 1 : 2)
    })
  }
})

/** Each node's own address, and the first of its pod block, which the node has on its side of each pod's veth pair. */
const nodes: Readonly<Record<string, readonly [address: string, gateway: string]>> = {
  'control-plane': ['172.18.0.2', '10.8.0.1'],
  worker: ['172.18.0.3', '10.8.1.1'],
  worker2: ['172.18.0.4', '10.8.2.1'],
  'node-1': ['172.18.0.2', '10.8.0.1'],
  'node-2': ['172.18.0.3', '10.8.1.1'],
  'node-3': ['172.18.0.4', '10.8.2.1'],
}

/** Whom the destination sees: the sender, the node that the packet came in by (masqueraded), or any of the nodes. */
type Sees = 'sender' | `via ${string}` | 'any node'

interface Row {
  readonly file: string
  readonly from: string
  readonly to: string
  /** How many pods or hosts, each with an equal share, and the port on which they get the packet. */
  readonly reached: number
  readonly port: number
  readonly sees: Sees
}

const np = 'notes/node-port'
const lb = 'notes/load-balancer'
const local = 'outages/local-policy'

// biome-ignore format: one walk a line
const walks: readonly Row[] = [
  { file: 'notes/cluster-ip', from: 'pod/client', to: 'http-go-svc:80',          reached: 3, port: 8080, sees: 'sender' },
  { file: 'notes/two-ports',  from: 'pod/client', to: 'http-go-svc:80',          reached: 3, port: 8080, sees: 'sender' },
  { file: 'notes/two-ports',  from: 'pod/client', to: 'http-go-svc:443',         reached: 3, port: 8443, sees: 'sender' },
  { file: 'notes/two-ports',  from: 'pod/client', to: '10.12.4.100:443',         reached: 3, port: 8443, sees: 'sender' },
  { file: np,                 from: 'internet',   to: 'node/control-plane:30001', reached: 3, port: 8080, sees: 'via control-plane' },
  { file: np,                 from: 'internet',   to: 'node/worker:30001',       reached: 3, port: 8080, sees: 'via worker' },
  { file: np,                 from: 'internet',   to: 'node/worker2:30001',      reached: 3, port: 8080, sees: 'via worker2' },
  { file: lb,                 from: 'internet',   to: '34.68.131.99:80',         reached: 3, port: 8080, sees: 'any node' },
  { file: lb,                 from: 'internet',   to: 'node/node-1:30533',       reached: 3, port: 8080, sees: 'via node-1' },
  { file: lb,                 from: 'internet',   to: 'node/node-2:30533',       reached: 3, port: 8080, sees: 'via node-2' },
  { file: lb,                 from: 'internet',   to: 'node/node-3:30533',       reached: 3, port: 8080, sees: 'via node-3' },
  { file: local,              from: 'internet',   to: 'node/worker:30080',       reached: 2, port: 80,   sees: 'sender' },
  { file: 'notes/dns',        from: 'pod/client', to: 'http://http-go-svc',      reached: 3, port: 8080, sees: 'sender' },
  { file: 'notes/dns',        from: 'pod/client', to: 'http://http-go-svc.default', reached: 3, port: 8080, sees: 'sender' },
  { file: 'notes/dns',        from: 'pod/client', to: 'http://http-go-svc.default.svc.cluster.local', reached: 3, port: 8080, sees: 'sender' },
  { file: 'notes/dns',        from: 'pod/client', to: 'http://srv-jenkins.blue:8080', reached: 1, port: 8080, sees: 'sender' },
  { file: 'notes/dns',        from: 'pod/client', to: 'http://busybox-1.default-subdomain:8080', reached: 1, port: 8080, sees: 'sender' },
]

async function load(name: string): Promise<LoadedCluster> {
  return loadCluster([join(root, 'examples', `${name}.yaml`)])
}

/** The masquerade takes the address of the device by which the packet leaves: the veth pair's if the pod is at home. */
function seenFrom(entry: string, { destination }: JourneyOutcome): string | undefined {
  const [address, gateway] = nodes[entry] ?? []
  return destination?.node === entry ? gateway : address
}

function shares(outcomes: readonly JourneyOutcome[]): readonly (readonly [name: string, share: number])[] {
  const sums = new Map<string, number>()
  for (const { destination, probability } of outcomes) {
    const name = destination?.name ?? 'nobody'
    sums.set(name, (sums.get(name) ?? 0) + probability)
  }
  return [...sums]
}

describe('who is reached, with which share, and whom they see', () => {
  test.for(walks)('$file: $from → $to', async ({ file, from, to, reached, port, sees }) => {
    const { outcomes } = (await load(file)).trace({ from, to })
    expect(new Set(outcomes.map((one) => one.disposition))).toEqual(new Set(['reached']))
    expect(new Set(outcomes.map((one) => one.destination?.port))).toEqual(new Set([port]))
    const each = shares(outcomes)
    expect(each).toHaveLength(reached)
    for (const [, share] of each) expect(share).toBeCloseTo(1 / reached, 8)
    for (const outcome of outcomes) {
      const { seenSource, legs } = outcome
      if (sees === 'any node') expect(Object.values(nodes).flat()).toContain(seenSource?.ip)
      else if (sees !== 'sender') expect(seenSource?.ip).toBe(seenFrom(sees.slice('via '.length), outcome))
      else if (from === 'internet') expect(seenSource).toMatchObject({ ip: '203.0.113.10', port: 40000 })
      else {
        // A name is looked up first, by a connection of its own.
        const connections = legs.filter(({ purpose }) => purpose === 'connect')
        expect(connections).toHaveLength(1)
        expect(connections[0]?.forward[0]?.steps[0]).toMatchObject({
          type: 'sent',
          packet: { sport: seenSource?.port },
        })
      }
    }
  })

  test('the load balancer spreads evenly over the nodes, and each node over the pods', async () => {
    const { outcomes } = (await load(lb)).trace({ from: 'internet', to: '34.68.131.99:80' })
    expect(outcomes).toHaveLength(9)
    for (const { probability } of outcomes) expect(probability).toBeCloseTo(1 / 9, 8)
  })

  test('external Endpoints: half to each server, which sees the node of the client', async () => {
    const cluster = await load('notes/external-endpoints')
    const home = cluster.cluster.pods.find((pod) => pod.name === 'client')?.nodeName ?? ''
    const { outcomes } = cluster.trace({ from: 'pod/client', to: 'external-service:80' })
    const seen = outcomes.map((one) => [
      one.probability,
      one.destination?.ip,
      one.destination?.port,
      one.seenSource?.ip,
    ])
    expect(seen).toEqual([
      [0.5, '11.11.11.11', 80, nodes[home]?.[0]],
      [0.5, '22.22.22.22', 80, nodes[home]?.[0]],
    ])
  })
})

/** The rule that takes the request, and the line of its path. */
// biome-ignore format: one request a line
const served = [
  { file: 'notes/ingress',     url: 'http://www.gasbugs.com',    rule: 'www.gasbugs.com Prefix /',  line: 17 },
  { file: 'notes/ingress',     url: 'http://dict.gasbugs.com/a', rule: 'dict.gasbugs.com Prefix /', line: 27 },
  { file: 'notes/ingress',     url: 'http://map.gasbugs.com/b',  rule: 'map.gasbugs.com Prefix /',  line: 37 },
  { file: 'notes/old-ingress', url: 'http://www.gasbugs.com',    rule: 'www.gasbugs.com ImplementationSpecific /',  line: 17 },
  { file: 'notes/old-ingress', url: 'http://dict.gasbugs.com/a', rule: 'dict.gasbugs.com ImplementationSpecific /', line: 24 },
  { file: 'notes/old-ingress', url: 'http://map.gasbugs.com/b',  rule: 'map.gasbugs.com ImplementationSpecific /',  line: 31 },
]

/** The rule whose host comes nearest. */
// biome-ignore format: one request a line
const unserved = [
  { file: 'notes/ingress',     url: 'http://mail.gasbugs.com', rule: 'map.gasbugs.com Prefix /', line: 37 },
  { file: 'notes/ingress',     url: 'http://gasbugs.com',      rule: 'www.gasbugs.com Prefix /', line: 17 },
  { file: 'notes/old-ingress', url: 'http://mail.gasbugs.com', rule: 'map.gasbugs.com ImplementationSpecific /', line: 31 },
]

describe('three hosts on one Ingress', () => {
  const ask = async (file: string, url: string) => {
    const cluster = await load(file)
    const [controller] = cluster.cluster.pods.filter(({ namespace }) => namespace === 'ingress-nginx')
    const host = new URL(url).hostname
    const resolve = { [host]: '34.98.103.218' }
    return { controller, host, ...cluster.trace({ from: 'internet', to: url, resolve }) }
  }

  test.for(served)('$file: $url', async ({ file, url, rule, line }) => {
    const { outcomes, findings, controller, host } = await ask(file, url)
    const each = shares(outcomes)
    expect(each).toHaveLength(3)
    for (const [name, share] of each) {
      expect(name).toMatch(/^http-go-rs-/)
      expect(share).toBeCloseTo(1 / 3, 8)
    }
    for (const { http, destination, seenSource } of outcomes) {
      expect(http).toMatchObject({ status: 200, by: 'application', received: { host, method: 'GET' } })
      expect([`${http?.host} ${http?.route?.text}`, http?.route?.object.at?.line]).toEqual([rule, line])
      expect(destination?.port).toBe(8080)
      expect(seenSource?.ip).toBe(formatIp(controller?.ips[0] ?? 0))
    }
    expect(findings).toEqual([])
  })

  test.for(unserved)('$file: nobody serves $url', async ({ file, url, rule, line }) => {
    const { outcomes, findings, controller } = await ask(file, url)
    for (const { http, destination, symptom } of outcomes) {
      expect(http).toMatchObject({ status: 404, by: 'proxy' })
      expect(symptom.httpStatus).toBe(404)
      expect(destination?.name).toBe(controller?.name)
      const [near] = http?.nearMisses ?? []
      expect([near?.text, near?.object.at?.line]).toEqual([rule, line])
    }
    expect(findings.map(({ code }) => code)).toEqual(['no-route-matches'])
  })
})

test('the address by itself is no host of the Ingress', async () => {
  const { outcomes } = (await load('notes/ingress')).trace({ from: 'internet', to: 'http://34.98.103.218' })
  expect(outcomes.map(({ http }) => [http?.status, http?.by])).toEqual(outcomes.map(() => [404, 'proxy']))
})

describe('session affinity', () => {
  const request = { from: 'pod/client', to: 'http-go-svc:80' }
  const names = (cluster: LoadedCluster, count: number, interval?: number, seed?: number) =>
    cluster
      .repeat(request, {
        count,
        ...(interval !== undefined && { interval }),
        ...(seed !== undefined && { seed }),
      })
      .flatMap(({ outcomes }) => outcomes.map((one) => one.destination?.name))

  test('20 connections, one pod', async () => {
    const reached = names(await load('notes/session-affinity'), 20)
    expect(reached).toHaveLength(20)
    expect(new Set(reached).size).toBe(1)
    expect(reached[0]).toMatch(/^http-go-rs-/)
  })

  test('which pod is chance: other seeds stay with other pods', async () => {
    const cluster = await load('notes/session-affinity')
    const sets = Array.from({ length: 20 }, (_, seed) => new Set(names(cluster, 5, 1000, seed)))
    expect(sets.map((set) => set.size)).toEqual(sets.map(() => 1))
    expect(new Set(sets.flatMap((set) => [...set])).size).toBe(3)
  })

  test('without affinity the 20 connections use all three pods', async () => {
    expect(new Set(names(await load('notes/cluster-ip'), 20)).size).toBe(3)
  })

  test('the first connection that comes more than three hours after the last is sent anywhere again', async () => {
    const reached = names(await load('notes/session-affinity'), 12, (10_800 + 1) * 1000)
    expect(new Set(reached).size).toBeGreaterThan(1)
  })
})

/** What stops the packet, what curl says, and the cause that is named. */
// biome-ignore format: one outage a line
const outages = [
  { file: 'outages/no-endpoints',      from: 'pod/shop/client', to: 'svc/shop/web:80',    ends: 'rejected', curl: 7,  at: ['filter', 'KUBE-SERVICES'],          finding: 'service-without-endpoints' },
  { file: 'outages/selector-mismatch', from: 'pod/shop/client', to: 'svc/shop/web:80',    ends: 'rejected', curl: 7,  at: ['filter', 'KUBE-SERVICES'],          finding: 'service-without-endpoints' },
  { file: 'outages/wrong-target-port', from: 'pod/shop/client', to: 'svc/shop/web:80',    ends: 'refused',  curl: 7,  at: [undefined, undefined],               finding: 'target-port-not-listening' },
  { file: 'outages/local-policy',      from: 'internet',        to: 'node/worker2:30080', ends: 'dropped',  curl: 28, at: ['filter', 'KUBE-EXTERNAL-SERVICES'], finding: 'no-local-endpoint' },
  { file: 'notes/two-ports',           from: 'pod/client',      to: 'http-go-svc:8080',   ends: 'dropped',  curl: 28, at: [undefined, undefined],               finding: 'service-port-unknown' },
]

describe('outages: how they end, what stopped the packet, and the cause', () => {
  test.for(outages)('$file: $ends, $finding', async ({ file, from, to, ends, curl, at, finding }) => {
    const { outcomes, findings } = (await load(file)).trace({ from, to })
    expect(outcomes.length).toBeGreaterThan(0)
    for (const { disposition, symptom, stoppedAt } of outcomes) {
      expect([disposition, symptom.curlExitCode]).toEqual([ends, curl])
      expect([stoppedAt?.table, stoppedAt?.chain]).toEqual(at)
    }
    expect(new Set(findings.map((one) => one.code))).toEqual(new Set([finding]))
    expect(
      findings.every(
        ({ fix, objects }) => fix && objects.some((one) => one.at?.file.endsWith(`${file}.yaml`)),
      ),
    ).toBe(true)
  })
})

/** Where between the machines the packet ends, the first cause that is named, and the change of the file that mends it. */
// biome-ignore format: one outage a line
const networks = [
  { file: 'vxlan-port-blocked',       to: 'svc/shop/web:80',   ends: 'dropped', at: 'firewall/worker2', onReply: false, finding: 'provider-firewall',   mend: ['protocol: ICMP', 'protocol: UDP, ports: [8472]'] },
  { file: 'bgp-routes-missing',       to: 'svc/shop/web:80',   ends: 'dropped', at: 'router',           onReply: false, finding: 'pod-route-missing',   mend: ['learnsPodRoutes: false', 'learnsPodRoutes: true'] },
  { file: 'ipip-dropped',             to: 'svc/shop/web:80',   ends: 'dropped', at: 'firewall/worker2', onReply: false, finding: 'provider-firewall',   mend: ['protocol: ICMP', 'protocol: IPIP'] },
  { file: 'pod-network-overlaps-lan', to: '192.168.20.5:5432', ends: 'dropped', at: 'router',           onReply: true,  finding: 'address-overlap',     mend: ['192.168.0.0/16', '192.168.96.0/19'] },
  { file: 'asymmetric-paths',         to: 'svc/shop/web:80',   ends: 'dropped', at: 'router/b',         onReply: true,  finding: 'kernel-setting',      mend: ['rp_filter: 1', 'rp_filter: 2'] },
  { file: 'mtu-black-hole',           to: 'svc/shop/web:80',   ends: 'stalled', at: 'router/site-2',    onReply: true,  finding: 'path-mtu-black-hole', mend: ['mtu: 1400', 'mtu: 1500'], sizes: [500, 20_000] },
  { file: 'host-gw-two-subnets',      to: 'svc/shop/web:80',   ends: 'dropped', at: 'router',           onReply: false, finding: 'pod-route-missing',   mend: ['"host-gw"', '"vxlan"'] },
  { file: 'docker-forward-drop',      to: 'svc/shop/web:80',   ends: 'dropped', at: 'node/worker2',     onReply: false, finding: 'host-firewall',       mend: ['version: "24"', 'forwardPolicy: ACCEPT'] },
] as const

describe('outages of the network between nodes', () => {
  const traced = (text: string, { to, ...row }: (typeof networks)[number]) => {
    const [size, responseSize] = 'sizes' in row ? row.sizes : []
    const sizes = size === undefined ? {} : { size, ...(responseSize !== undefined && { responseSize }) }
    return parseCluster([{ name: 'cluster.yaml', text }]).trace({ from: 'pod/shop/client', to, ...sizes })
  }

  test.for(networks)('$file: $ends at $at, $finding', async (row) => {
    const name = `examples/networks/${row.file}.yaml`
    const text = readFileSync(join(root, name), 'utf8')
    const { outcomes, findings } = traced(text, row)
    const ends = outcomes.map(({ disposition, symptom, stoppedAt }) => ({
      ends: disposition,
      curl: symptom.curlExitCode,
      at: stoppedAt?.netns,
      onReply: stoppedAt?.onReply,
    }))
    expect(ends).toEqual([{ ends: row.ends, curl: 28, at: row.at, onReply: row.onReply }])
    expect(findings.map(({ code }) => code)).toEqual([row.finding])
    expect(findings[0]?.objects.some(({ at }) => at !== undefined)).toBe(true)
    const options = 'sizes' in row ? `--size ${row.sizes[0]} --response-size ${row.sizes[1]}` : ''
    expect((await runCommand(`trace pod/shop/client ${row.to} ${options} -f ${name}`)).code).toBe(1)
  })

  test.for(networks)('$file: what mends it', (row) => {
    const text = readFileSync(join(root, `examples/networks/${row.file}.yaml`), 'utf8')
    const [from, to] = row.mend
    expect(text).toContain(from)
    const { outcomes } = traced(text.replaceAll(from, to), row)
    expect(outcomes.map(({ disposition }) => disposition)).toEqual(['reached'])
  })

  test('the black hole lets small packets pass', async () => {
    const { outcomes } = (await load('networks/mtu-black-hole')).trace({
      from: 'pod/shop/client',
      to: 'svc/shop/web:80',
    })
    expect(outcomes.map(({ disposition }) => disposition)).toEqual(['reached'])
  })
})

test("a node's own rules: the REJECT of an old firewall script, told to the client through the translation", async () => {
  const rules = await readTexts([join(root, 'examples/dump/worker.iptables-save')])
  const cluster = await loadCluster([join(root, 'examples/dump/cluster.yaml')], {
    nodeRules: new Map([['worker', rules]]),
  })
  const { outcomes, findings } = cluster.trace({ from: 'pod/shop/client', to: 'svc/shop/web:80' })
  expect(outcomes.map((one) => [one.disposition, one.symptom.curlExitCode, one.stoppedAt?.chain])).toEqual([
    ['rejected', 7, 'FORWARD'],
  ])
  expect(outcomes[0]?.symptom.text).toContain('No route to host')
  expect(findings.map((one) => one.code)).toEqual(['dropped-by-rule'])
})

test('the rules that the notes list come out as they stand there', async () => {
  const { out, code } = await runCommand(
    'rules worker -t nat -S --chain KUBE-SERVICES -f examples/notes/kube-services.yaml',
  )
  // The scan of the notes shows KUBE-SVC-ERIFXISQEP7F70F4; base32 has no zero, it is the letter O.
  expect(out.split('\n').filter((line) => line.includes('10.96'))).toEqual([
    '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y',
    '-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU',
    '-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "kube-system/kube-dns:dns-tcp cluster IP" -m tcp --dport 53 -j KUBE-SVC-ERIFXISQEP7F7OF4',
    '-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "kube-system/kube-dns:metrics cluster IP" -m tcp --dport 9153 -j KUBE-SVC-JD5MR3NA4I4DYORP',
  ])
  expect(code).toBe(0)
})
