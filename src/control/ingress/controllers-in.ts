import { byText } from '../../base/ordering.ts'
import type { Cluster, ClusterPod } from '../../model/cluster.ts'
import type { Container } from '../../model/objects.ts'
import type { Controller } from './controller.ts'
import { configMapData, flagValue } from './controller.ts'
import type { IngressProfileName } from './profile.ts'

/** A controller that runs in the cluster, with one of its pods. */
export interface RunningController extends Controller {
  readonly profile: IngressProfileName
  readonly pod: ClusterPod
  /** The container that is the controller. */
  readonly container: string
}

/** By which words of an image, or which labels, a controller is known. */
const marks: readonly {
  readonly profile: IngressProfileName
  readonly image: RegExp
  readonly labels: readonly string[]
}[] = [
  {
    profile: 'ingress-nginx',
    image: /(?:^|\/)(?:ingress-nginx\/controller(?:-chroot)?|nginx-ingress-controller)(?:[:@]|$)/,
    labels: ['ingress-nginx'],
  },
  { profile: 'traefik', image: /(?:^|\/)traefik(?:[:@]|$)/, labels: ['traefik'] },
  {
    profile: 'haproxy-ingress',
    image: /(?:^|\/)jcmoraisjr\/haproxy-ingress(?:[:@]|$)/,
    labels: ['haproxy-ingress'],
  },
  { profile: 'haproxytech', image: /(?:^|\/)haproxytech\/kubernetes-ingress(?:[:@]|$)/, labels: [] },
  {
    profile: 'alb',
    image: /(?:^|\/)aws-(?:load-balancer|alb-ingress)-controller(?:[:@]|$)/,
    labels: ['aws-load-balancer-controller'],
  },
]

/** Image names that are known not to be the controller though their labels say so: its webhook's jobs, a backend. */
const helpers = /(?:kube-webhook-certgen|defaultbackend)/

/** The Ingress controllers that run in a cluster: one entry for each pod, in the order of their names. */
export function controllersIn(cluster: Cluster): readonly RunningController[] {
  return cluster.pods
    .flatMap((pod) => controllerOf(pod, cluster) ?? [])
    .toSorted((a, b) => byText(a.label, b.label))
}

function controllerOf(pod: ClusterPod, cluster: Cluster): RunningController | undefined {
  const containers = pod.object.spec.containers ?? []
  const byImage = containers.flatMap((container) => {
    const mark = markOf(container)
    return mark ? [{ mark, container }] : []
  })
  const [found = byLabel(pod, containers)] = byImage
  if (!found) return undefined
  const args = argsOf(found.container, pod)
  const configMap = configMapData(cluster, flagValue(args, 'configmap'))
  return {
    profile: found.mark.profile,
    label: `${pod.namespace}/${pod.owner?.name ?? pod.name}`,
    namespace: pod.namespace,
    pod,
    container: found.container.name ?? '',
    args,
    ...(configMap && { configMap }),
  }
}

/** The controller that a container runs, by its image or its binary. */
export function profileOfContainer(container: Container): IngressProfileName | undefined {
  return markOf(container)?.profile
}

function markOf({ image = '', command = [], args = [] }: Container) {
  const isNginx = [...command, ...args].some((one) => one.endsWith('/nginx-ingress-controller'))
  return marks.find((mark) => mark.image.test(image) || (isNginx && mark.profile === 'ingress-nginx'))
}

/** An image of one's own registry under the labels of the project's chart. */
function byLabel(pod: ClusterPod, containers: readonly Container[]) {
  const name = pod.labels['app.kubernetes.io/name'] ?? ''
  const mark = marks.find(({ labels }) => labels.includes(name))
  const [container] = containers
  if (!mark || !container || helpers.test(container.image ?? '')) return undefined
  const component = pod.labels['app.kubernetes.io/component']
  return component === undefined || component === 'controller' ? { mark, container } : undefined
}

/** The command line, with the variables that charts set from the pod itself. */
function argsOf({ command = [], args = [] }: Container, pod: ClusterPod): readonly string[] {
  return [...command, ...args].map((one) =>
    one.replaceAll('$(POD_NAMESPACE)', pod.namespace).replaceAll('$(POD_NAME)', pod.name),
  )
}
