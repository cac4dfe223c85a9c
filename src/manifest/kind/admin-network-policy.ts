import { nearest } from '../../base/nearest.ts'
import type {
  AdminNetworkPolicy,
  AdminNetworkPolicyPort,
  AdminNetworkPolicyRule,
  BaselineAdminNetworkPolicy,
} from '../../model/cluster-policy-objects.ts'
import { checkNumber, checkPortRange } from './cluster-network-policy.ts'
import type { Check, ClusterPolicyForm } from './cluster-policy.ts'
import { atMost, checkClusterPolicy, checkPriority, exactlyOne } from './cluster-policy.ts'
import type { KindModule } from './kind.ts'
import { demand, protocols, refuse } from './kind.ts'

type Path = readonly (string | number)[]

const apiVersions = ['policy.networking.k8s.io/v1alpha1'] as const

/** Mirrors the validation of the CRD of policy.networking.k8s.io/v1alpha1, its experimental fields with it. */
export const adminNetworkPolicy: KindModule<AdminNetworkPolicy> = {
  apiVersions,
  schema: 'AdminNetworkPolicy',
  namespaced: false,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const { spec } = located.object
    if (!spec) demand(located, report, ['spec'])
    else {
      checkPriority({ located, report }, spec.priority)
      checkClusterPolicy({ located, report }, spec, adminForm)
    }
  },
}

export const baselineAdminNetworkPolicy: KindModule<BaselineAdminNetworkPolicy> = {
  apiVersions,
  schema: 'BaselineAdminNetworkPolicy',
  namespaced: false,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const { spec, metadata } = located.object
    if (metadata.name !== undefined && metadata.name !== 'default') {
      const message = 'a cluster has one BaselineAdminNetworkPolicy, and its name is default'
      refuse(located, report, ['metadata', 'name'], message, 'write name: default')
    }
    if (!spec) demand(located, report, ['spec'])
    else checkClusterPolicy({ located, report }, spec, baselineForm)
  },
}

const adminForm: ClusterPolicyForm<AdminNetworkPolicyRule> = {
  actions: ['Allow', 'Deny', 'Pass'],
  maxRules: 100,
  maxItems: 100,
  egressPeers: ['namespaces', 'pods', 'networks', 'nodes', 'domainNames'],
  checkPorts: (check, { ports }, path) => {
    if (!ports) return false
    const at = [...path, 'ports']
    if (ports.length === 0) demand(check.located, check.report, at, 'for all ports leave it out')
    atMost(check, ports, at, 100, 'ports')
    for (const [index, port] of ports.entries()) checkPort(check, port, [...at, index])
    return ports.some(({ namedPort }) => namedPort !== undefined)
  },
}

const baselineForm: ClusterPolicyForm<AdminNetworkPolicyRule> = {
  ...adminForm,
  actions: ['Allow', 'Deny'],
  egressPeers: ['namespaces', 'pods', 'networks', 'nodes'],
}

function checkPort(check: Check, port: AdminNetworkPolicyPort, path: Path): void {
  exactlyOne(check, port, path, ['portNumber', 'portRange', 'namedPort'], 'a port')
  const { portNumber, portRange } = port
  if (portNumber) {
    checkProtocol(check, portNumber.protocol, [...path, 'portNumber', 'protocol'])
    checkNumber(check, portNumber.port, [...path, 'portNumber', 'port'])
    if (portNumber.port === undefined) demand(check.located, check.report, [...path, 'portNumber', 'port'])
  }
  if (portRange) {
    checkProtocol(check, portRange.protocol, [...path, 'portRange', 'protocol'])
    checkPortRange(check, portRange, [...path, 'portRange'])
  }
}

function checkProtocol({ located, report }: Check, protocol: string | undefined, path: Path): void {
  if (protocol === undefined || protocols.includes(protocol)) return
  const near = nearest(protocol.toUpperCase(), protocols)
  const message = `protocol "${protocol}" is not one of ${protocols.join(', ')}`
  refuse(located, report, path, message, near && `write ${near}`)
}
