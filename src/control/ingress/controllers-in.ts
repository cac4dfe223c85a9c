import type { Cluster, ClusterPod } from '../../model/cluster.ts'
import type { Container } from '../../model/objects.ts'
import { isAlive } from '../pod-namespace.ts'
import type { Controller } from './controller.ts'
import { configMapData, flagValue } from './controller.ts'
import type { IngressProfileName } from './profile.ts'

/** A pod that runs an Ingress controller. */
export interface RunningController {
  readonly profile: IngressProfileName
  readonly controller: Controller & { readonly pod: ClusterPod }
}

/** How each controller is recognised: by the image that it runs. */
const images: readonly (readonly [image: RegExp, profile: IngressProfileName])[] = [
  [/(?:^|\/)ingress-nginx\/controller(?:-chroot)?(?:[:@]|$)/, 'ingress-nginx'],
  [/(?:^|\/)(?:ingress-nginx-controller|nginx-ingress-controller)(?:[:@]|$)/, 'ingress-nginx'],
  [/(?:^|\/)haproxytech\/kubernetes-ingress(?:[:@]|$)/, 'haproxytech'],
  [/(?:^|\/)haproxy-ingress(?:[:@]|$)/, 'haproxy-ingress'],
  [/(?:^|\/)(?:rancher\/mirrored-library-)?traefik(?:[:@]|$)/, 'traefik'],
]

/** Where the image says nothing: the binary that is run, or the label that installations put on it. */
const labels: Readonly<Record<string, IngressProfileName>> = {
  'ingress-nginx': 'ingress-nginx',
  traefik: 'traefik',
  'haproxy-ingress': 'haproxy-ingress',
}

/** The Ingress controllers that run in the cluster, in the order of its pods. */
export function controllersIn(cluster: Cluster): readonly RunningController[] {
  return cluster.pods.filter(isAlive).flatMap((pod): readonly RunningController[] => {
    const found = profileOf(pod)
    return found ? [{ profile: found.profile, controller: controllerOf(cluster, pod, found.args) }] : []
  })
}

function profileOf(pod: ClusterPod) {
  for (const container of pod.object.spec.containers ?? []) {
    const profile = profileOfContainer(container)
    if (profile) return { profile, args: [...(container.command ?? []), ...(container.args ?? [])] }
  }
  const label = labels[pod.labels['app.kubernetes.io/name'] ?? '']
  const isController = (pod.labels['app.kubernetes.io/component'] ?? 'controller') === 'controller'
  return label && isController ? { profile: label, args: argsOf(pod) } : undefined
}

/** The controller that a container runs, if it is one. */
export function profileOfContainer({ image = '', args = [], command = [] }: Container) {
  const known = images.find(([pattern]) => pattern.test(image))?.[1]
  const isNginx = [...command, ...args].some((one) => one.endsWith('nginx-ingress-controller'))
  return known ?? (isNginx ? ('ingress-nginx' as const) : undefined)
}

function argsOf({ object }: ClusterPod): readonly string[] {
  return (object.spec.containers ?? []).flatMap(({ command = [], args = [] }) => [...command, ...args])
}

function controllerOf(cluster: Cluster, pod: ClusterPod, written: readonly string[]) {
  const args = written.map((one) =>
    one.replaceAll('$(POD_NAMESPACE)', pod.namespace).replaceAll('$(POD_NAME)', pod.name),
  )
  const configMap = configMapData(cluster, flagValue(args, 'configmap'))
  return {
    label: `${pod.namespace}/${pod.name}`,
    namespace: pod.namespace,
    args,
    pod,
    ...(configMap && { configMap }),
  }
}
