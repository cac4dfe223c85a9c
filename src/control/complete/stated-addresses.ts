import type { Ip } from '../../base/ip.ts'
import { parseIpSloppy } from '../../base/ip.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { Located, Node, Pod } from '../../model/objects.ts'

/** The addresses that a pod's status states. */
export function statedPodIps({ status }: Pod): Ip[] {
  const texts = status?.podIPs?.length ? status.podIPs.map((one) => one.ip) : [status?.podIP]
  return texts.flatMap((text) => {
    const ip = text ? parseIpSloppy(text) : undefined
    return ip === undefined ? [] : [ip]
  })
}

/** Pods of a dump that have a node and a network of their own. */
export function dumpedPods({ Pod: pods }: ObjectsByKind): readonly Located<Pod>[] {
  return pods.filter(
    ({ object }) =>
      object.metadata.uid !== undefined &&
      object.spec.nodeName &&
      !object.spec.hostNetwork &&
      object.status?.phase !== 'Succeeded' &&
      object.status?.phase !== 'Failed',
  )
}

/** The addresses of one type that a node's status states. */
export function statedNodeIps(source: Located<Node> | undefined, type: 'InternalIP' | 'ExternalIP'): Ip[] {
  return (source?.object.status?.addresses ?? [])
    .filter((one) => one.type === type)
    .map((one) => parseIpSloppy(one.address ?? ''))
    .filter((ip) => ip !== undefined)
}
