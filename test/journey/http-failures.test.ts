import { describe, expect, test } from 'vitest'
import { parseCluster } from '../../src/index.ts'
import { shop } from '../support/shop.ts'

/**
 * What goes wrong between a URL and a pod: one line of the shop is wrong, and each journey ends in the right symptom,
 * with a first finding that names the object and the line. The line is the one with `# here`.
 */
interface Row {
  readonly name: string
  readonly from?: string
  readonly url?: string
  /** What stands in the shop, and what stands there instead. */
  readonly wrong: readonly [was: string, is: string]
  readonly ends: string
  readonly symptom: string
  /** The first finding, and the object that it names first. */
  readonly first: readonly [code: string, object: string]
}

const inside = { from: 'pod/shop/client', url: 'http://web' }
const plain = { url: 'http://shop.example.com' }
const notResolved = 'curl: (6) Could not resolve host: web'
const wrongName =
  "curl: (60) SSL: no alternative certificate subject name matches target host name 'shop.example.com'"
const web = 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\nspec:\n'
const notReady = `apiVersion: v1
kind: Pod
metadata: { name: web-0, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ containerPort: 8080 }] }] }
status:
  phase: Running
  podIP: 10.244.1.77
  conditions:
    - { type: Ready, status: "False" } # here
---
${web}  replicas: 0
`

// biome-ignore format: one failure a row
const rows: readonly Row[] = [
  // Names.
  { name: 'the Service has another name', ...inside, wrong: ['kind: Service\nmetadata:\n  name: web\n', 'kind: Service\nmetadata:\n  name: wbe\n'], ends: 'nxdomain', symptom: notResolved, first: ['name-unknown', 'Service/wbe'] },
  { name: 'the Service is in another namespace', ...inside, wrong: ['kind: Service\nmetadata:\n  name: web\n  namespace: shop', 'kind: Service\nmetadata:\n  name: web\n  namespace: blue # here'], ends: 'nxdomain', symptom: notResolved, first: ['name-in-other-namespace', 'Service/web'] },
  { name: 'CoreDNS is not ready', ...inside, wrong: ['- type: Ready\n      status: "True"', '- type: Ready # here\n      status: "False"'], ends: 'dns-timeout', symptom: notResolved, first: ['endpoint-not-ready', 'Pod/coredns-0'] },
  { name: 'kube-dns selects no pod', ...inside, wrong: ['    k8s-app: kube-dns\n  ports', '    k8s-app: kubedns # here\n  ports'], ends: 'dns-timeout', symptom: notResolved, first: ['service-without-endpoints', 'Service/kube-dns'] },
  { name: 'kubelet tells pods an address that nobody has', ...inside, wrong: ['spec:\n  nodes', 'spec:\n  kubelet:\n    default:\n      clusterDNS: [10.96.0.99] # here\n  nodes'], ends: 'dns-timeout', symptom: notResolved, first: ['name-server-differs', 'Environment/around'] },
  { name: 'kubelet tells pods a name server outside', ...inside, wrong: ['spec:\n  nodes', 'spec:\n  kubelet:\n    worker:\n      clusterDNS: [10.11.12.13] # here\n  nodes'], ends: 'nxdomain', symptom: notResolved, first: ['name-server-differs', 'Environment/around'] },
  { name: 'the pod itself names another server', ...inside, wrong: ['spec:\n  nodeName: worker\n  containers:\n    - name: curl', 'spec:\n  nodeName: worker\n  dnsPolicy: None\n  dnsConfig:\n    nameservers: [10.96.0.99] # here\n    searches: [shop.svc.cluster.local]\n  containers:\n    - name: curl'], ends: 'dns-timeout', symptom: notResolved, first: ['name-server-differs', 'Pod/client'] },
  { name: 'the node has a wrong route to that of CoreDNS', ...inside, wrong: ['    worker: {}', '    worker:\n      routes: [10.244.2.0/25 via 172.18.0.99]'], ends: 'dns-timeout', symptom: notResolved, first: ['no-route', 'Environment/around'] },
  { name: 'CoreDNS forwards to itself', from: 'pod/shop/client', url: 'http://www.example.org', wrong: ['forward . /etc/resolv.conf', 'forward . 10.96.0.10 # here'], ends: 'dns-timeout', symptom: 'curl: (6) Could not resolve host: www.example.org', first: ['dns-loop', 'ConfigMap/coredns'] },
  { name: 'CoreDNS has no server for names outside', from: 'pod/shop/client', url: 'http://www.example.org', wrong: ['    .:53 {\n        errors', '    cluster.local:53 {\n        errors'], ends: 'dns-servfail', symptom: 'curl: (6) Could not resolve host: www.example.org', first: ['name-server-fails', 'ConfigMap/coredns'] },
  // Ingress.
  { name: 'the host of the rule is misspelt', ...plain, wrong: ['    - host: shop.example.com', '    - host: shop.exmaple.com # here'], ends: 'HTTP 404', symptom: 'HTTP 404', first: ['no-route-matches', 'Ingress/web'] },
  { name: 'the host of the rule is misspelt, over TLS', wrong: ['    - host: shop.example.com', '    - host: shop.exmaple.com # here'], ends: 'tls-wrong-cert', symptom: wrongName, first: ['certificate-for-other-name', 'Ingress/web'] },
  { name: 'the rule is for another path', url: 'https://shop.example.com/cart', wrong: ['- path: /', '- path: /crat # here'], ends: 'HTTP 404', symptom: 'HTTP 404', first: ['no-route-matches', 'Ingress/web'] },
  { name: 'nobody takes the class', ...plain, wrong: ['ingressClassName: nginx', 'ingressClassName: traefik # here'], ends: 'HTTP 404', symptom: 'HTTP 404', first: ['route-not-taken', 'Ingress/web'] },
  { name: 'the rule names a Service that is not there', wrong: ['                name: web', '                name: wbe # here'], ends: 'HTTP 503', symptom: 'HTTP 503', first: ['backend-service-missing', 'Ingress/web'] },
  { name: 'the rule names a port that the Service does not have', wrong: ['                  name: http', '                  name: web # here'], ends: 'HTTP 503', symptom: 'HTTP 503', first: ['backend-port-missing', 'Ingress/web'] },
  { name: "the rule names the pods' port, as in the notes", wrong: ['                  name: http', '                  number: 9090 # here'], ends: 'HTTP 503', symptom: 'HTTP 503', first: ['backend-port-missing', 'Ingress/web'] },
  { name: "the Service's own port has another name", wrong: ['    - name: http\n      port: 80\n      targetPort', '    - name: web\n      port: 80\n      targetPort'], ends: 'HTTP 503', symptom: 'HTTP 503', first: ['backend-port-missing', 'Ingress/web'] },
  { name: 'the Service selects no pod', wrong: ['    app: web\n  ports', '    app: wbe # here\n  ports'], ends: 'HTTP 503', symptom: 'HTTP 503', first: ['service-without-endpoints', 'Service/web'] },
  { name: 'no pod of the Service is ready', wrong: [web, notReady], ends: 'HTTP 503', symptom: 'HTTP 503', first: ['endpoint-not-ready', 'Pod/web-0'] },
  { name: 'the Deployment is scaled to 0', wrong: [web, `${web}  replicas: 0 # here\n`], ends: 'HTTP 503', symptom: 'HTTP 503', first: ['service-without-endpoints', 'Deployment/web'] },
  { name: 'nobody listens on the target port', wrong: ['      targetPort: 8080', '      targetPort: 9090 # here'], ends: 'HTTP 502', symptom: 'HTTP 502', first: ['target-port-not-listening', 'Service/web'] },
  // TLS.
  { name: 'the certificate is for another host', wrong: ['[shop.example.com]', '[www.example.com]'], ends: 'tls-wrong-cert', symptom: wrongName, first: ['certificate-for-other-name', 'Secret/shop-tls'] },
  { name: 'the Secret has another name', wrong: ['      secretName: shop-tls', '      secretName: shop-cert # here'], ends: 'tls-wrong-cert', symptom: wrongName, first: ['tls-secret-missing', 'Ingress/web'] },
  { name: 'the Secret is in another namespace', wrong: ['  name: shop-tls\n  namespace: shop', '  name: shop-tls\n  namespace: default'], ends: 'tls-wrong-cert', symptom: wrongName, first: ['tls-secret-missing', 'Ingress/web'] },
]

function ask(text: string, from = 'internet', url = 'https://shop.example.com') {
  const resolve = from === 'internet' ? { resolve: { 'shop.example.com': '192.0.2.80' } } : {}
  return parseCluster([{ name: 'shop.yaml', text }]).trace({ from, to: url, ...resolve })
}

describe('the shop as it stands', () => {
  // biome-ignore format: one request a line
  test.for([
    ['internet', 'https://shop.example.com', 200],
    ['internet', 'http://shop.example.com', 308],
    ['pod/shop/client', 'http://web', 200],
    ['pod/shop/client', 'http://www.example.org', 200],
  ] as const)('%s asks for %s: %i', ([from, url, status]) => {
    const { outcomes, findings } = ask(shop, from, url)
    expect(new Set(outcomes.map(({ disposition, http }) => `${disposition} ${http?.status}`))).toEqual(new Set([`reached ${status}`]))
    expect(findings).toEqual([])
  })
})

describe('one line of it is wrong', () => {
  test.for(rows)('$name: $ends, $first.0', ({ from, url, wrong, ends, symptom, first }) => {
    const [was, is] = wrong
    expect(shop.split(was)).toHaveLength(2)
    const text = shop.replace(was, is)
    const { outcomes, findings } = ask(text, from, url)
    expect(new Set(outcomes.map(endOf))).toEqual(new Set([ends]))
    expect(new Set(outcomes.map((one) => one.symptom.text))).toEqual(new Set([symptom]))
    const [finding] = findings
    const object = finding?.objects[0]
    expect([finding?.code, `${object?.kind}/${object?.name}`]).toEqual(first)
    expect(finding?.fix).toMatch(/[a-z]{3}/)
    const lines = text.split('\n')
    const here = lines.findIndex((line) => line.includes('# here'))
    if (here >= 0) expect(lines[(object?.at?.line ?? 0) - 1]).toBe(lines[here])
    // The shop states no Node objects, so that a node's finding has no place in the file.
    else if (object?.kind !== 'Node') expect(object?.at?.file).toBe('shop.yaml')
  })
})

function endOf({ disposition, http }: ReturnType<typeof ask>['outcomes'][number]): string {
  return disposition === 'reached' ? `HTTP ${http?.status}` : disposition
}
