import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { formatEndpoint } from '../../src/base/ip.ts'
import { commandOf } from '../../src/dump/file-names.ts'
import type { LoadedCluster, NodeDumps } from '../../src/index.ts'
import { collectScript } from '../../src/index.ts'
import { readFolder } from '../dump/read-folder.ts'
import { AgentStarter } from './agents.ts'
import { startAgents } from './ask-kernel.ts'
import type { Backend } from './availability.ts'
import { inOwnNamespace, whatIsAvailable } from './availability.ts'
import { loadKernelCluster } from './cluster-text.ts'
import { kernelClusters } from './clusters.ts'
import type { Probe } from './probes.ts'
import { chooseProbes } from './probes.ts'
import { buildTopology } from './topology.ts'

/**
 * The network that kubewalk compiles is built in the kernel; `kubewalk node-dump-script` collects each node; kubewalk
 * reads the folders, and every probe must take the way that it took before.
 */
const names = [
  'one endpoint',
  'cluster IP over three pods on two nodes',
  'session affinity, default and stated timeout',
  'Services without endpoints',
  'node port, also on localhost',
  'load balancer with source ranges',
  'both families',
]
const clusters = kernelClusters.filter(({ name }) => names.includes(name))
const probesEach = 40

const { backends, missing } = whatIsAvailable()
const reason = missing && `: skipped, ${missing}`
const folder = mkdtempSync(join(tmpdir(), 'kubewalk-dumps-'))
const starter = missing === '' ? new AgentStarter() : undefined
afterAll(() => {
  starter?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Builds the network and collects every node as the script does. */
async function collect(loaded: LoadedCluster, backend: Backend, into: string): Promise<NodeDumps> {
  if (!starter) throw new Error('no kernel')
  const topology = await startAgents(starter, loaded)
  try {
    await buildTopology(loaded.network, topology, backend)
    const dumps = new Map()
    for (const { name } of loaded.cluster.nodes) {
      const dir = join(into, name)
      const command = ['sh', '-c', 'mkdir -p "$1" && exec sh -s "$1"', 'sh', dir]
      const ran = await topology.agents.get(`node/${name}`)?.ask({ op: 'run', command, input: collectScript })
      expect(ran?.status, ran?.stderr).toBe(0)
      const files = readdirSync(dir).map((file) => ({
        name: file,
        text: readFileSync(join(dir, file), 'utf8'),
      }))
      expect(files.filter((file) => !commandOf(file.name)).map((file) => file.name)).toEqual([])
      dumps.set(name, { folder: dir, files })
    }
    return dumps
  } finally {
    for (const agent of [...topology.agents.values(), topology.fabric]) agent.stop()
  }
}

function requestOf({ from, ip, port, protocol }: Probe) {
  return { from, to: formatEndpoint(ip, port), protocol, sport: 40_000 }
}

/** What of a walk must be the same: who saw the packet, by which device, how it was translated, and how it ended. */
function walksOf(loaded: LoadedCluster, probe: Probe) {
  const { outcomes } = loaded.trace(requestOf(probe))
  return outcomes.map(({ probability, disposition, destination, seenSource, stoppedAt, legs }) => ({
    probability: Number(probability.toFixed(6)),
    disposition,
    destination,
    seenSource,
    stopped: stoppedAt && { netns: stoppedAt.netns, chain: stoppedAt.chain, rule: stoppedAt.rule },
    hops: legs.flatMap(({ forward, reply }) =>
      [...forward, ...reply].map(({ netns, steps }) => ({
        netns,
        steps: steps.flatMap((step) => {
          switch (step.type) {
            case 'received':
              return [`${step.type} ${step.device} ttl ${step.packet.ttl}`]
            case 'rule':
              return [`${step.table} ${step.chain} ${step.number}`]
            case 'route':
              return [`${step.type} ${step.device}`]
            default:
              return [step.type]
          }
        }),
      })),
    ),
  }))
}

describe.skipIf(missing !== '')(`nodes built, collected and read back${reason}`, { timeout: 120_000 }, () => {
  test('the clusters are there', () => {
    expect(clusters.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  })

  test('a node whose rules were flushed is seen to have none', async () => {
    const [one] = clusters.filter(({ name }) => name === 'one endpoint')
    if (!one) throw new Error('there is no such cluster')
    const loaded = loadKernelCluster(one)
    const collected = await collect(loaded, 'nft', join(folder, 'flushed'))
    const nodeDumps = new Map(
      [...collected].map(([node, { folder: dir, files }]) => [
        node,
        {
          folder: dir,
          files: files.map((file) => (/^iptables/.test(file.name) ? { ...file, text: '' } : file)),
        },
      ]),
    )
    const flushed = loadKernelCluster(one, { nodeDumps })
    const toService = chooseProbes(loaded, probesEach).filter(
      (probe) =>
        /cluster IP/.test(probe.sort) &&
        loaded.trace(requestOf(probe)).outcomes[0]?.disposition === 'reached',
    )
    expect(toService.length).toBeGreaterThan(2)
    for (const probe of toService) {
      expect(flushed.trace(requestOf(probe)).outcomes.map(({ disposition }) => disposition)).not.toContain(
        'reached',
      )
    }
  })

  test.for(clusters.map((one, index) => [one.name, one, index] as const))('%s', async ([, one, index]) => {
    const loaded = loadKernelCluster(one)
    const backend = backends[index % backends.length] ?? 'nft'
    const nodeDumps = await collect(loaded, backend, join(folder, String(index)))
    const dumped = loadKernelCluster(one, { nodeDumps })
    expect(dumped.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
    const probes = chooseProbes(loaded, probesEach)
    expect(probes.length).toBeGreaterThan(25)
    for (const probe of probes) {
      expect({ probe: probe.sort, walks: walksOf(dumped, probe) }).toEqual({
        probe: probe.sort,
        walks: walksOf(loaded, probe),
      })
    }
  })
})

/** A namespace with something of everything that the readers know; what the kernel does not have is left out. */
const variety = `
set -e
ip link set lo up
ip link add eth0 type veth peer name far0
ip link set eth0 address 02:42:c0:a8:01:0b up; ip link set far0 up
ip addr add 192.168.1.11/24 dev eth0; ip addr add 192.168.1.12/24 dev eth0
ip addr add 10.9.9.1 peer 10.9.9.2/32 dev eth0; ip -6 addr add fd00:1::11/64 dev eth0 nodad
ip link add cni0 type bridge; ip addr add 10.244.1.1/24 dev cni0; ip link set cni0 up
unshare --net sleep 30 >/dev/null 2>&1 & pod=$!
sleep 0.3
ip link add vethpod type veth peer name tmp0; ip link set tmp0 netns $pod
ip link set vethpod master cni0 up; ip link set vethpod type bridge_slave hairpin on
ip link add cali01234567890 type veth peer name tmp1; ip link set tmp1 netns $pod; ip link set cali01234567890 up
ip link add flannel.1 type vxlan id 1 dev eth0 local 192.168.1.11 dstport 8472 nolearning || true
ip link set flannel.1 address 0e:f1:00:00:00:01 up && ip addr add 10.244.1.0/32 dev flannel.1 || true
ip link add dummy0 type dummy || true
ip link add gnv0 type geneve id 7 remote 192.168.1.13 || true
ip link add tun9 type ipip remote 192.168.1.14 local 192.168.1.11 || true
ip link add vlan5 link eth0 type vlan id 5 || true
ip link add mv0 link eth0 type macvlan mode bridge || true
ip route add default via 192.168.1.1
ip route add default via 192.168.1.2 metric 100
ip route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink || true
ip route add 10.244.7.9 dev cali01234567890 scope link
ip route add blackhole 10.244.1.0/26 proto 80
ip route add unreachable 10.1.0.0/16; ip route add prohibit 10.2.0.0/16; ip route add throw 10.3.0.0/16 table 7
ip route add 10.4.0.0/16 nexthop via 192.168.1.3 weight 2 nexthop via 192.168.1.4 weight 1
ip route add 10.5.0.0/16 via 192.168.1.5 src 192.168.1.12 mtu 1400 proto bird || ip route add 10.5.0.0/16 via 192.168.1.5 src 192.168.1.12 mtu 1400
ip route add default via 192.168.1.9 table 100; ip route add local 10.6.0.0/16 dev lo
ip -6 route add fd00:2::/64 via fd00:1::1; ip -6 route add unreachable fd00:3::/64; ip -6 route add default via fd00:1::1
ip rule add priority 100 fwmark 0x80/0x80 lookup 100; ip rule add priority 101 fwmark 0x1 lookup main
ip rule add priority 102 from 10.244.0.0/16 to 10.96.0.0/12 iif cni0 lookup 7
ip rule add priority 103 not from 10.0.0.1 unreachable; ip -6 rule add priority 104 from fd00:4::/64 blackhole
ip neigh add 10.244.2.0 lladdr 0e:f1:00:00:00:02 dev flannel.1 nud permanent || true
ip neigh add 192.168.1.1 lladdr 02:00:00:00:00:01 dev eth0 nud reachable
ip neigh add 192.168.1.2 lladdr 02:00:00:00:00:02 dev eth0 nud stale
bridge fdb add 0e:f1:00:00:00:02 dev flannel.1 dst 192.168.1.12 self permanent || true
bridge fdb add 02:00:00:00:00:77 dev vethpod master static
sleep 2
for v in text json; do
  mkdir -p "$dir/$v"; j=; test $v = json && j=-j
  ip $j addr >"$dir/$v/ip-addr"; ip $j -d link >"$dir/$v/ip-link"
  ip $j route show table all >"$dir/$v/ip-route"; ip -6 $j route show table all >"$dir/$v/ip6-route"
  ip $j rule >"$dir/$v/ip-rule"; ip -6 $j rule >"$dir/$v/ip-6-rule"
  ip $j neigh >"$dir/$v/ip-neigh"; bridge $j fdb show >"$dir/$v/bridge-fdb"
done
kill $pod
`

test.skipIf(missing !== '')(
  'the text and the JSON of one namespace are the same data',
  { timeout: 60_000 },
  async () => {
    const dir = join(folder, 'variety')
    const { status, stderr } = await inOwnNamespace(`dir=${dir}\n${variety}`, '')
    expect(status, stderr).toBe(0)
    const [text, json] = [readFolder(join(dir, 'text')), readFolder(join(dir, 'json'))]
    expect([...text.said, ...json.said]).toEqual([])
    expect(text.dump).toEqual(json.dump)
    const { devices = [], routes = [], rules = [], neighbors = [] } = text.dump
    expect(devices.length).toBeGreaterThanOrEqual(6)
    expect(routes.length).toBeGreaterThanOrEqual(18)
    expect(rules.length).toBeGreaterThanOrEqual(9)
    expect(neighbors.length).toBeGreaterThanOrEqual(2)
    expect(devices.find(({ name }) => name === 'vethpod')).toMatchObject({
      kind: 'veth',
      master: 'cni0',
      hairpin: true,
      learned: ['02:00:00:00:00:77'],
    })
  },
)
