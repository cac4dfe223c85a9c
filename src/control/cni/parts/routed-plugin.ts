import type { Ip } from '../../../base/ip.ts'
import { bitsOf, familyOf } from '../../../base/ip.ts'
import type { Device, Route } from '../../../model/network.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import type { Cni, CniContext, CniInput } from '../cni.ts'
import { hasPortmap, portmapRules, portmapSysctls } from '../portmap.ts'
import type { RoutedPods } from './routed-pod.ts'
import { routedNodeEnds, routedNodeRoutes, routedPod } from './routed-pod.ts'

/** A plugin whose pods are routed one by one, with portmap behind it. */
export interface RoutedPlugin {
  podsOf(context: CniContext): RoutedPods
  /** The network's name in its plugin configuration. */
  readonly network: string
  readonly portmap: boolean
  /** What leads to other nodes' pods, where the node knows. */
  routesOf?(context: CniContext): readonly Route[]
  devicesOf?(context: CniContext): readonly Device[]
  ownRules(context: CniContext, family: 4 | 6): readonly TableContribution[]
}

/** The node's and the pods' side of such a plugin. */
export function routedPlugin(
  { environment }: Pick<CniInput, 'environment'>,
  plugin: RoutedPlugin,
): Pick<Cni, 'mapsHostPorts' | 'node' | 'pod' | 'rules'> {
  const hostPorts = (node: string) => hasPortmap(environment, node, plugin.portmap)
  return {
    mapsHostPorts: hostPorts,
    node: (context) => {
      const pods = plugin.podsOf(context)
      return {
        devices: [
          ...(plugin.devicesOf?.(context) ?? []),
          ...routedNodeEnds(context.node, context.pods, pods),
        ],
        routes: [...routedNodeRoutes(context.pods, pods), ...(plugin.routesOf?.(context) ?? [])],
        sysctls: hostPorts(context.node.name) ? portmapSysctls(pods, context.pods) : {},
      }
    },
    pod: (context, pod) => routedPod(context.node, pod, plugin.podsOf(context)),
    rules: (context, family) => [
      ...plugin.ownRules(context, family),
      ...(hostPorts(context.node.name)
        ? portmapRules(
            {
              network: plugin.network,
              deviceOf: (pod) => plugin.podsOf(context).deviceOf(pod),
              bitsOf: (ip: Ip) => bitsOf(familyOf(ip)),
            },
            context.pods,
            family,
          )
        : []),
    ],
  }
}
