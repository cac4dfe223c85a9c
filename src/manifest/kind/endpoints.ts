import type { Report } from '../../base/diagnostic.ts'
import { familyOf, isLinkLocal, isLinkLocalMulticast, isLoopback, parseIpSloppy } from '../../base/ip.ts'
import type { EndpointPort, EndpointSlice, Endpoints } from '../../model/objects.ts'
import type { Examined, KindModule } from './kind.ts'
import { demand, isDnsLabel, isPortNumber, refuse } from './kind.ts'
import { checkProtocol } from './service.ts'

type Path = readonly (string | number)[]

/** Mirrors ValidateEndpoints: addresses that could be the reader's own machine are refused. */
export const endpoints: KindModule<Endpoints> = {
  apiVersions: ['v1'],
  schema: 'Endpoints',
  namespaced: true,
  names: 'dns-name',
  validate: (located, report) => {
    for (const [index, subset] of (located.object.subsets ?? []).entries()) {
      const { addresses = [], notReadyAddresses = [], ports = [] } = subset
      if (addresses.length + notReadyAddresses.length === 0) {
        demand(located, report, ['subsets', index, 'addresses'])
      }
      for (const [at, address] of addresses.entries()) {
        checkAddress(located, report, address.ip, ['subsets', index, 'addresses', at, 'ip'])
      }
      for (const [at, address] of notReadyAddresses.entries()) {
        checkAddress(located, report, address.ip, ['subsets', index, 'notReadyAddresses', at, 'ip'])
      }
      checkPorts(located, report, ports, ['subsets', index, 'ports'], true)
    }
  },
}

export const endpointSlice: KindModule<EndpointSlice> = {
  apiVersions: ['discovery.k8s.io/v1', 'discovery.k8s.io/v1beta1'],
  schema: 'EndpointSlice',
  namespaced: true,
  names: 'dns-name',
  validate: (located, report) => {
    const { addressType, endpoints: list = [], ports = [] } = located.object
    if (!addressType) demand(located, report, ['addressType'])
    else if (!['IPv4', 'IPv6', 'FQDN'].includes(addressType)) {
      refuse(located, report, ['addressType'], `addressType "${addressType}" is not one of IPv4, IPv6, FQDN`)
    }
    for (const [index, endpoint] of list.entries()) {
      const path = ['endpoints', index, 'addresses']
      if (!endpoint.addresses?.length) demand(located, report, path)
      if (addressType === 'FQDN') continue
      for (const [at, ip] of (endpoint.addresses ?? []).entries()) {
        checkAddress(located, report, ip, [...path, at])
        checkFamily(located, report, ip, addressType, [...path, at])
      }
    }
    checkPorts(located, report, ports ?? [], ['ports'], false)
  },
}

function checkFamily(
  located: Examined<unknown>,
  report: Report,
  text: string,
  addressType: string | undefined,
  path: Path,
): void {
  const ip = parseIpSloppy(text)
  if (ip === undefined || (addressType !== 'IPv4' && addressType !== 'IPv6')) return
  if (`IPv${familyOf(ip)}` !== addressType) refuse(located, report, path, `${text} is not ${addressType}`)
}

function checkAddress(
  located: Examined<unknown>,
  report: Report,
  text: string | undefined,
  path: Path,
): void {
  const ip = text === undefined ? undefined : parseIpSloppy(text)
  if (ip === undefined) refuse(located, report, path, `"${text ?? ''}" is not an IP address`)
  else if (isLoopback(ip) || isLinkLocal(ip) || isLinkLocalMulticast(ip) || ip === 0 || ip === 0n) {
    refuse(
      located,
      report,
      path,
      `${text} may not be an endpoint: loopback, link-local and unspecified addresses are refused`,
    )
  }
}

function checkPorts(
  located: Examined<unknown>,
  report: Report,
  ports: readonly EndpointPort[],
  path: Path,
  numbered: boolean,
): void {
  const names = new Set<string>()
  for (const [index, port] of ports.entries()) {
    const at = [...path, index]
    checkNumber(located, report, port, at, numbered)
    if (port.name && !isDnsLabel(port.name)) {
      refuse(located, report, [...at, 'name'], `port name "${port.name}" is not a DNS label`)
    }
    if (ports.length > 1 && !port.name && numbered) {
      demand(located, report, [...at, 'name'], 'several ports must each have a name')
    }
    if (port.name && names.has(port.name)) {
      refuse(located, report, [...at, 'name'], `two ports are called "${port.name}"`)
    }
    if (port.name) names.add(port.name)
    checkProtocol(located, report, port.protocol, [...at, 'protocol'])
  }
}

/** An Endpoints port has a number; a slice's may have none or 0, which stands for all. */
function checkNumber(
  located: Examined<unknown>,
  report: Report,
  { port }: EndpointPort,
  at: Path,
  numbered: boolean,
): void {
  if (port === undefined || port === null) {
    if (numbered) demand(located, report, [...at, 'port'])
  } else if (!isPortNumber(port) && (numbered || port !== 0)) {
    refuse(located, report, [...at, 'port'], `port ${port} is not from 1 to 65535`)
  }
}
