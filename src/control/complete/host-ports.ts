import type { Container, ContainerPort, PodSpec } from '../../model/objects.ts'

/** A port of the node that a pod takes for itself. */
export interface HostPort {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

const anyAddress = '0.0.0.0'

/**
 * The node's ports that a pod needs. A host-network pod's container ports are ports of the node
 * (SetDefaults_Pod); of init containers only sidecars count.
 */
export function hostPortsOf({
  containers = [],
  initContainers = [],
  hostNetwork,
}: PodSpec): readonly HostPort[] {
  const running: readonly Container[] = [
    ...containers,
    ...initContainers.filter((one) => one.restartPolicy === 'Always'),
  ]
  const numberOf = ({ hostPort, containerPort }: ContainerPort) =>
    hostPort || (hostNetwork ? containerPort : undefined) || 0
  return running
    .flatMap((container) => container.ports ?? [])
    .map((port) => ({
      ip: port.hostIP || anyAddress,
      protocol: port.protocol ?? 'TCP',
      port: numberOf(port),
    }))
    .filter(({ port }) => port > 0)
}

/** Mirrors HostPortInfo.CheckConflict: the same port and protocol, on one address or on all. */
export function portsConflict(wanted: readonly HostPort[], taken: readonly HostPort[]): boolean {
  return wanted.some((one) =>
    taken.some(
      (other) =>
        one.port === other.port &&
        one.protocol === other.protocol &&
        (one.ip === other.ip || one.ip === anyAddress || other.ip === anyAddress),
    ),
  )
}
