import { expect, test } from 'vitest'
import { balancedCluster } from '../../support/balancers.ts'

/** Both ends must agree, and only a balancer on the way puts a header before the connection. */

const digitalOcean = { 'service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol': 'true' }
const byName = [{ hostname: 'web.lb.example.org' }]

const configMap = (value: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'ingress-nginx-controller' },
  data: { 'use-proxy-protocol': value },
})

const controller = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'nginx', labels: { app: 'web', 'app.kubernetes.io/name': 'ingress-nginx' } },
  spec: {
    nodeName: 'n1',
    containers: [
      { name: 'c', image: 'registry.k8s.io/ingress-nginx/controller', ports: [{ containerPort: 8080 }] },
    ],
  },
  status: { phase: 'Running', podIP: '10.244.1.6', conditions: [{ type: 'Ready', status: 'True' }] },
}

// biome-ignore format: one row a line
test.for([
  { name: 'sent and expected', annotations: digitalOcean, ingress: byName, expects: 'true', from: '198.51.100.7', message: undefined },
  { name: 'neither', annotations: {}, ingress: [{ ip: '203.0.113.9', ipMode: 'Proxy' }], expects: 'false', from: '198.51.100.7', message: undefined },
  { name: 'sent and not expected', annotations: digitalOcean, ingress: byName, expects: 'false', from: '198.51.100.7', message: 'begins each connection with a PROXY protocol header (version 1)' },
  { name: 'expected and not sent', annotations: {}, ingress: byName, expects: 'true', from: '198.51.100.7', message: 'the load balancer of Service web sends none' },
  { name: 'from inside, out by the name and back', annotations: digitalOcean, ingress: byName, expects: 'true', from: 'pod/c2', message: undefined },
  // kube-proxy takes the address at once (KEP-1860): the header is missing.
  { name: 'from inside, short-circuited', annotations: digitalOcean, ingress: [{ ip: '203.0.113.9' }], expects: 'true', from: 'pod/c2', message: 'this way does not pass the load balancer' },
  { name: 'from inside, with ipMode Proxy', annotations: digitalOcean, ingress: [{ ip: '203.0.113.9', ipMode: 'Proxy' }], expects: 'true', from: 'pod/c2', message: undefined },
  { name: 'an NLB, version 2', annotations: { 'service.beta.kubernetes.io/aws-load-balancer-type': 'external', 'service.beta.kubernetes.io/aws-load-balancer-proxy-protocol': '*' }, ingress: byName, expects: 'false', from: '198.51.100.7', message: '(version 2)' },
  { name: 'an NLB, by the target group', annotations: { 'service.beta.kubernetes.io/aws-load-balancer-type': 'external', 'service.beta.kubernetes.io/aws-load-balancer-target-group-attributes': 'proxy_protocol_v2.enabled=true' }, ingress: byName, expects: 'false', from: '198.51.100.7', message: '(version 2)' },
])('$name', ({ annotations, ingress, expects, from, message }) => {
  const more = [controller, configMap(expects)]
  const cluster = balancedCluster({ annotations, ingress, withoutPods: true, more })
  const { findings, outcomes } = cluster.trace({ from, to: 'loadBalancer(default/web):80' })
  expect(outcomes.every(({ disposition }) => disposition === 'reached')).toBe(true)
  expect(findings.map(({ code }) => code)).toEqual(message === undefined ? [] : ['proxy-protocol-mismatch'])
  expect(findings[0]?.message ?? '').toContain(message ?? '')
})

test('an application that is no ingress controller is not judged', () => {
  const cluster = balancedCluster({ annotations: digitalOcean, ingress: byName })
  expect(cluster.trace({ from: '198.51.100.7', to: 'loadBalancer(default/web):80' }).findings).toEqual([])
})
