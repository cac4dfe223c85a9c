import { expect, test } from 'vitest'
import { parseCluster } from '../../src/index.ts'

const manifests = (type: string, status = '') => `
apiVersion: v1
kind: Pod
metadata: {name: nginx, labels: {app: nginx}}
spec: {containers: [{name: c, image: 'registry.k8s.io/ingress-nginx/controller:v1.12.0', ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: nginx}
spec: {type: ${type}, selector: {app: nginx}, ports: [{port: 80}]}
${status}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}, rules: [{host: shop.example.com}]}
`
const given = 'status: {loadBalancer: {ingress: [{ip: 192.0.2.7}]}}'

// A name cannot have been entered into a DNS while there is no address to enter.
test.each([
  ['LoadBalancer', '', 'shop.example.com', 'no-address', 'ingress-without-address'],
  ['LoadBalancer', given, 'shop.example.com', 'reached', undefined],
  ['LoadBalancer', '', 'other.example.com', 'reached', undefined],
  ['NodePort', '', 'shop.example.com', 'reached', undefined],
])('controller behind a %s (%s): %s is %s', (type, status, host, disposition, code) => {
  const cluster = parseCluster([{ name: 'a.yaml', text: manifests(type, status) }])
  const { outcomes, findings } = cluster.trace({ from: 'internet', to: `http://${host}/` })
  expect(new Set(outcomes.map((one) => one.disposition))).toEqual(new Set([disposition]))
  if (code === 'ingress-without-address') {
    expect(findings[0]?.code).toBe(code)
    expect(findings[0]?.objects[0]).toMatchObject({ kind: 'Service', name: 'nginx' })
  } else {
    expect(findings.map((one) => one.code)).not.toContain('ingress-without-address')
  }
})
