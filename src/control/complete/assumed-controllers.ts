import type { Ingress, IngressClass } from '../../model/ingress-objects.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { Deployment, Located, Service } from '../../model/objects.ts'
import { profileOfContainer } from '../ingress/controllers-in.ts'
import { ingressProfiles } from '../ingress/registry.ts'
import { assumedObject } from './assumed-object.ts'

/** An Ingress controller that stands for the one that the input lacks: its own installation's names and ports. */
interface AssumedController {
  /** `spec.controller` of its IngressClasses. */
  readonly value: string
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly image: string
  readonly args: readonly string[]
  readonly httpPort: number
  readonly httpsPort: number
  readonly address: string
}

const nginx: AssumedController = {
  value: 'k8s.io/ingress-nginx',
  namespace: 'ingress-nginx',
  name: 'ingress-nginx-controller',
  labels: { 'app.kubernetes.io/name': 'ingress-nginx', 'app.kubernetes.io/component': 'controller' },
  image: 'registry.k8s.io/ingress-nginx/controller',
  args: [
    '/nginx-ingress-controller',
    '--publish-service=ingress-nginx/ingress-nginx-controller',
    '--controller-class=k8s.io/ingress-nginx',
    '--ingress-class=nginx',
    '--watch-ingress-without-class=true',
  ],
  httpPort: 80,
  httpsPort: 443,
  address: '198.51.100.80',
}

const traefik: AssumedController = {
  value: 'traefik.io/ingress-controller',
  namespace: 'traefik',
  name: 'traefik',
  labels: { 'app.kubernetes.io/name': 'traefik' },
  image: 'docker.io/traefik',
  args: [
    '--entryPoints.web.address=:8000/tcp',
    '--entryPoints.websecure.address=:8443/tcp',
    '--entryPoints.websecure.http.tls=true',
    '--providers.kubernetesingress',
  ],
  httpPort: 8000,
  httpsPort: 8443,
  address: '198.51.100.81',
}

const haproxy: AssumedController = {
  value: 'haproxy-ingress.github.io/controller',
  namespace: 'ingress-controller',
  name: 'haproxy-ingress',
  labels: { 'app.kubernetes.io/name': 'haproxy-ingress' },
  image: 'quay.io/jcmoraisjr/haproxy-ingress',
  args: ['--watch-ingress-without-class'],
  httpPort: 80,
  httpsPort: 443,
  address: '198.51.100.82',
}

const haproxytech: AssumedController = {
  value: 'haproxy.org/ingress-controller',
  namespace: 'haproxy-controller',
  name: 'haproxy-kubernetes-ingress',
  labels: { 'app.kubernetes.io/name': 'kubernetes-ingress' },
  image: 'docker.io/haproxytech/kubernetes-ingress',
  args: [],
  httpPort: 8080,
  httpsPort: 8443,
  address: '198.51.100.83',
}

const controllers: readonly AssumedController[] = [nginx, traefik, haproxy, haproxytech]

/** Controllers of clouds: what they make stands outside the cluster. */
const cloudControllers: readonly string[] = ['ingress.k8s.aws/alb', 'k8s.io/ingress-gce']

/** Words in names of classes by which installations tell whose they are. */
const knownBy: readonly (readonly [word: string, value: string])[] = [
  ['nginx', nginx.value],
  ['traefik', traefik.value],
  ['haproxy', haproxy.value],
  ['alb', 'ingress.k8s.aws/alb'],
  ['gce', 'k8s.io/ingress-gce'],
]

/** The controller to which a class of this name usually belongs; ingress-nginx, if the name tells nothing. */
function usualController(name: string): string {
  return knownBy.find(([word]) => name.includes(word))?.[1] ?? nginx.value
}

/**
 * Controllers and classes for the Ingresses of an input that has none: a class that is named and not defined is taken
 * for that of the controller which usually has this name, else of ingress-nginx.
 */
export function withAssumedControllers(objects: ObjectsByKind): ObjectsByKind {
  if (objects.Ingress.length === 0) return objects
  const running = profilesIn(objects)
  const hasController = (value: string) =>
    Object.values(ingressProfiles).some((one) => running.has(one.name) && one.controllers.includes(value))
  const classes = [...objects.IngressClass, ...assumedClasses(objects)]
  const values = new Set(objects.Ingress.map((one) => controllerOf(one, classes, isOnGke(objects))))
  const needed = controllers.filter(({ value }) => values.has(value) && !hasController(value))
  return {
    ...objects,
    IngressClass: classes,
    Deployment: [...objects.Deployment, ...needed.map(deploymentOf)],
    Service: [...objects.Service, ...needed.map(serviceOf)],
  }
}

/** The controllers that the input's pods and workloads run. */
function profilesIn(objects: ObjectsByKind): ReadonlySet<string> {
  const specs = [
    ...objects.Pod.map(({ object }) => object.spec),
    ...[objects.Deployment, objects.DaemonSet, objects.StatefulSet, objects.ReplicaSet]
      .flat()
      .map(({ object }) => object.spec?.template?.spec),
  ]
  const containers = specs.flatMap((spec) => spec?.containers ?? [])
  return new Set(containers.flatMap((one) => profileOfContainer(one) ?? []))
}

/** An input that defines classes defines them all: a name that is not among them is a mistake. */
function assumedClasses({ Ingress: ingresses, IngressClass: known }: ObjectsByKind) {
  if (known.length > 0) return []
  const names = new Set(ingresses.flatMap(({ object }) => object.spec?.ingressClassName ?? []))
  return [...names].map((name) =>
    assumedObject<IngressClass>('IngressClass', undefined, name, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name },
      spec: { controller: usualController(name) },
    }),
  )
}

/** GKE serves those that name no class. */
function isOnGke({ Environment: [around] }: ObjectsByKind): boolean {
  return around?.object.spec?.ingressControllers?.some(({ type }) => type === 'gce') === true
}

function controllerOf(
  { object }: Located<Ingress>,
  classes: readonly Located<IngressClass>[],
  onGke: boolean,
): string {
  const name = object.spec?.ingressClassName
  const own = classes.find(({ ref }) => ref.name === name)
  if (own) return own.object.spec?.controller ?? nginx.value
  const annotated = object.metadata.annotations?.['kubernetes.io/ingress.class']
  if (onGke && name === undefined && annotated === undefined) return ''
  const value = usualController(annotated ?? '')
  return cloudControllers.includes(value) ? '' : value
}

function deploymentOf(controller: AssumedController): Located<Deployment> {
  const { namespace, name, labels, image, args, httpPort, httpsPort } = controller
  return assumedObject<Deployment>('Deployment', namespace, name, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'controller',
              image,
              args,
              ports: [
                { name: 'http', containerPort: httpPort, protocol: 'TCP' },
                { name: 'https', containerPort: httpsPort, protocol: 'TCP' },
              ],
            },
          ],
        },
      },
    },
  })
}

function serviceOf({ namespace, name, labels, address }: AssumedController): Located<Service> {
  return assumedObject<Service>('Service', namespace, name, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels },
    spec: {
      type: 'LoadBalancer',
      selector: labels,
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 'http' },
        { name: 'https', protocol: 'TCP', port: 443, targetPort: 'https' },
      ],
    },
    status: { loadBalancer: { ingress: [{ ip: address }] } },
  })
}
