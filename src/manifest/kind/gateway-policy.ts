import type { BackendTlsPolicy, ReferenceGrant } from '../../model/gateway-objects.ts'
import type { Spot } from './gateway-fields.ts'
import {
  checkChoice,
  checkHostname,
  checkLength,
  checkReference,
  reject,
  require,
  within,
} from './gateway-fields.ts'
import type { KindModule } from './kind.ts'

/** The rules of the CustomResourceDefinition of ReferenceGrant. */
export const referenceGrant: KindModule<ReferenceGrant> = {
  apiVersions: [
    'gateway.networking.k8s.io/v1beta1',
    'gateway.networking.k8s.io/v1',
    'gateway.networking.k8s.io/v1alpha2',
  ],
  schema: 'ReferenceGrant',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const spot: Spot = { located, report, path: ['spec'] }
    const { from = [], to = [] } = located.object.spec ?? {}
    if (from.length === 0) require(within(spot, 'from'))
    if (to.length === 0) require(within(spot, 'to'))
    checkLength(within(spot, 'from'), from, 16)
    checkLength(within(spot, 'to'), to, 16)
    for (const [index, { group, kind, namespace }] of from.entries()) {
      const at = within(spot, 'from', index)
      if (group === undefined) require(within(at, 'group'), 'the core group is written ""')
      if (!kind) require(within(at, 'kind'))
      if (!namespace) require(within(at, 'namespace'))
    }
    for (const [index, { group, kind }] of to.entries()) {
      const at = within(spot, 'to', index)
      if (group === undefined) require(within(at, 'group'), 'the core group is written ""')
      if (!kind) require(within(at, 'kind'))
    }
  },
}

/** The rules of the CustomResourceDefinition of BackendTLSPolicy. */
export const backendTlsPolicy: KindModule<BackendTlsPolicy> = {
  apiVersions: ['gateway.networking.k8s.io/v1', 'gateway.networking.k8s.io/v1alpha3'],
  schema: 'BackendTLSPolicy',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const spot: Spot = { located, report, path: ['spec'] }
    const { targetRefs = [], validation } = located.object.spec ?? {}
    if (targetRefs.length === 0) require(within(spot, 'targetRefs'))
    checkLength(within(spot, 'targetRefs'), targetRefs, 16)
    for (const [index, target] of targetRefs.entries())
      checkReference(within(spot, 'targetRefs', index), target)
    if (validation) checkValidation(within(spot, 'validation'), validation)
    else require(within(spot, 'validation'))
  },
}

type Validation = NonNullable<NonNullable<BackendTlsPolicy['spec']>['validation']>

function checkValidation(spot: Spot, validation: Validation): void {
  const { hostname, caCertificateRefs = [], wellKnownCACertificates, subjectAltNames = [] } = validation
  if (hostname === undefined) require(within(spot, 'hostname'))
  checkHostname(within(spot, 'hostname'), hostname, false)
  const wellKnown = (wellKnownCACertificates ?? '') !== ''
  if (caCertificateRefs.length > 0 && wellKnown) {
    reject(
      within(spot, 'wellKnownCACertificates'),
      'caCertificateRefs and wellKnownCACertificates exclude each other',
    )
  } else if (caCertificateRefs.length === 0 && !wellKnown) {
    reject(
      spot,
      'caCertificateRefs or wellKnownCACertificates must be given',
      'wellKnownCACertificates: System',
    )
  }
  checkLength(within(spot, 'subjectAltNames'), subjectAltNames, 5)
  for (const [index, { type, hostname: name, uri }] of subjectAltNames.entries()) {
    checkAltName(within(spot, 'subjectAltNames', index), { type, hostname: name, uri })
  }
}

interface AltName {
  readonly type: string | undefined
  readonly hostname: string | undefined
  readonly uri: string | undefined
}

function checkAltName(spot: Spot, { type, hostname, uri }: AltName): void {
  checkChoice(within(spot, 'type'), type, ['Hostname', 'URI'], 'needed')
  if (type === 'Hostname' && !hostname) require(within(spot, 'hostname'))
  if (type === 'URI' && !uri) require(within(spot, 'uri'))
  if (type === 'URI' && hostname) reject(within(spot, 'hostname'), 'hostname goes with type: Hostname')
  if (type === 'Hostname' && uri) reject(within(spot, 'uri'), 'uri goes with type: URI')
}
