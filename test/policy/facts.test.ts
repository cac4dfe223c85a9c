import { describe, expect, test } from 'vitest'
import { factCluster } from '../support/policy-facts.ts'
import { decided, walked } from '../support/policy-verdicts.ts'

/** NetworkPolicies of facts-policies.yaml among the pods of facts.yaml: who may connect to whom. */
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
const isolation: readonly Row[] = [
  ['A01', '', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'no policy selects either end: not isolated'],
  ['A02', '', 'ext', 'shop/web', 'TCP/8080', 'allowed', 'external sources are equal to any other when nothing isolates'],
  ['A03', 'deny-in', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'ingress isolation, no rule'],
  ['A04', 'deny-in', 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'isolation is source-agnostic'],
  ['A05', 'deny-in', 'ext', 'shop/web', 'TCP/8080', 'denied', 'external also denied'],
  ['A06', 'deny-in', 'shop/web', 'bank/web', 'TCP/8081', 'allowed', "ingress isolation does not touch the pod's own egress"],
  ['A07', 'deny-in', 'shop/web', 'ext', 'TCP/443', 'allowed', 'same, to outside; replies ride the connection'],
  ['A08', 'deny-in', 'bank/web', 'bank/ledger', 'TCP/80', 'allowed', 'policies are namespaced'],
  ['A09', 'deny-in-nil', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'missing policyTypes -> Ingress'],
  ['A10', 'deny-in-nil', 'shop/api', 'bank/web', 'TCP/8081', 'allowed', 'missing policyTypes and no egress rules -> Egress not isolated'],
  ['A11', 'deny-in-empty', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'ingress: [] equals a missing list'],
  ['A12', 'allow-in', 'ext', 'shop/web', 'TCP/8080', 'allowed', 'one empty rule matches everything'],
  ['A13', 'allow-in-fromempty', 'ext', 'shop/web', 'UDP/5353', 'allowed', 'empty from and ports lists mean any'],
  ['A14', 'deny-out', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'egress isolation'],
  ['A15', 'deny-out', 'shop/api', 'ext', 'TCP/443', 'denied', 'egress isolation'],
  ['A16', 'deny-out', 'bank/web', 'shop/web', 'TCP/8080', 'allowed', 'ingress of egress-isolated pods stays open'],
  ['A17', 'deny-out allow-out', 'shop/api', 'ext', 'TCP/443', 'allowed', 'union of policies'],
  ['A18', 'deny-both', 'shop/api', 'bank/web', 'TCP/8081', 'denied', 'both directions'],
  ['A19', 'deny-both', 'bank/web', 'shop/api', 'TCP/8080', 'denied', 'both directions'],
  ['A20', 'egress-implied', 'shop/api', 'shop/db', 'TCP/5432', 'allowed', 'egress rule'],
  ['A21', 'egress-implied', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'egress isolation came from the presence of rules'],
  ['A22', 'egress-implied', 'shop/web', 'shop/api', 'TCP/8080', 'denied', 'missing policyTypes always adds Ingress too: surprise inbound deny'],
  ['A23', 'egress-rules-but-ingress-type', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'egress rules ignored when Egress is not listed'],
  ['A24', 'ingress-rules-but-egress-type', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'ingress rules ignored when Ingress is not listed'],
  ['A25', 'no-pods', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'a policy that selects nobody isolates nobody'],
  ['A26', 'target-expr', 'shop/web', 'shop/db', 'TCP/5432', 'denied', 'db has tier back: selected by NotIn front'],
  ['A27', 'target-expr', 'shop/db', 'shop/web', 'TCP/8080', 'allowed', 'web has tier front: not selected'],
]

// biome-ignore format: one row a line
const unions: readonly Row[] = [
  ['B01', 'deny-in web-from-api', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'allow beats default deny'],
  ['B02', 'deny-in web-from-api', 'shop/db', 'shop/web', 'TCP/8080', 'denied', 'not in any rule'],
  ['B03', 'deny-web allow-in', 'shop/db', 'shop/web', 'TCP/8080', 'allowed', 'union across policies; order is irrelevant'],
  ['B04', 'deny-out web-from-api', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'ingress allows, source egress denies: both must allow'],
  ['B05', 'api-to-db deny-in', 'shop/api', 'shop/db', 'TCP/5432', 'denied', 'egress allows, destination ingress denies'],
  ['B06', 'api-to-db db-in-from-api', 'shop/api', 'shop/db', 'TCP/5432', 'allowed', 'both allow'],
  ['B07', 'api-to-db db-in-from-api', 'shop/db', 'shop/api', 'TCP/8080', 'allowed', 'the reverse connection is separate: db egress open, api ingress open'],
  ['B08', 'allow-in deny-out', 'ext', 'shop/api', 'TCP/8080', 'allowed', "inbound connection's replies are not subject to deny-out"],
  ['B09', 'out-finance bank-deny-in', 'shop/web', 'bank/web', 'TCP/8081', 'denied', "other namespace's own policy decides its ingress"],
  ['B10', 'out-finance bank-in-from-shop-web', 'shop/web', 'bank/web', 'TCP/8081', 'allowed', 'pair of matching policies in two namespaces'],
  ['B11', 'out-finance bank-in-from-shop-web', 'shop/api', 'bank/web', 'TCP/8081', 'denied', 'right namespace, wrong pod label'],
  ['B12', 'web-from-api web-from-finance', 'bank/ledger', 'shop/web', 'TCP/8080', 'allowed', 'union of two policies on one pod'],
]

// biome-ignore format: one row a line
const selectors: readonly Row[] = [
  ['C01', 'web-from-api', 'shop/api', 'shop/web', 'TCP/9090', 'allowed', 'no ports: all ports'],
  ['C02', 'web-from-api', 'bank/web', 'shop/web', 'TCP/8080', 'denied', "podSelector alone means the policy's namespace"],
  ['C03', 'web-from-same-ns', 'shop/db', 'shop/web', 'TCP/8080', 'allowed', "empty podSelector: every pod of the policy's namespace"],
  ['C04', 'web-from-same-ns', 'bank/ledger', 'shop/web', 'TCP/8080', 'denied', 'not all pods of the cluster'],
  ['C05', 'web-from-same-ns', 'ext', 'shop/web', 'TCP/8080', 'denied', 'selectors never match external addresses'],
  ['C06', 'web-from-any-ns', 'lab/probe', 'shop/web', 'TCP/8080', 'allowed', 'empty namespaceSelector: all namespaces'],
  ['C07', 'web-from-any-ns', 'ext', 'shop/web', 'TCP/8080', 'denied', 'all namespaces is still only pods'],
  ['C08', 'web-from-finance', 'bank/web', 'shop/web', 'TCP/8080', 'allowed', 'namespace labels'],
  ['C09', 'web-from-finance', 'shop/api', 'shop/web', 'TCP/8080', 'denied', "the policy's own namespace is not implied"],
  ['C10', 'web-from-finance-ledger', 'bank/ledger', 'shop/web', 'TCP/8080', 'allowed', 'both in one peer: AND'],
  ['C11', 'web-from-finance-ledger', 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'namespace yes, pod no'],
  ['C12', 'web-from-finance-or-api', 'bank/web', 'shop/web', 'TCP/8080', 'allowed', 'two peers: OR'],
  ['C13', 'web-from-finance-or-api', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'two peers: OR'],
  ['C14', 'web-from-finance-or-api', 'shop/db', 'shop/web', 'TCP/8080', 'denied', 'neither peer'],
  ['C15', 'web-from-back-anywhere', 'bank/ledger', 'shop/web', 'TCP/8080', 'allowed', 'any namespace AND tier back'],
  ['C16', 'web-from-back-anywhere', 'lab/probe', 'shop/web', 'TCP/8080', 'denied', 'label missing'],
  ['C17', 'web-from-ns-name', 'lab/probe', 'shop/web', 'TCP/8080', 'allowed', 'automatic name label'],
  ['C18', 'web-from-ns-name', 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'other name'],
  ['C19', 'web-from-notin', 'lab/probe', 'shop/web', 'TCP/8080', 'allowed', 'NotIn is true when the key is absent'],
  ['C20', 'web-from-notin', 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'NotIn finance'],
  ['C21', 'web-from-exists', 'bank/web', 'shop/web', 'TCP/8080', 'allowed', 'Exists env'],
  ['C22', 'web-from-exists', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'shop has no env'],
  ['C23', 'web-from-notexists', 'bank/web', 'shop/web', 'TCP/8080', 'denied', 'DoesNotExist env'],
  ['C24', 'web-from-notexists', 'shop/db', 'shop/web', 'TCP/8080', 'allowed', 'shop has no env'],
  ['C25', 'web-from-pod-in', 'shop/db', 'shop/web', 'TCP/8080', 'allowed', 'In list'],
  ['C26', 'web-from-pod-in', 'lab/probe', 'shop/web', 'TCP/8080', 'denied', 'other namespace'],
]

// biome-ignore format: one row a line
const ports: readonly Row[] = [
  ['D01', 'web-tcp-8080', 'lab/probe', 'shop/web', 'TCP/8080', 'allowed', 'no from: any source'],
  ['D02', 'web-tcp-8080', 'lab/probe', 'shop/web', 'TCP/9090', 'denied', 'other port'],
  ['D03', 'web-tcp-8080', 'lab/probe', 'shop/web', 'UDP/8080', 'denied', 'protocol defaults to TCP'],
  ['D04', 'web-tcp-8080', 'ext', 'shop/web', 'TCP/8080', 'allowed', 'ports-only rule covers external'],
  ['D05', 'web-proto-only-udp', 'lab/probe', 'shop/web', 'UDP/5353', 'allowed', 'protocol without port: all its ports'],
  ['D06', 'web-proto-only-udp', 'lab/probe', 'shop/web', 'TCP/8080', 'denied', 'TCP not listed'],
  ['D07', 'web-empty-port', 'lab/probe', 'shop/web', 'TCP/1', 'allowed', 'ports: [{}] is all of TCP'],
  ['D08', 'web-empty-port', 'lab/probe', 'shop/web', 'UDP/5353', 'denied', '... and only TCP'],
  ['D09', 'web-named-http', 'lab/probe', 'shop/web', 'TCP/8080', 'allowed', "name resolves to web's 8080"],
  ['D10', 'web-named-http', 'lab/probe', 'shop/web', 'TCP/8081', 'denied', "bank's http number is irrelevant here"],
  ['D11', 'web-named-udp-http', 'lab/probe', 'shop/web', 'UDP/8080', 'denied', 'web declares http as TCP: name+protocol must both match'],
  ['D12', 'all-named-metrics', 'lab/probe', 'shop/web', 'TCP/9090', 'allowed', 'web has metrics'],
  ['D13', 'all-named-metrics', 'lab/probe', 'shop/db', 'TCP/9090', 'denied', 'db has no port of that name'],
  ['D14', 'web-range', 'lab/probe', 'shop/web', 'TCP/8000', 'allowed', 'range is inclusive'],
  ['D15', 'web-range', 'lab/probe', 'shop/web', 'TCP/8100', 'allowed', 'range is inclusive'],
  ['D16', 'web-range', 'lab/probe', 'shop/web', 'TCP/8101', 'denied', 'outside'],
  ['D17', 'web-range', 'lab/probe', 'shop/web', 'UDP/8050', 'denied', 'range is TCP by default'],
  ['D18', 'web-sctp', 'lab/probe', 'shop/web', 'SCTP/5060', 'allowed', 'SCTP'],
  ['D19', 'web-sctp', 'lab/probe', 'shop/web', 'TCP/5060', 'denied', 'an SCTP-only rule still isolates TCP'],
  ['D20', 'web-two-ports', 'lab/probe', 'shop/web', 'UDP/5353', 'allowed', 'ports are ORed'],
  ['D21', 'web-two-ports', 'lab/probe', 'shop/web', 'TCP/5353', 'denied', 'number and protocol belong together'],
  ['D22', 'web-api-8080-and-finance-9090', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'rule 1'],
  ['D23', 'web-api-8080-and-finance-9090', 'shop/api', 'shop/web', 'TCP/9090', 'denied', 'from of rule 1 with port of rule 2: no cross product between rules'],
  ['D24', 'web-api-8080-and-finance-9090', 'bank/web', 'shop/web', 'TCP/9090', 'allowed', 'rule 2'],
  ['D25', 'out-named-http', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'egress names resolve on the destination pod'],
  ['D26', 'out-named-http', 'shop/api', 'bank/web', 'TCP/8081', 'allowed', '... per destination'],
  ['D27', 'out-named-http', 'shop/api', 'bank/web', 'TCP/8080', 'denied', "8080 is not bank/web's http"],
  ['D28', 'out-named-http', 'shop/api', 'bank/ledger', 'TCP/8080', 'denied', "ledger's http is UDP"],
  ['D29', 'out-named-http', 'shop/api', 'ext', 'TCP/8080', 'denied', 'external ends have no port names'],
  ['D30', 'web-tcp-8080 web-proto-only-udp', 'lab/probe', 'shop/web', 'UDP/5353', 'allowed', 'union of port rules across policies'],
]

// biome-ignore format: one row a line
const blocks: readonly Row[] = [
  ['E01', 'web-from-cidr', 'ext', 'shop/web', 'TCP/8080', 'allowed', 'in block'],
  ['E02', 'web-from-cidr', 'ext2', 'shop/web', 'TCP/8080', 'denied', 'outside block'],
  ['E03', 'web-from-cidr', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'pod IP outside block'],
  ['E04', 'web-from-cidr-except', 'ext', 'shop/web', 'TCP/8080', 'denied', 'except'],
  ['E05', 'web-from-cidr-except', 'ext2', 'shop/web', 'TCP/8080', 'allowed', 'in block, not excepted'],
  ['E06', 'web-from-cidr-except web-from-cidr', 'ext', 'shop/web', 'TCP/8080', 'allowed', 'except is not a deny: another rule may allow'],
  ['E07', 'web-from-any-cidr', 'ext', 'shop/web', 'TCP/8080', 'allowed', '0.0.0.0/0'],
  ['E08', 'web-from-any-cidr', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'reference reading: address match includes pods (Cilium: false)'],
  ['E09', 'web-from-pod-cidr', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', '10.244.2.2 in block (Cilium: false)'],
  ['E10', 'web-from-pod-cidr', 'shop/db', 'shop/web', 'TCP/8080', 'denied', '10.244.1.3 not in block'],
  ['E11', 'out-internet', 'shop/api', 'ext', 'TCP/443', 'allowed', 'internet only'],
  ['E12', 'out-internet', 'shop/api', 'shop/db', 'TCP/5432', 'denied', 'pod range excepted'],
  ['E13', 'out-except-ns', 'shop/api', 'shop/db', 'TCP/5432', 'allowed', 'second peer re-allows an excepted pod'],
  ['E14', 'out-except-ns', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'excepted and not selected'],
  ['E15', 'out-two-blocks', 'shop/api', 'bank/web', 'TCP/8081', 'allowed', 'first block (Cilium: false)'],
  ['E16', 'out-two-blocks', 'shop/api', 'shop/db', 'TCP/5432', 'allowed', 'second block overlaps the except (Cilium: false)'],
  ['E17', 'out-two-blocks', 'shop/api', 'shop/web', 'TCP/8080', 'denied', 'excepted'],
  ['E18', 'out-named-http-cidr', 'shop/api', 'shop/web', 'TCP/8080', 'allowed', 'block + name: resolves because the far end is a pod'],
  ['E19', 'out-named-http-cidr', 'shop/api', 'ext', 'TCP/8080', 'denied', 'block + name never matches a non-pod'],
]

// biome-ignore format: one row a line
const recipes: readonly Row[] = [
  ['F01', 'api-to-db', 'shop/api', 'shop/db', 'TCP/5432', 'allowed', 'recipe: app to database'],
  ['F02', 'api-to-db', 'shop/api', 'lab/probe', 'UDP/53', 'denied', 'forgot DNS: names stop resolving'],
  ['F03', 'api-to-db api-dns', 'shop/api', 'lab/probe', 'UDP/53', 'allowed', 'DNS allowed by a second policy'],
  ['F04', 'api-to-db api-dns', 'shop/web', 'lab/probe', 'UDP/53', 'allowed', 'api-dns selects every shop pod ...'],
  ['F05', 'api-to-db api-dns', 'shop/web', 'shop/api', 'TCP/8080', 'denied', '... and therefore isolates them all for egress'],
  ['F06', 'deny-both api-dns', 'shop/api', 'lab/probe', 'TCP/53', 'allowed', 'default deny + DNS'],
  ['F07', 'deny-both api-dns', 'lab/probe', 'shop/api', 'UDP/53', 'denied', 'the DNS egress rule opens nothing inbound'],
]

describe.for([
  ['isolation, and what is filled in', isolation],
  ['unions, conflicts, both ends', unions],
  ['selectors', selectors],
  ['ports and protocols', ports],
  ['blocks of addresses', blocks],
  ['everyday recipes', recipes],
] as const)('%s', ([, rows]) => {
  test.for(rows)('%s %s: %s → %s %s %s: %s', ([, policies, from, to, port, answer]) => {
    const loaded = factCluster(policies)
    const connection = { from, to, port }
    expect({ decided: decided(loaded, connection), walked: walked(loaded, connection) }).toEqual({
      decided: answer,
      walked: answer,
    })
  })
})
