import type { Report } from '../../base/diagnostic.ts'
import { covers, familyOf, parseCidrSloppy } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import type { LabelSelector, Requirement } from '../../model/objects.ts'
import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  ServiceAccount,
} from '../../model/policy-objects.ts'
import type { Examined, KindModule } from './kind.ts'
import { demand, isPortName, isPortNumber, protocols, refuse } from './kind.ts'
import { blockFix } from './policy-block.ts'

type Path = readonly (string | number)[]

/** Mirrors ValidateNetworkPolicySpec of pkg/apis/networking/validation. */
export const networkPolicy: KindModule<NetworkPolicy> = {
  apiVersions: ['networking.k8s.io/v1', 'extensions/v1beta1'],
  schema: 'NetworkPolicy',
  namespaced: true,
  names: 'dns-name',
  validate: (located, report) => {
    const { podSelector, policyTypes = [], ingress = [], egress = [] } = located.object.spec ?? {}
    checkSelector(located, podSelector, ['spec', 'podSelector'], report)
    checkTypes(located, policyTypes, report)
    for (const [index, { from = [], ports = [] }] of ingress.entries()) {
      const path = ['spec', 'ingress', index]
      checkPeers(located, from, [...path, 'from'], report)
      checkPorts(located, ports, [...path, 'ports'], report)
    }
    for (const [index, { to = [], ports = [] }] of egress.entries()) {
      const path = ['spec', 'egress', index]
      checkPeers(located, to, [...path, 'to'], report)
      checkPorts(located, ports, [...path, 'ports'], report)
    }
  },
}

/** Accounts of programs; policies of some plugins select pods by them. */
export const serviceAccount: KindModule<ServiceAccount> = {
  apiVersions: ['v1'],
  schema: 'ServiceAccount',
  namespaced: true,
  names: 'dns-name',
}

const directions: readonly string[] = ['Ingress', 'Egress']

function checkTypes(located: Examined<NetworkPolicy>, types: readonly string[], report: Report): void {
  const path = ['spec', 'policyTypes']
  if (types.length > 2) {
    refuse(located, report, path, `policyTypes has ${types.length} entries; two at most`, 'write each once')
  }
  for (const [index, type] of types.entries()) {
    if (directions.includes(type)) continue
    const near = nearest(type, directions)
    const fix = near === undefined ? 'write Ingress or Egress' : `write ${near}`
    refuse(
      located,
      report,
      [...path, index],
      `policyTypes: "${type}" is not one of ${directions.join(', ')}`,
      fix,
    )
  }
}

function checkPeers(
  located: Examined<NetworkPolicy>,
  peers: readonly NetworkPolicyPeer[],
  path: Path,
  report: Report,
): void {
  for (const [index, peer] of peers.entries()) checkPeer(located, peer, [...path, index], report)
}

function checkPeer(
  located: Examined<NetworkPolicy>,
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  path: Path,
  report: Report,
): void {
  if (!podSelector && !namespaceSelector && !ipBlock) {
    const fix = 'give it a podSelector, a namespaceSelector or an ipBlock; for everybody leave the list out'
    refuse(located, report, path, 'a peer must say whom it means', fix)
    return
  }
  if (ipBlock && (podSelector || namespaceSelector)) {
    const fix = 'make two peers of it'
    refuse(located, report, path, 'a peer is an ipBlock or selectors, not both', fix)
  }
  checkSelector(located, podSelector, [...path, 'podSelector'], report)
  checkSelector(located, namespaceSelector, [...path, 'namespaceSelector'], report)
  if (ipBlock) checkBlock(located, ipBlock, [...path, 'ipBlock'], report)
}

function checkBlock(
  located: Examined<NetworkPolicy>,
  { cidr: text, except = [] }: NonNullable<NetworkPolicyPeer['ipBlock']>,
  path: Path,
  report: Report,
): void {
  if (text === undefined || text === '') {
    demand(located, report, [...path, 'cidr'], 'write a block such as 10.0.0.0/8')
    return
  }
  const cidr = parseCidrSloppy(text)
  if (!cidr) {
    refuse(located, report, [...path, 'cidr'], `"${text}" is no block such as 10.0.0.0/8`, blockFix(text))
    return
  }
  for (const [index, one] of except.entries()) {
    const at = [...path, 'except', index]
    const part = parseCidrSloppy(one)
    if (!part) refuse(located, report, at, `"${one}" is no block such as 10.0.0.0/8`, blockFix(one))
    else if (familyOf(part.first) !== familyOf(cidr.first) || part.bits <= cidr.bits || !covers(cidr, part)) {
      refuse(located, report, at, `${one} is not a part of ${text}`, 'except takes parts of the block alone')
    }
  }
}

function checkPorts(
  located: Examined<NetworkPolicy>,
  ports: readonly NetworkPolicyPort[],
  path: Path,
  report: Report,
): void {
  for (const [index, port] of ports.entries()) checkPort(located, port, [...path, index], report)
}

function checkPort(
  located: Examined<NetworkPolicy>,
  { protocol, port, endPort }: NetworkPolicyPort,
  path: Path,
  report: Report,
): void {
  if (protocol !== undefined && !protocols.includes(protocol)) {
    const near = nearest(protocol.toUpperCase(), protocols)
    const message = `protocol "${protocol}" is not one of ${protocols.join(', ')}`
    refuse(located, report, [...path, 'protocol'], message, near && `write ${near}`)
  }
  if (typeof port === 'number' && !isPortNumber(port)) {
    refuse(located, report, [...path, 'port'], `port ${port} is not from 1 to 65535`)
  } else if (typeof port === 'string' && !isPortName(port)) {
    const fix = /^\d+$/.test(port) ? `write port: ${port}, without quotes` : undefined
    refuse(located, report, [...path, 'port'], `"${port}" is not the name of a port`, fix)
  }
  if (endPort !== undefined) checkRange(located, { port, endPort }, path, report)
}

function checkRange(
  located: Examined<NetworkPolicy>,
  { port, endPort }: { readonly port: number | string | undefined; readonly endPort: number },
  path: Path,
  report: Report,
): void {
  const at = [...path, 'endPort']
  if (typeof port !== 'number') {
    refuse(located, report, at, 'endPort needs a port that is a number', 'give the first port of the range')
  } else if (!isPortNumber(endPort)) {
    refuse(located, report, at, `endPort ${endPort} is not from 1 to 65535`)
  } else if (endPort < port) {
    refuse(
      located,
      report,
      at,
      `endPort ${endPort} is below port ${port}`,
      `write port: ${endPort}, endPort: ${port}`,
    )
  }
}

const operators: readonly string[] = ['In', 'NotIn', 'Exists', 'DoesNotExist']

/** A label selector. Mirrors ValidateLabelSelector of k8s.io/apimachinery. */
export function checkSelector(
  located: Examined<unknown>,
  selector: LabelSelector | undefined,
  path: Path,
  report: Report,
): void {
  for (const [index, requirement] of (selector?.matchExpressions ?? []).entries()) {
    checkRequirement(located, requirement, [...path, 'matchExpressions', index], report)
  }
}

function checkRequirement(
  located: Examined<unknown>,
  { key, operator, values = [] }: Requirement,
  at: Path,
  report: Report,
): void {
  if (key === undefined || key === '') demand(located, report, [...at, 'key'])
  if (operator === undefined || !operators.includes(operator)) {
    const near = operator === undefined ? undefined : nearest(operator, operators)
    const message = `operator "${operator ?? ''}" is not one of ${operators.join(', ')}`
    refuse(located, report, [...at, 'operator'], message, near && `write ${near}`)
    return
  }
  const takesValues = operator === 'In' || operator === 'NotIn'
  if (takesValues && values.length === 0) {
    refuse(located, report, [...at, 'values'], `${operator} needs values`, 'list at least one')
  } else if (!takesValues && values.length > 0) {
    refuse(located, report, [...at, 'values'], `${operator} takes no values`, 'remove them')
  }
}
