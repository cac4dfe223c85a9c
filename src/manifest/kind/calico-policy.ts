import type {
  CalicoNetworkPolicy,
  CalicoPolicySpec,
  CalicoTier,
  GlobalNetworkPolicy,
  HostEndpoint,
  NetworkSet,
  StagedPolicy,
} from '../../model/calico-policy-objects.ts'
import { calicoApiVersions as apiVersions } from './calico.ts'
import { checkCalicoRule } from './calico-rule.ts'
import type { Check } from './calico-values.ts'
import { checkNets, checkOneOf, checkSelectorText } from './calico-values.ts'
import type { KindModule } from './kind.ts'
import { demand, refuse } from './kind.ts'

/** Mirrors validateNetworkPolicySpec of libcalico-go/lib/validator/v3. */
export const calicoNetworkPolicy: KindModule<CalicoNetworkPolicy> = {
  kind: 'NetworkPolicy',
  apiVersions,
  schema: 'CalicoNetworkPolicy',
  namespaced: true,
  names: 'dns-name',
  validate: (located, report) => checkSpec({ located, report }, located.object.spec ?? {}),
}

/** Mirrors validateGlobalNetworkPolicy. */
export const globalNetworkPolicy: KindModule<GlobalNetworkPolicy> = {
  apiVersions,
  schema: 'GlobalNetworkPolicy',
  namespaced: false,
  names: 'dns-name',
  validate: (located, report) => {
    const spec = located.object.spec ?? {}
    const check = { located, report }
    checkSpec(check, spec)
    checkSelectorText(check, spec.namespaceSelector, ['spec', 'namespaceSelector'])
    const { doNotTrack, preDNAT, applyOnForward } = spec
    if (doNotTrack || preDNAT) {
      const field = doNotTrack ? 'doNotTrack' : 'preDNAT'
      const message = `GlobalNetworkPolicy ${located.ref.name}: ${field} is about interfaces of nodes, whose policies are not modelled`
      const at = located.locate(['spec', field])
      report('field-not-modelled', message, { at, object: located.ref, fix: 'it has no effect on pods' })
    }
    if (doNotTrack && preDNAT) {
      const message = 'a policy is one before translation or one without tracking, not both'
      refuse(located, report, ['spec', 'preDNAT'], message, 'make two policies of it')
    }
    if ((doNotTrack || preDNAT) && !applyOnForward) {
      const field = doNotTrack ? 'doNotTrack' : 'preDNAT'
      const message = `${field} needs applyOnForward: true`
      refuse(located, report, ['spec', field], message, 'write applyOnForward: true')
    }
    if (preDNAT && (spec.egress ?? []).length > 0) {
      const message = 'a policy before translation has no egress rules'
      refuse(located, report, ['spec', 'egress'], message, 'remove them')
    }
  },
}

const directions = ['Ingress', 'Egress']

function checkSpec(check: Check, spec: CalicoPolicySpec): void {
  const { selector, serviceAccountSelector, types = [], ingress = [], egress = [] } = spec
  checkSelectorText(check, selector, ['spec', 'selector'])
  checkSelectorText(check, serviceAccountSelector, ['spec', 'serviceAccountSelector'])
  for (const [index, type] of types.entries()) {
    checkOneOf(check, type, directions, ['spec', 'types', index])
    if (types.indexOf(type) < index)
      refuse(check.located, check.report, ['spec', 'types', index], `"${type}" stands there twice`)
  }
  for (const [index, rule] of ingress.entries()) checkCalicoRule(check, rule, ['spec', 'ingress', index])
  for (const [index, rule] of egress.entries()) checkCalicoRule(check, rule, ['spec', 'egress', index])
}

export const networkSet: KindModule<NetworkSet> = {
  apiVersions,
  schema: 'NetworkSet',
  namespaced: true,
  names: 'dns-name',
  validate: (located, report) =>
    checkNets({ located, report }, located.object.spec?.nets, ['spec', 'nets'], 'or-address'),
}

export const globalNetworkSet: KindModule<NetworkSet> = { ...networkSet, namespaced: false }

export const hostEndpoint: KindModule<HostEndpoint> = {
  apiVersions,
  schema: 'HostEndpoint',
  namespaced: false,
  names: 'dns-name',
  validate: (located, report) => {
    const { node = '', interfaceName = '', expectedIPs = [] } = located.object.spec ?? {}
    if (node === '') demand(located, report, ['spec', 'node'], 'name the node that it is on')
    if (interfaceName === '' && expectedIPs.length === 0) {
      const fix = 'write interfaceName: "*" for all interfaces of the node'
      demand(located, report, ['spec', 'interfaceName'], fix)
    }
    const message = `HostEndpoint ${located.ref.name}: policies at interfaces of nodes are not modelled`
    const at = located.locate(['kind'])
    const fix = 'take what nodes themselves send and receive as if there were no such policies'
    report('field-not-modelled', message, { at, object: located.ref, fix })
  },
}

const tierActions = ['Deny', 'Pass']

/** Mirrors validateTier: the tiers that Calico makes itself are as they are. */
export const calicoTier: KindModule<CalicoTier> = {
  kind: 'Tier',
  apiVersions,
  schema: 'CalicoTier',
  namespaced: false,
  names: 'dns-label',
  validate: (located, report) => {
    const { order, defaultAction } = located.object.spec ?? {}
    const check = { located, report }
    if (defaultAction !== undefined) checkOneOf(check, defaultAction, tierActions, ['spec', 'defaultAction'])
    if (located.ref.name === 'default' && order !== undefined && order !== 1_000_000) {
      const message = 'the tier default has the order 1000000'
      refuse(located, report, ['spec', 'order'], message, 'leave order out')
    }
  },
}

function staged(namespaced: boolean): KindModule<StagedPolicy> {
  return {
    apiVersions,
    schema: 'StagedPolicy',
    namespaced,
    names: 'dns-name',
    validate: (located, report) => {
      report('field-not-modelled', `${located.ref.kind} ${located.ref.name} is prepared and has no effect`, {
        at: located.locate(['kind']),
        object: located.ref,
        fix: `write kind: ${located.ref.kind.replace('Staged', '')} for it to count`,
      })
    },
  }
}

export const stagedNetworkPolicy = staged(true)
export const stagedKubernetesNetworkPolicy = staged(true)
export const stagedGlobalNetworkPolicy = staged(false)
