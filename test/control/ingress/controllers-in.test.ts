import { describe, expect, test } from 'vitest'
import { controllersIn } from '../../../src/control/ingress/controllers-in.ts'
import { complete } from '../complete.ts'

interface Running {
  readonly image: string
  readonly args?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
}

function pod({ image, args = [], labels = {} }: Running): string {
  const containers = [
    { name: 'sidecar', image: 'example.com/metrics:1' },
    { name: 'main', image, args },
  ]
  const ordered = labels['app.kubernetes.io/name'] ? containers.toReversed() : containers
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'c', namespace: 'edge', labels },
    spec: { containers: ordered },
  })
}

const named = (name: string, component?: string) => ({
  'app.kubernetes.io/name': name,
  ...(component && { 'app.kubernetes.io/component': component }),
})

describe('a controller is known', () => {
  // biome-ignore format: one pod a line
  test.for([
    [{ image: 'registry.k8s.io/ingress-nginx/controller:v1.12.1@sha256:00' }, 'ingress-nginx'],
    [{ image: 'registry.k8s.io/ingress-nginx/controller-chroot:v1.12.1' }, 'ingress-nginx'],
    [{ image: 'quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.33.0' }, 'ingress-nginx'],
    [{ image: 'mirror.example.com/nginx:7', labels: named('ingress-nginx', 'controller') }, 'ingress-nginx'],
    [{ image: 'registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1', labels: named('ingress-nginx', 'admission-webhook') }, undefined],
    [{ image: 'registry.k8s.io/defaultbackend-amd64:1.5', labels: named('ingress-nginx', 'default-backend') }, undefined],
    [{ image: 'docker.io/traefik:v3.3' }, 'traefik'],
    [{ image: 'rancher/mirrored-library-traefik:3.3.6', labels: named('traefik') }, 'traefik'],
    [{ image: 'quay.io/jcmoraisjr/haproxy-ingress:v0.14' }, 'haproxy-ingress'],
    [{ image: 'haproxytech/kubernetes-ingress:3.0' }, 'haproxytech'],
    [{ image: 'public.ecr.aws/eks/aws-load-balancer-controller:v2.8.1' }, 'alb'],
    [{ image: 'nginx:1.27' }, undefined],
    [{ image: 'haproxy:3.0' }, undefined],
  ] as const satisfies readonly (readonly [Running, string | undefined])[])('%o: %s', ([running, profile]) => {
    expect(controllersIn(complete(pod(running)))[0]?.profile).toBe(profile)
  })
})

test('its flags and its ConfigMap are read, with the variables that charts set', () => {
  const configMap = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'edge' },
    data: { 'use-proxy-protocol': 'true' },
  })
  const args = ['/nginx-ingress-controller', '--configmap=$(POD_NAMESPACE)/settings', '--ingress-class=web']
  const [found] = controllersIn(
    complete(`${pod({ image: 'x/ingress-nginx/controller:v1', args })}\n---\n${configMap}`),
  )
  expect(found).toMatchObject({
    label: 'edge/c',
    namespace: 'edge',
    container: 'main',
    args: ['/nginx-ingress-controller', '--configmap=edge/settings', '--ingress-class=web'],
    configMap: { 'use-proxy-protocol': 'true' },
  })
})
