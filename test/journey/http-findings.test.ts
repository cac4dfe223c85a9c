import { expect, test } from 'vitest'
import { parseCluster } from '../../src/index.ts'

/** The line that a finding names is the one that somebody has to change. */
const shop = `\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: wrong}
spec:
  selector: {app: web}
  ports:
    - port: 80
      targetPort: 9090
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  rules:
    - host: www.shop.example
      http:
        paths:
          - path: /cart
            pathType: Prefix
            backend:
              service:
                name: web
                port: {name: htpp}
          - path: /
            pathType: Prefix
            backend:
              service:
                name: web
                port: {number: 80}
    - host: api.shop.example
      http:
        paths:
          - path: /v1
            pathType: Exact
            backend:
              service:
                name: wbe
                port: {number: 80}
          - path: /wrong
            pathType: Exact
            backend:
              service:
                name: wrong
                port: {number: 80}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door}
spec:
  gatewayClassName: any
  listeners:
    - name: https
      port: 443
      protocol: HTTPS
      hostname: "*.door.example"
      tls:
        certificateRefs:
          - name: missing
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: door}
spec:
  parentRefs: [{name: door}]
  hostnames: [www.door.example]
  rules:
    - backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Secret
metadata: {name: other}
`

// biome-ignore format: one request a line
test.for([
  { url: 'http://www.shop.example/',      ends: 200 },
  { url: 'http://ww.shop.example/',       ends: 404,       code: 'no-route-matches',          line: '- host: www.shop.example', says: 'the nearest is for www.shop.example' },
  { url: 'http://shop.shop.example/x',    ends: 404,       code: 'no-route-matches',          line: '- host: api.shop.example', says: 'it serves api.shop.example, www.shop.example' },
  { url: 'http://api.shop.example/v1/',   ends: 404,       code: 'no-route-matches',          line: '- path: /v1', says: 'the nearest is Exact /v1: a slash at the end counts' },
  { url: 'http://api.shop.example/V1',    ends: 404,       code: 'no-route-matches',          line: '- path: /v1', says: 'upper and lower case count' },
  { url: 'http://api.shop.example/v1',    ends: 503,       code: 'backend-service-missing',   line: 'name: wbe', says: 'there is one called web' },
  { url: 'http://www.shop.example/cart',  ends: 503,       code: 'backend-port-missing',      line: 'port: {name: htpp}', says: 'it has http (80)' },
  { url: 'http://api.shop.example/wrong', ends: 502,       code: 'target-port-not-listening', line: 'targetPort: 9090', says: 'it listens on 8080' },
  { url: 'https://www.door.example/',     ends: 'refused', code: 'route-not-taken',           line: '- name: missing', says: 'there is no Secret default/missing' },
])('$url', ({ url, ends, code, line, says }) => {
  const journey = parseCluster([{ name: 'shop.yaml', text: shop }]).trace({ from: 'internet', to: url })
  for (const { http, disposition } of journey.outcomes) expect(http?.status ?? disposition).toBe(ends)
  const [first] = journey.findings
  const at = first?.objects[0]?.at?.line
  const found = at === undefined ? undefined : shop.split('\n')[at - 1]?.trim()
  expect({ code: first?.code, line: found }).toEqual({ code, line })
  if (says !== undefined) expect(first?.message).toContain(says)
})

test('ingress-nginx gives up an endpoint that refuses for one that does not', () => {
  const bad =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: bad, labels: {app: web}}\nspec: {containers: [{name: a}]}\n'
  const listener =
    'apiVersion: kubewalk.dev/v1alpha1\nkind: Environment\nmetadata: {name: e}\nspec: {listeners: [{pod: default/bad, port: null}]}\n'
  const text = [shop, bad, listener].join('---\n')
  const { outcomes } = parseCluster([{ name: 'shop.yaml', text }]).trace({
    from: 'internet',
    to: 'http://www.shop.example/',
  })
  expect(outcomes.length).toBeGreaterThan(0)
  for (const { http, destination } of outcomes) {
    expect(http?.status).toBe(200)
    expect(destination?.name).not.toBe('bad')
  }
})
