import { describe, expect, test } from 'vitest'
import { parseCluster } from '../../src/index.ts'

const shop = `
apiVersion: v1
kind: Pod
metadata: {name: web-0, labels: {app: web}}
spec: {containers: [{name: c, image: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.example.com], secretName: shop-tls}]
  rules: [{host: shop.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
`
const secret = (name: string) => `
---
apiVersion: v1
kind: Secret
metadata: {name: ${name}}
type: kubernetes.io/tls
data: {tls.crt: "", tls.key: ""}
`

describe('Secrets that are not kept beside the manifests', () => {
  test.each([
    { title: 'none in the input: taken to be there', more: '', ends: 'reached', assumed: true },
    { title: 'the one that is named', more: secret('shop-tls'), ends: 'reached', assumed: false },
    {
      title: 'another one alone: it is missing',
      more: secret('other'),
      ends: 'tls-wrong-cert',
      assumed: false,
    },
  ])('$title', ({ more, ends, assumed }) => {
    const cluster = parseCluster([{ name: 'shop.yaml', text: shop + more }])
    const { outcomes } = cluster.trace({ from: 'internet', to: 'https://shop.example.com/' })
    expect(outcomes.map((one) => one.disposition)).toEqual(outcomes.map(() => ends))
    const texts = cluster.cluster.assumptions.map(({ text }) => text)
    expect(texts.includes('Secret default/shop-tls holds a certificate that fits')).toBe(assumed)
  })
})
