import { expect, test } from 'vitest'
import { factCluster } from '../support/policy-facts.ts'
import { decided, walked } from '../support/policy-verdicts.ts'

/** ClusterNetworkPolicies of cluster-facts-policies.yaml, among the pods and NetworkPolicies of the other rows. */
type Row = readonly [
  id: string,
  policies: string,
  from: string,
  to: string,
  port: string,
  answer: 'allowed' | 'denied',
  why: string,
]

// biome-ignore format: one row a line
const rows: readonly Row[] = [
  ['G01', 'adm-deny-fin', 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'admin deny'],
  ['G02', 'adm-deny-fin', 'lab/probe', 'shop/web', 'TCP/8080', 'allowed', 'a CNP never isolates: unmatched traffic falls through to allow'],
  ['G03', 'allow-in adm-deny-fin', 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'admin deny beats a NetworkPolicy allow'],
  ['G04', 'adm-deny-fin adm-accept-fin', 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'priority 10 before 20'],
  ['G05', 'adm-deny-fin adm-accept-fin', 'bank/web', 'bank/ledger', 'TCP/80', 'allowed', 'different subject: only the accept applies'],
  ['G06', 'deny-in adm-accept-lab', 'lab/probe', 'shop/web', 'TCP/9090', 'allowed', 'admin accept beats a NetworkPolicy default deny'],
  ['G07', 'deny-in adm-accept-lab', 'lab/probe', 'shop/web', 'TCP/8080', 'denied', 'port not matched -> NetworkPolicy decides'],
  ['G08', 'deny-in adm-accept-lab', 'lab/probe', 'shop/web', 'UDP/9090', 'denied', 'tcp match is TCP only'],
  ['G09', 'allow-in adm-pass-fin-web adm-deny-fin', 'bank/web', 'shop/web', 'TCP/8080', 'allowed', 'Pass skips the later admin deny, NetworkPolicy allows'],
  ['G10', 'deny-in adm-pass-fin-web adm-deny-fin', 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'Pass, NetworkPolicy denies'],
  ['G11', 'adm-pass-fin-web adm-deny-fin', 'bank/ledger', 'shop/web', 'TCP/8080', 'denied', 'Pass matched only web pods'],
  ['G12', 'adm-pass-fin-web adm-deny-fin base-deny', 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'Pass, nobody isolated, baseline denies'],
  ['G13', 'adm-pass-fin-web adm-deny-fin', 'bank/web', 'shop/web', 'TCP/8080', 'allowed', 'Pass, nobody isolated, no baseline: default allow'],
  ['G14', 'adm-ordered', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'first matching rule inside one policy'],
  ['G15', 'adm-ordered', 'shop/db', 'shop/web', 'TCP/8080', 'denied', 'second rule; own namespace is not special'],
  ['G16', 'adm-ordered', 'ext', 'shop/web', 'TCP/8080', 'allowed', 'ingress peers are pods only: external never matches namespaces: {}'],
  ['G17', 'base-deny', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'baseline deny when nobody isolated the pod'],
  ['G18', 'web-from-api base-deny', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'a NetworkPolicy allow overrides baseline'],
  ['G19', 'web-from-api base-deny', 'shop/db', 'shop/web', 'TCP/8080', 'denied', 'a NetworkPolicy that selects the pod is final: default deny, baseline not consulted'],
  ['G20', 'allow-out base-deny', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'an egress-only NetworkPolicy does not end ingress evaluation (read per direction)'],
  ['G21', 'base-accept-api base-deny', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'baseline tier is ordered by priority too'],
  ['G22', 'base-pass-probe base-deny', 'lab/probe', 'shop/web', 'TCP/8080', 'allowed', 'Pass in Baseline ends at the default allow'],
  ['G23', 'base-pass-probe base-deny', 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'not passed'],
  ['G24', 'adm-egress-guard', 'shop/api', 'ext', 'TCP/443', 'allowed', 'networks + port range'],
  ['G25', 'adm-egress-guard', 'shop/api', 'ext2', 'TCP/443', 'denied', '0.0.0.0/0 deny'],
  ['G26', 'adm-egress-guard', 'shop/api', 'shop/db', 'TCP/5432', 'allowed', 'earlier Pass for pods protects in-cluster traffic from the network deny'],
  ['G27', 'adm-egress-nets', 'shop/api', 'bank/web', 'TCP/8081', 'denied', "networks match pod addresses as well (unlike Cilium's reading of ipBlock)"],
  ['G28', 'deny-both adm-egress-guard', 'shop/api', 'ext', 'TCP/443', 'allowed', 'egress accept by admin; no ingress side outside the cluster'],
  ['G29', 'bank-deny-in adm-egress-guard', 'shop/web', 'bank/web', 'TCP/8081', 'denied', 'egress Pass, destination NetworkPolicy still denies'],
  ['G30', 'adm-named', 'lab/probe', 'bank/ledger', 'UDP/8080', 'denied', "destinationNamedPort carries no protocol: ledger's http is UDP 8080"],
  ['G31', 'adm-named', 'lab/probe', 'bank/web', 'TCP/8080', 'allowed', "bank/web's http is 8081"],
  ['G32', 'adm-deny-fin', 'shop/web', 'bank/web', 'TCP/8081', 'allowed', 'ingress deny does not block the opposite direction; replies are part of it'],
  ['G33', 'out-finance base-egress-deny', 'shop/web', 'bank/web', 'TCP/8081', 'allowed', 'egress NetworkPolicy allow beats the baseline egress deny'],
  ['G34', 'deny-in base-egress-deny', 'shop/web', 'ext', 'TCP/443', 'denied', 'ingress-only NetworkPolicy leaves egress to the baseline'],
]

test.for(rows)('%s %s: %s → %s %s %s: %s', ([, policies, from, to, port, answer]) => {
  const loaded = factCluster(policies)
  const connection = { from, to, port }
  expect({ decided: decided(loaded, connection), walked: walked(loaded, connection) }).toEqual({
    decided: answer,
    walked: answer,
  })
})
