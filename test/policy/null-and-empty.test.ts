import { expect, test } from 'vitest'
import { disagreements, gridCluster } from '../support/policy-grid.ts'

/** What is missing, null or empty in a NetworkPolicy, as the API server decodes and defaults it. */
// biome-ignore format: one spec a line
const rows: readonly (readonly [spec: string, reach: Readonly<Record<string, string>>])[] = [
  // The whole spec, and the selector: all pods of the namespace.
  ['null', { 'TCP/80': '* ↛ x' }],
  ['{}', { 'TCP/80': '* ↛ x' }],
  ['{podSelector: null}', { 'TCP/80': '* ↛ x' }],
  ['{podSelector: {}}', { 'TCP/80': '* ↛ x' }],
  ['{podSelector: {matchLabels: null, matchExpressions: null}}', { 'TCP/80': '* ↛ x' }],
  ['{podSelector: {matchLabels: {}, matchExpressions: []}}', { 'TCP/80': '* ↛ x' }],
  // Types: Ingress always, Egress where there are rules for it.
  ['{podSelector: {}, policyTypes: null}', { 'TCP/80': '* ↛ x' }],
  ['{podSelector: {}, policyTypes: []}', { 'TCP/80': '* ↛ x' }],
  ['{podSelector: {}, egress: null}', { 'TCP/80': '* ↛ x' }],
  ['{podSelector: {}, egress: []}', { 'TCP/80': '* ↛ x' }],
  ['{podSelector: {}, egress: [{}]}', { 'TCP/80': '* ↛ x' }],
  ['{podSelector: {}, egress: [{ports: [{port: 80}]}]}', { 'TCP/80': '* ↛ x', 'TCP/81': '* ↛ x, x ↛ *' }],
  ['{podSelector: {}, policyTypes: [Egress]}', { 'TCP/80': 'x ↛ *' }],
  // Rules: none isolates, an empty one lets everything pass; null is an empty one.
  ['{podSelector: {}, ingress: null}', { 'TCP/80': '* ↛ x' }],
  ['{podSelector: {}, ingress: []}', { 'TCP/80': '* ↛ x' }],
  ['{podSelector: {}, ingress: [{}]}', { 'TCP/80': '', 'SCTP/81': '' }],
  ['{podSelector: {}, ingress: [null]}', { 'TCP/80': '', 'SCTP/81': '' }],
  // Peers: no list and an empty one are anybody.
  ['{podSelector: {}, ingress: [{from: null}]}', { 'TCP/80': '' }],
  ['{podSelector: {}, ingress: [{from: []}]}', { 'TCP/80': '' }],
  ['{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}', { 'TCP/80': 'y ↛ x, z ↛ x' }],
  ['{podSelector: {}, ingress: [{from: [{podSelector: {}, namespaceSelector: null}]}]}', { 'TCP/80': 'y ↛ x, z ↛ x' }],
  ['{podSelector: {}, ingress: [{from: [{podSelector: {}, ipBlock: null}]}]}', { 'TCP/80': 'y ↛ x, z ↛ x' }],
  ['{podSelector: {}, ingress: [{from: [{podSelector: null, namespaceSelector: {}}]}]}', { 'TCP/80': '' }],
  ['{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: null}, namespaceSelector: {}}]}]}', { 'TCP/80': '' }],
  ['{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.244.2.2/32, except: null}}]}]}', { 'TCP/80': '* ↛ x, x/b → x' }],
  ['{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.244.2.2/32, except: []}}]}]}', { 'TCP/80': '* ↛ x, x/b → x' }],
  // Ports: no list and an empty one are every port of every protocol; an empty port is all of TCP, and so is null.
  ['{podSelector: {}, ingress: [{ports: null}]}', { 'TCP/80': '', 'UDP/81': '' }],
  ['{podSelector: {}, ingress: [{ports: []}]}', { 'TCP/80': '', 'UDP/81': '' }],
  ['{podSelector: {}, ingress: [{ports: [{}]}]}', { 'TCP/81': '', 'UDP/81': '* ↛ x' }],
  ['{podSelector: {}, ingress: [{ports: [null]}]}', { 'TCP/81': '', 'UDP/81': '* ↛ x' }],
  ['{podSelector: {}, ingress: [{ports: [{protocol: null, port: 80}]}]}', { 'TCP/80': '', 'TCP/81': '* ↛ x', 'UDP/80': '* ↛ x' }],
  ['{podSelector: {}, ingress: [{ports: [{protocol: UDP, port: null}]}]}', { 'UDP/80': '', 'UDP/81': '', 'TCP/80': '* ↛ x' }],
  ['{podSelector: {}, ingress: [{ports: [{port: 80, endPort: null}]}]}', { 'TCP/80': '', 'TCP/81': '* ↛ x' }],
]

test.for(rows)('spec: %s', ([spec, reach]) => {
  const loaded = gridCluster({ policies: [['x', spec]] })
  const wrong = Object.entries(reach).flatMap(([port, statements]) => disagreements(loaded, port, statements))
  expect(wrong).toEqual([])
})
