import type { Report } from '../../base/diagnostic.ts'
import { parseCidrSloppy, parseIpSloppy } from '../../base/ip.ts'
import type { Service, ServicePort } from '../../model/objects.ts'
import type { Examined, KindModule } from './kind.ts'
import { demand, isDnsLabel, isPortName, isPortNumber, protocols, refuse } from './kind.ts'
import { checkLabels } from './labels.ts'

/** Mirrors ValidateService of pkg/apis/core/validation, as far as it can be decided from the object alone. */
export const service: KindModule<Service> = {
  apiVersions: ['v1'],
  schema: 'Service',
  namespaced: true,
  names: 'dns-label',
  validate: (located, report) => {
    const spec = located.object.spec ?? {}
    checkEnum(located, report, 'type', serviceTypes)
    checkEnum(located, report, 'sessionAffinity', ['None', 'ClientIP'])
    checkEnum(located, report, 'externalTrafficPolicy', ['Cluster', 'Local'])
    checkEnum(located, report, 'internalTrafficPolicy', ['Cluster', 'Local'])
    checkEnum(located, report, 'ipFamilyPolicy', ['SingleStack', 'PreferDualStack', 'RequireDualStack'])
    checkEnum(located, report, 'trafficDistribution', ['PreferClose', 'PreferSameZone', 'PreferSameNode'])
    checkLetter(located, report)
    checkSelector(located, report)
    if (spec.type === 'ExternalName' && !spec.externalName) demand(located, report, ['spec', 'externalName'])
    checkPorts(located, report)
    checkAddresses(located, report)
    checkAffinity(located, report)
    checkPolicies(located, report)
  },
}

const serviceTypes = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']

/** Whether what depends on the type can be judged: not, if the type itself is wrong. */
function hasKnownType({ object, faulty }: Examined<Service>): boolean {
  const { type } = object.spec ?? {}
  return !faulty(['spec', 'type']) && (!type || serviceTypes.includes(type))
}

/** RFC 1035 wants a letter first; API servers with RelaxedServiceNameValidation (KEP-5311) do not. */
function checkLetter({ ref, locate }: Examined<Service>, report: Report): void {
  if (!/^[0-9]/.test(ref.name)) return
  report(
    'invalid-value',
    `Service ${ref.name}: its name begins with a digit, which most API servers refuse`,
    {
      at: locate(['metadata', 'name']),
      object: ref,
      severity: 'warning',
      fix: 'begin it with a letter',
    },
  )
}

function checkSelector(located: Examined<Service>, report: Report): void {
  checkLabels(located, located.object.spec?.selector, ['spec', 'selector'], report)
}

type EnumField =
  | 'type'
  | 'sessionAffinity'
  | 'externalTrafficPolicy'
  | 'internalTrafficPolicy'
  | 'ipFamilyPolicy'
  | 'trafficDistribution'

function checkEnum(
  located: Examined<Service>,
  report: Report,
  field: EnumField,
  allowed: readonly string[],
): void {
  const value = located.object.spec?.[field]
  if (value === undefined || value === null || value === '' || allowed.includes(value)) return
  const near = allowed.find((one) => one.toLowerCase() === value.toLowerCase())
  refuse(
    located,
    report,
    ['spec', field],
    `spec.${field} "${value}" is not one of ${allowed.join(', ')}`,
    near && `write ${near}`,
  )
}

function checkPorts(located: Examined<Service>, report: Report): void {
  const { type, clusterIP, ports = [] } = located.object.spec ?? {}
  if (ports.length === 0 && type !== 'ExternalName' && clusterIP !== 'None' && hasKnownType(located)) {
    demand(located, report, ['spec', 'ports'])
  }
  const seen = new Map<string, number>()
  const names = new Set<string>()
  for (const [index, port] of ports.entries()) {
    checkPort(located, report, port, index, ports.length)
    if (port.name !== undefined && port.name !== '') {
      if (names.has(port.name))
        refuse(located, report, ['spec', 'ports', index, 'name'], `two ports are called "${port.name}"`)
      names.add(port.name)
    }
    const key = `${port.protocol ?? 'TCP'}/${port.port}`
    const other = seen.get(key)
    if (other !== undefined && port.port !== undefined)
      refuse(located, report, ['spec', 'ports', index], `ports ${other} and ${index} are both ${key}`)
    seen.set(key, index)
  }
}

function checkPort(
  located: Examined<Service>,
  report: Report,
  port: ServicePort,
  index: number,
  count: number,
): void {
  const at = (field: string) => ['spec', 'ports', index, field]
  if (port.port === undefined || port.port === null) {
    demand(located, report, at('port'))
  } else if (!isPortNumber(port.port)) {
    refuse(located, report, at('port'), `port ${port.port} is not from 1 to 65535`)
  }
  if (count > 1 && !port.name) {
    demand(located, report, at('name'), 'several ports must each have a name')
  }
  if (port.name && !isDnsLabel(port.name)) {
    refuse(located, report, at('name'), `port name "${port.name}" is not a DNS label`)
  }
  checkProtocol(located, report, port.protocol, at('protocol'))
  const { targetPort } = port
  if (typeof targetPort === 'number' && targetPort !== 0 && !isPortNumber(targetPort)) {
    refuse(located, report, at('targetPort'), `target port ${targetPort} is not from 1 to 65535`)
  } else if (typeof targetPort === 'string' && targetPort !== '' && !isPortName(targetPort)) {
    const fix = /^\d+$/.test(targetPort) ? `write ${targetPort} without quotes` : undefined
    refuse(
      located,
      report,
      at('targetPort'),
      `target port "${targetPort}" is neither a number nor a port name`,
      fix,
    )
  }
  if (
    port.nodePort !== undefined &&
    port.nodePort !== null &&
    port.nodePort !== 0 &&
    !isPortNumber(port.nodePort)
  ) {
    refuse(located, report, at('nodePort'), `node port ${port.nodePort} is not from 1 to 65535`)
  }
}

/** Reports a transport that Kubernetes does not have. */
export function checkProtocol(
  located: Examined<unknown>,
  report: Report,
  protocol: string | undefined,
  path: readonly (string | number)[],
): void {
  if (protocol === undefined || protocol === null || protocols.includes(protocol)) return
  const near = protocols.find((one) => one === protocol.toUpperCase())
  refuse(
    located,
    report,
    path,
    `protocol "${protocol}" is not one of ${protocols.join(', ')}`,
    near && `write ${near}`,
  )
}

function checkAddresses(located: Examined<Service>, report: Report): void {
  const { clusterIP, externalIPs = [], ipFamilies = [], type } = located.object.spec ?? {}
  checkClusterIps(located, report)
  for (const [index, ip] of externalIPs.entries())
    checkIp(located, report, ip, ['spec', 'externalIPs', index])
  for (const [index, family] of ipFamilies.entries()) {
    if (family !== 'IPv4' && family !== 'IPv6') {
      refuse(located, report, ['spec', 'ipFamilies', index], `"${family}" is neither IPv4 nor IPv6`)
    }
  }
  if (clusterIP === 'None' && (type === 'NodePort' || type === 'LoadBalancer')) {
    refuse(located, report, ['spec', 'clusterIP'], `a Service of type ${type} cannot be headless`)
  }
  checkRanges(located, report)
  checkNodePorts(located, report)
}

function checkClusterIps(located: Examined<Service>, report: Report): void {
  const { clusterIP, clusterIPs = [] } = located.object.spec ?? {}
  if (clusterIP && clusterIP !== 'None') checkIp(located, report, clusterIP, ['spec', 'clusterIP'])
  for (const [index, ip] of clusterIPs.entries()) {
    if (ip !== 'None') checkIp(located, report, ip, ['spec', 'clusterIPs', index])
  }
  if (clusterIP !== undefined && clusterIPs[0] !== undefined && clusterIP !== clusterIPs[0]) {
    refuse(located, report, ['spec', 'clusterIPs', 0], 'spec.clusterIPs[0] differs from spec.clusterIP')
  }
}

function checkRanges(located: Examined<Service>, report: Report): void {
  for (const [index, range] of (located.object.spec?.loadBalancerSourceRanges ?? []).entries()) {
    if (parseCidrSloppy(range.trim())) continue
    const message = `"${range}" is not a block such as 10.0.0.0/8`
    refuse(located, report, ['spec', 'loadBalancerSourceRanges', index], message)
  }
}

/** An ExternalName keeps a node port that it was given, for the day its type changes. */
function checkNodePorts(located: Examined<Service>, report: Report): void {
  const { type = 'ClusterIP', ports = [] } = located.object.spec ?? {}
  if (type !== 'ClusterIP' || !hasKnownType(located)) return
  for (const [index, port] of ports.entries()) {
    if (!port.nodePort) continue
    const path = ['spec', 'ports', index, 'nodePort']
    refuse(located, report, path, `a Service of type ${type} has no node ports`, 'set type: NodePort')
  }
}

function checkIp(
  located: Examined<Service>,
  report: Report,
  text: string,
  path: readonly (string | number)[],
): void {
  if (text !== '' && parseIpSloppy(text) === undefined)
    refuse(located, report, path, `"${text}" is not an IP address`)
}

function checkAffinity(located: Examined<Service>, report: Report): void {
  const { sessionAffinity, sessionAffinityConfig } = located.object.spec ?? {}
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds
  const path = ['spec', 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds']
  if (sessionAffinity === 'ClientIP' && seconds !== undefined && !(seconds >= 1 && seconds <= 86400)) {
    refuse(located, report, path, `affinity timeout ${seconds} is not from 1 to 86400 seconds`)
  }
}

function checkPolicies(located: Examined<Service>, report: Report): void {
  const {
    type,
    externalTrafficPolicy,
    externalIPs = [],
    loadBalancerSourceRanges = [],
  } = located.object.spec ?? {}
  if (!hasKnownType(located)) return
  const external = type === 'NodePort' || type === 'LoadBalancer' || externalIPs.length > 0
  if (externalTrafficPolicy && !external) {
    refuse(
      located,
      report,
      ['spec', 'externalTrafficPolicy'],
      `externalTrafficPolicy has no meaning for type ${type ?? 'ClusterIP'} without externalIPs`,
      'remove it, or set type: NodePort or LoadBalancer',
    )
  }
  if (loadBalancerSourceRanges.length > 0 && type !== 'LoadBalancer') {
    refuse(
      located,
      report,
      ['spec', 'loadBalancerSourceRanges'],
      'loadBalancerSourceRanges needs type: LoadBalancer',
    )
  }
}
