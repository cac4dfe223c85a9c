import type { Report } from '../../base/diagnostic.ts'
import { parseIpSloppy } from '../../base/ip.ts'
import type { Container, ContainerPort, Pod, PodSpec } from '../../model/objects.ts'
import { formatPath } from '../schema/path.ts'
import type { Examined, KindModule } from './kind.ts'
import { demand, isPortName, isPortNumber, refuse } from './kind.ts'
import { checkPodDns } from './pod-dns.ts'
import { checkProtocol } from './service.ts'

export const pod: KindModule<Pod> = {
  apiVersions: ['v1'],
  schema: 'Pod',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    checkPodSpec(located, report, located.object.spec, ['spec'])
    const { podIP, podIPs = [] } = located.object.status ?? {}
    if (podIP && parseIpSloppy(podIP) === undefined) {
      refuse(located, report, ['status', 'podIP'], `"${podIP}" is not an IP address`)
    }
    for (const [index, { ip }] of podIPs.entries()) {
      if (ip && parseIpSloppy(ip) === undefined) {
        refuse(located, report, ['status', 'podIPs', index, 'ip'], `"${ip}" is not an IP address`)
      }
    }
  },
}

type Path = readonly (string | number)[]

/** Checks what of a pod's specification reaches the network: its containers' ports. */
export function checkPodSpec(
  located: Examined<unknown>,
  report: Report,
  spec: PodSpec | undefined,
  path: Path,
): void {
  if (!spec) {
    demand(located, report, path)
    return
  }
  noteUnmodelled(located, report, spec, path)
  checkPodDns(located, report, spec, path)
  const containers = spec.containers ?? []
  if (containers.length === 0) demand(located, report, [...path, 'containers'])
  const names = new Set<string>()
  for (const [index, container] of containers.entries()) {
    checkContainer(located, report, container, [...path, 'containers', index], names)
  }
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    checkContainer(located, report, container, [...path, 'initContainers', index], names)
  }
}

/** Fields of a pod that real components read and kubewalk does not, and what it does instead. */
const unmodelled: readonly (readonly [field: string, effect: string])[] = [
  ['schedulingGates', 'the pod is scheduled at once'],
  ['topologySpreadConstraints', 'pods are spread evenly over the nodes'],
]

/** Says once for each object and field that something is not modelled; where a pod runs is no question if it says so. */
function noteUnmodelled(located: Examined<unknown>, report: Report, spec: PodSpec, path: Path): void {
  const note = (field: Path, effect: string) =>
    report(
      'field-not-modelled',
      `${located.ref.kind} ${located.ref.name}: ${formatPath(field)} is not modelled; ${effect}`,
      {
        at: located.locate(field),
        object: located.ref,
      },
    )
  const placed = spec.nodeName !== undefined && spec.nodeName !== ''
  for (const [field, effect] of unmodelled) {
    const value: unknown = spec[field as keyof PodSpec]
    const given = Array.isArray(value) ? value.length > 0 : value !== undefined
    if (given && !(placed && (field === 'schedulingGates' || field === 'topologySpreadConstraints')))
      note([...path, field], effect)
  }
}

function checkContainer(
  located: Examined<unknown>,
  report: Report,
  container: Container,
  path: Path,
  names: Set<string>,
): void {
  if (container.name && names.has(container.name)) {
    refuse(located, report, [...path, 'name'], `two containers are called "${container.name}"`)
  }
  if (container.name) names.add(container.name)
  const portNames = new Set<string>()
  for (const [index, port] of (container.ports ?? []).entries()) {
    checkContainerPort(located, report, port, [...path, 'ports', index])
    if (port.name && portNames.has(port.name)) {
      refuse(located, report, [...path, 'ports', index, 'name'], `two ports are called "${port.name}"`)
    }
    if (port.name) portNames.add(port.name)
  }
}

function checkContainerPort(
  located: Examined<unknown>,
  report: Report,
  port: ContainerPort,
  path: Path,
): void {
  const { containerPort, hostPort, name } = port
  if (containerPort === undefined || containerPort === null) {
    demand(located, report, [...path, 'containerPort'])
  } else if (!isPortNumber(containerPort)) {
    refuse(
      located,
      report,
      [...path, 'containerPort'],
      `container port ${containerPort} is not from 1 to 65535`,
    )
  }
  if (hostPort && !isPortNumber(hostPort)) {
    refuse(located, report, [...path, 'hostPort'], `host port ${hostPort} is not from 1 to 65535`)
  }
  if (name && !isPortName(name)) {
    const rule = 'at most 15 of a-z, 0-9 and -, with a letter'
    refuse(located, report, [...path, 'name'], `"${name}" is no port name: ${rule}`)
  }
  checkProtocol(located, report, port.protocol, [...path, 'protocol'])
}
