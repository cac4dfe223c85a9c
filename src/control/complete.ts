import type { Checked } from '../base/diagnostic.ts'
import { collectDiagnostics } from '../base/diagnostic.ts'
import type { Assumption, Cluster, ClusterNamespace } from '../model/cluster.ts'
import type { ObjectsByKind } from '../model/kinds.ts'
import { assumeSurroundings } from './complete/assumed-surroundings.ts'
import { chooseBalancers, completeBalancers } from './complete/balancers.ts'
import { assumeCloudProxies } from './complete/cloud-proxies.ts'
import { chooseCni, cniObjects } from './complete/cni.ts'
import type { CompleteOptions } from './complete/completion.ts'
import { beginCompletion } from './complete/completion.ts'
import { completeEndpointSlices, orphanEndpoints } from './complete/endpoint-slices.ts'
import { readEnvironment, reportUnreadFields } from './complete/environment.ts'
import { checkEnvironmentNetwork } from './complete/environment-network.ts'
import { checkEnvironmentReferences } from './complete/environment-references.ts'
import { checkEnvironmentValues } from './complete/environment-values.ts'
import { gatewayApiObjects, gatewayApiRefs } from './complete/gateway-objects.ts'
import { idleWorkloads } from './complete/idle-workloads.ts'
import { completeIngresses, completeSecrets } from './complete/ingresses.ts'
import { nodeSettings } from './complete/node-settings.ts'
import { completeNodes } from './complete/nodes.ts'
import { withPodBlocks } from './complete/plugin-blocks.ts'
import { finishPods } from './complete/pods.ts'
import { policyObjects } from './complete/policy-objects.ts'
import { checkReferences } from './complete/references.ts'
import { schedulePods } from './complete/scheduling.ts'
import { withServiceLb } from './complete/service-lb.ts'
import { completeServices } from './complete/services.ts'
import { completeSettings } from './complete/settings.ts'
import { assumeSystemObjects, kubernetesSlices, withSystemObjects } from './complete/system-objects.ts'
import { completePods } from './complete/workloads.ts'
import { proxyModes } from './proxy/registry.ts'

/**
 * What a cluster's controllers would make of the objects: nodes, pods, placement, addresses, node ports and
 * EndpointSlices. Deterministic: the same objects give the same cluster, and one object more moves no other.
 */
export function completeCluster(given: ObjectsByKind, options: CompleteOptions = {}): Checked<Cluster> {
  const { report, diagnostics } = collectDiagnostics()
  const assumptions: Assumption[] = []
  const environment = readEnvironment(given)
  const first = beginCompletion(given, options, report, assumptions)
  const cni = chooseCni(first, environment)
  reportUnreadFields(given, cni.environmentFields, report)
  const settings = completeSettings(first, environment, cni)
  const objects = withSystemObjects(given, settings)
  assumeSystemObjects(first, given, objects)
  const completion = { ...first, objects }
  if (!proxyModes[settings.kubeProxy.mode]) {
    report(
      'proxy-mode-not-modelled',
      `kube-proxy's mode ${settings.kubeProxy.mode} is not modelled; traffic to Services is unknown`,
    )
  }
  const nodes = withPodBlocks(completeNodes(completion, settings), cni.cni, objects, settings)
  const namespaces = completeNamespaces(objects)
  const labels = new Map(namespaces.map((one) => [one.name, one.labels]))
  const choices = chooseBalancers(completion, nodes, environment)
  const drafts = completePods(
    { ...completion, objects: withServiceLb(objects, choices, nodes) },
    nodes.map((node) => node.name),
  )
  const pods = finishPods(completion, schedulePods(completion, drafts, nodes, labels), nodes)
  const services = completeServices(completion, settings)
  checkReferences(completion, services)
  checkEnvironmentReferences(completion, { nodes, pods })
  checkEnvironmentNetwork(completion, environment, { nodes, pods })
  checkEnvironmentValues(completion, environment, { nodes, services })
  const slices = completeEndpointSlices(completion, {
    services,
    pods,
    nodes,
    minorVersion: settings.minorVersion,
  })
  const endpointSlices = [...slices, ...kubernetesSlices(objects, services, nodes, slices)]
  const balancing = { choices, nodes, pods, endpointSlices, environment }
  const balanced = completeBalancers(completion, services, balancing)
  assumeSurroundings(completion, { nodes, pods, services: balanced, environment })
  const around = nodeSettings(completion, environment, nodes)
  const value: Cluster = {
    settings,
    namespaces,
    nodes,
    pods,
    services: balanced,
    endpointSlices,
    ingresses: completeIngresses(completion),
    ingressClasses: objects.IngressClass,
    secrets: completeSecrets(completion, environment),
    configMaps: objects.ConfigMap,
    gatewayApi: gatewayApiObjects(objects),
    cniObjects: cniObjects(objects),
    policies: policyObjects(objects),
    orphanEndpoints: orphanEndpoints(objects, services),
    idleWorkloads: idleWorkloads(objects, pods),
    ...around,
    ...(objects.Environment[0] && { environmentSource: objects.Environment[0] }),
    assumptions,
  }
  assumeCloudProxies(completion, value)
  return { value, diagnostics }
}

/** The namespaces of the input, and those that its objects are in. */
function completeNamespaces(objects: ObjectsByKind): readonly ClusterNamespace[] {
  const stated = new Map(objects.Namespace.map((one) => [one.ref.name, one]))
  const used = [
    ...objects.Pod,
    ...objects.Service,
    ...objects.Deployment,
    ...objects.StatefulSet,
    ...objects.DaemonSet,
    ...objects.Ingress,
    ...objects.Secret,
    ...objects.ConfigMap,
    ...gatewayApiRefs(objects),
    ...objects.CiliumNetworkPolicy,
    ...objects.NetworkPolicy,
  ]
  const names = new Set([
    ...stated.keys(),
    'default',
    'kube-system',
    ...used.map((one) => one.ref.namespace ?? 'default'),
  ])
  return [...names].toSorted().map((name) => {
    const located = stated.get(name)
    const labels = { 'kubernetes.io/metadata.name': name, ...located?.object.metadata.labels }
    return { name, labels, ...(located && { ref: located.ref }) }
  })
}
