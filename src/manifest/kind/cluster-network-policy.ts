import { nearest } from '../../base/nearest.ts'
import type {
  ClusterNetworkPolicy,
  ClusterNetworkPolicyRule,
  DestinationPort,
} from '../../model/cluster-policy-objects.ts'
import type { Check, ClusterPolicyForm } from './cluster-policy.ts'
import { atMost, checkClusterPolicy, checkPriority, exactlyOne } from './cluster-policy.ts'
import type { KindModule } from './kind.ts'
import { demand, isPortNumber, refuse } from './kind.ts'

type Path = readonly (string | number)[]

const tiers: readonly string[] = ['Admin', 'Baseline']

/** Mirrors the validation of the CRD of policy.networking.k8s.io/v1alpha2, its experimental fields with it. */
export const clusterNetworkPolicy: KindModule<ClusterNetworkPolicy> = {
  apiVersions: ['policy.networking.k8s.io/v1alpha2'],
  schema: 'ClusterNetworkPolicy',
  namespaced: false,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const { spec } = located.object
    const check = { located, report }
    if (!spec) {
      demand(located, report, ['spec'])
      return
    }
    checkTier(check, spec.tier)
    checkPriority(check, spec.priority)
    checkClusterPolicy(check, spec, form)
  },
}

function checkTier({ located, report }: Check, tier: string | undefined): void {
  const path = ['spec', 'tier']
  if (tier === undefined || tier === '') demand(located, report, path, 'write Admin or Baseline')
  else if (!tiers.includes(tier)) {
    const near = nearest(tier, tiers)
    refuse(located, report, path, `tier "${tier}" is not one of ${tiers.join(', ')}`, near && `write ${near}`)
  }
}

const form: ClusterPolicyForm<ClusterNetworkPolicyRule> = {
  actions: ['Accept', 'Deny', 'Pass'],
  maxRules: 25,
  maxItems: 25,
  egressPeers: ['namespaces', 'pods', 'networks', 'nodes', 'domainNames'],
  checkPorts: (check, { protocols }, path) => {
    if (!protocols) return false
    const at = [...path, 'protocols']
    if (protocols.length === 0) demand(check.located, check.report, at, 'for all protocols leave it out')
    atMost(check, protocols, at, 25, 'protocols')
    for (const [index, one] of protocols.entries()) {
      exactlyOne(check, one, [...at, index], ['tcp', 'udp', 'sctp', 'destinationNamedPort'], 'a protocol')
      for (const [name, match] of Object.entries({ tcp: one.tcp, udp: one.udp, sctp: one.sctp })) {
        if (match) checkDestination(check, match.destinationPort, [...at, index, name, 'destinationPort'])
      }
    }
    return protocols.some(({ destinationNamedPort }) => destinationNamedPort !== undefined)
  },
}

function checkDestination(check: Check, port: DestinationPort | undefined, path: Path): void {
  if (port) {
    exactlyOne(check, port, path, ['number', 'range'], 'a port')
    checkNumber(check, port.number, [...path, 'number'])
    if (port.range) checkPortRange(check, port.range, [...path, 'range'])
  } else
    demand(
      check.located,
      check.report,
      path,
      'write destinationPort: { range: { start: 1, end: 65535 } } for all',
    )
}

/** Refuses a number that is no port; one that is missing is another's affair. */
export function checkNumber({ located, report }: Check, port: number | undefined, path: Path): void {
  if (port === undefined || isPortNumber(port)) return
  refuse(located, report, path, `port ${port} is not from 1 to 65535`)
}

/** Refuses a range that does not begin before it ends. */
export function checkPortRange(
  check: Check,
  { start, end }: { readonly start?: number; readonly end?: number },
  path: Path,
): void {
  const { located, report } = check
  checkNumber(check, start, [...path, 'start'])
  checkNumber(check, end, [...path, 'end'])
  if (start === undefined) demand(located, report, [...path, 'start'])
  else if (end === undefined) demand(located, report, [...path, 'end'])
  else if (start >= end) {
    const fix = start === end ? `give the number ${start} instead` : `write start: ${end}, end: ${start}`
    refuse(
      located,
      report,
      path,
      `the range begins at ${start} and ends at ${end}: start must be below end`,
      fix,
    )
  }
}
