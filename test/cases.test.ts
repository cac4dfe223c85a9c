import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ask, readCase, runsOf } from './support/cases.ts'

const folder = join(import.meta.dirname, 'cases')

/** The failures of the service dataplane: the code of the first finding, and the object that the fix changes. */
const inScope: Readonly<Record<string, readonly [code: string, object: string] | undefined>> = {
  '001': ['service-without-endpoints', 'Service/nginx-ing-svc'],
  '002': ['service-without-endpoints', 'Pod/influxdb'],
  '003': ['selector-too-broad', 'Service/tekton-operator-proxy-webhook'],
  '005': ['endpoints-port-name-differs', 'Endpoints/custom-service'],
  '006': ['endpoints-name-differs', 'Endpoints/external-db-endpoints'],
  '007': undefined,
  '010': ['no-local-endpoint', 'Service/micronaut-k8-sample'],
  '013': ['target-port-name-missing', 'Pod/metrics-server-7f'],
  '016': ['listens-on-loopback', 'Pod/msdev'],
  '019': ['service-protocol-differs', 'Service/kong-udp-proxy'],
  '020': ['nothing-listens', 'Pod/bundle'],
  '021': ['localhost-is-the-sender', 'Service/backend'],
  '022': ['endpoint-terminating', 'Pod/my-backend-old'],
  '025': ['listens-on-other-family', 'Pod/postgresql-0'],
  '026': ['name-in-other-namespace', 'Service/kubernetes'],
  '029': ['host-network-dns', 'Pod/deployment2'],
  '035': ['endpoint-not-ready', 'Service/nats'],
  '041': ['kube-proxy-hostname', 'Node/node-a'],
  '043': ['provider-firewall', 'Environment/extra'],
  '044': undefined,
  '048': ['port-not-published', 'Environment/extra'],
  '049': ['node-network-inside-machine', 'Environment/extra'],
  '056': ['load-balancer-host-port-taken', 'Service/dns2-tcp'],
  '059': ['provider-firewall', 'Environment/extra'],
  '062': ['reply-bypasses-translation', 'Environment/extra'],
  '063': ['kube-proxy-not-running', 'Node/node-a'],
  '064': ['kube-proxy-stale', 'Node/node-a'],
  '065': ['ping-to-service', 'Service/nginx'],
  '068': ['conntrack-stale', 'Node/node-a'],
  '069': ['conntrack-stale', 'Node/node-a'],
  '071': ['host-port-not-mapped', 'Pod/hp-0'],
  '077': ['bridge-netfilter-off', 'Node/node-a'],
  '078': ['bridge-netfilter-off', 'Node/node-a'],
  '080': ['mixed-iptables-backends', 'Node/node-a'],
  '082': ['host-firewall', 'Environment/extra'],
  '084': ['host-firewall', 'Environment/extra'],
  '087': ['pod-network-differs', 'ConfigMap/kube-flannel-cfg'],
  '089': ['tunnel-checksum', 'Environment/extra'],
  '090': ['path-mtu-black-hole', 'Environment/extra'],
  '091': ['address-overlap', 'Environment/extra'],
  '093': ['address-overlap', 'Environment/extra'],
  '096': ['pods-not-masqueraded', 'Environment/extra'],
  '098': ['policy-names-service-port', 'NetworkPolicy/frontend-egress'],
  '100': ['policy-dns-port-differs', 'NetworkPolicy/operand-egress'],
  '102': ['policy-server-is-host', 'NetworkPolicy/operator-egress'],
  '104': ['policy-namespace-label-missing', 'NetworkPolicy/allow-monitoring'],
  '106': ['policy-peers-are-alternatives', 'NetworkPolicy/lister'],
  '107': ['policy-not-enforced', 'NetworkPolicy/default-deny'],
  '108': ['policy-client-is-host', 'NetworkPolicy/from-ingress'],
  '110': ['policy-port-name-differs', 'NetworkPolicy/srv'],
  '124': ['ingress-without-address', 'Service/sippy'],
  '125': ['no-route-matches', 'Ingress/portal'],
}

const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readCase(join(folder, name)))

const usesIptables = (extra: Readonly<Record<string, unknown>>) => {
  const { mode = 'iptables' } = (extra['kubeProxy'] ?? {}) as { mode?: string | null }
  // Where there is no kube-proxy the network plugin balances Services itself.
  return mode === 'iptables' || mode === null
}

test('the cases were really read', () => {
  expect(cases.length).toBeGreaterThanOrEqual(70)
  expect(Object.keys(inScope).filter((id) => !cases.some((one) => one.id === id))).toEqual([])
})

describe('failures of the service dataplane: verdict, cause and object; then the fix', () => {
  for (const one of cases.filter(({ id }) => id in inScope)) {
    for (const { name, state, verdict } of runsOf(one)) {
      test(`${one.id} ${one.title}: ${name}`, () => {
        const answer = ask(state)
        // Other proxy modes are not modelled: kubewalk must say so, and never guess.
        expect(answer.verdict).toBe(usesIptables(state.extra) ? verdict : 'unknown')
        const cause = inScope[one.id]
        if (name !== 'as found' || !cause) return
        const first = answer.findings?.[0]
        expect(first?.code).toBe(cause[0])
        expect(first?.objects.map((object) => `${object.kind}/${object.name}`)).toContain(cause[1])
        expect(first?.objects.every((object) => object.at !== undefined)).toBe(true)
        expect(first?.fix).toBeDefined()
      })
    }
  }
})

/** What kubewalk says when it has not taken everything into account. */
const admissions = ['field-not-modelled', 'kind-not-read', 'cni-not-modelled', 'not-modelled']

describe('failures of other areas: the right verdict, or a word about what is not modelled', () => {
  for (const one of cases.filter(
    ({ id, probe }) =>
      !(id in inScope) && probe['protocol'] !== 'DNS' && !String(probe['from']).startsWith('kubectl/'),
  )) {
    test(`${one.id} ${one.title}`, () => {
      const [found] = runsOf(one)
      const answer = found && ask(found.state)
      const said = answer?.codes.some((code) => admissions.includes(code)) ?? false
      expect(answer?.verdict === found?.verdict || said).toBe(true)
    })
  }
})
