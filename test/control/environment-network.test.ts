import { expect, test } from 'vitest'
import { InputError, parseCluster } from '../../src/index.ts'

/** What an Environment says of the network between the nodes and cannot be meant: each said, at its place, and nothing guessed. */
function saidOf(spec: string): readonly string[] {
  const text = `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop }
spec: { containers: [{ name: c }] }
---
apiVersion: kubewalk.dev/v1alpha1
kind: Environment
spec: ${spec}
`
  const told = (() => {
    try {
      return parseCluster([{ name: 'cluster.yaml', text }]).diagnostics
    } catch (error) {
      if (error instanceof InputError) return error.diagnostics
      throw error
    }
  })()
  return told
    .filter(({ at }) => at?.line === 8)
    .map(({ code, severity, message }) => `${severity} ${code} ${message.replace("the Environment's ", '')}`)
}

const sub = 'subnets: [{ name: one, cidr: 172.18.0.0/16 }]'

// biome-ignore format: a table
const rows: readonly (readonly [spec: string, said: string])[] = [
  ['{ network: { subnets: [{ cidr: 10.1.0.0/240 }] } }',                       'error invalid-setting network.subnets.0.cidr is "10.1.0.0/240", which is no block'],
  ['{ network: { subnets: [{ name: one }] } }',                                'error invalid-setting network.subnets.0 has no block'],
  ['{ network: { subnets: [{ cidr: 172.18.0.0/16, gateway: 10.0.0.1 }] } }',   'error invalid-setting network.subnets.0.gateway is 10.0.0.1, outside 172.18.0.0/16'],
  ['{ network: { subnets: [{ cidr: 172.18.0.0/16, mtu: 20 }] } }',             'error invalid-setting network.subnets.0.mtu is 20, which no device has'],
  ['{ network: { routes: [10.2.0.0/24 via nowhere] } }',                       'error invalid-setting network.routes.0 is "10.2.0.0/24 via nowhere", which is no route'],
  ['{ network: { routers: [{ addresses: [172.18.0.9] }] } }',                  'error invalid-setting network.routers.0.addresses.0 is "172.18.0.9", which is no address with a prefix length'],
  ['{ network: { routers: [{ addresses: [10.9.9.9/24] }] } }',                 'error invalid-setting network.routers.0.addresses.0 is 10.9.9.9/24, which is on no subnet'],
  ['{ network: { firewalls: [{ default: dney }] } }',                          'error invalid-setting network.firewalls.0.default is "dney"'],
  ['{ network: { firewalls: [{ nodes: [wroker] }] } }',                        'warning unknown-reference network.firewalls.0.nodes.0 names node wroker, which does not exist'],
  [`{ network: { ${sub}, firewalls: [{ between: [one, tow] }] } }`,            'error invalid-setting network.firewalls.0.between.1 names subnet tow, which is not there'],
  ['{ cloudFirewall: { allow: [{ from: 10.1.0.0/33 }] } }',                    'error invalid-setting cloudFirewall.allow.0.from is "10.1.0.0/33", which is no block and no address'],
  ['{ cloudFirewall: { allow: [{ protocol: TPC }] } }',                        'error invalid-setting cloudFirewall.allow.0.protocol is "TPC"'],
  ['{ cloudFirewall: { allow: [{ protocol: TCP, ports: [http] }] } }',         'error invalid-setting cloudFirewall.allow.0.ports.0 is "http"'],
  ['{ cloudFirewall: { allow: [{ protocol: TCP, ports: [90-80] }] } }',        'error invalid-setting cloudFirewall.allow.0.ports.0 is "90-80"'],
  ['{ cloudFirewall: { allow: [{ protocol: ICMP, ports: [8] }] } }',           'error invalid-setting cloudFirewall.allow.0.ports stand beside ICMP, which has no ports'],
  ['{ mtu: { pod: -3 } }',                                                     'error invalid-setting mtu.pod is -3, which no device has'],
  ['{ mtu: { nodes: { wroker: 1400 } } }',                                     'warning unknown-reference mtu.nodes.wroker names node wroker, which does not exist'],
  ['{ podRoutes: { shop/wbe: [default via 10.0.0.1] } }',                      'warning unknown-reference podRoutes.shop/wbe names pod shop/wbe, which does not exist'],
  ['{ nodes: { worker: { routes: [somewhere] } } }',                           'error invalid-setting nodes.worker.routes.0 is "somewhere", which is no route'],
  ['{ ipMasqAgent: { nonMasqueradeCIDRs: [10.0.0.0] } }',                      'error invalid-setting ipMasqAgent.nonMasqueradeCIDRs.0 is "10.0.0.0", which is no block'],
  ['{ apiServer: { address: control-plane } }',                                'error invalid-setting apiServer.address is "control-plane", which is no IP address'],
]

test.for(rows)('%s', ([spec, said]) => {
  expect(saidOf(spec)).toEqual([said])
})

test('what can be meant is not said to be wrong', () => {
  const whole = `{ network: { ${sub}, routes: [10.2.0.0/24 via 172.18.0.3], routers: [{ addresses: [172.18.0.9/16] }], firewalls: [{ nodes: [worker], default: allow, deny: [{ protocol: 4 }, { protocol: any, ports: [22, 30000-32767] }] }] }, mtu: { nodes: { worker: 9001 }, tunnel: 1450 }, podRoutes: { shop/web: [10.0.0.0/8 dev eth0 onlink, default via 10.0.0.1] } }`
  expect(saidOf(whole)).toEqual([])
})

// A line with ports and no protocol is about those ports, not about everything.
test.for([
  [22, 'dropped'],
  [443, 'reached'],
] as const)('allow: [{ports: [443]}] and a connection to port %s: %s', ([port, disposition]) => {
  const text = `{ apiVersion: kubewalk.dev/v1alpha1, kind: Environment, spec: { cloudFirewall: { nodes: [worker], allow: [{ ports: [443] }] }, nodes: { worker: { listeners: [{ protocol: TCP, port: 443 }, { protocol: TCP, port: 22 }] } } } }`
  const cluster = parseCluster([{ name: 'cluster.yaml', text }])
  expect(cluster.trace({ from: 'internet', to: `node/worker:${port}` }).outcomes[0]?.disposition).toBe(
    disposition,
  )
})
