import type { Gateway, GatewayClass, GatewayListener, ListenerSet } from '../../model/gateway-objects.ts'
import type { Spot } from './gateway-fields.ts'
import {
  checkChoice,
  checkHostname,
  checkLength,
  checkNamespaces,
  checkPort,
  checkReference,
  checkSectionName,
  reject,
  require,
  within,
} from './gateway-fields.ts'
import type { KindModule } from './kind.ts'

/** The rules of the CustomResourceDefinitions of Gateway API 1.6: what the API server itself refuses. */
export const gatewayClass: KindModule<GatewayClass> = {
  apiVersions: ['gateway.networking.k8s.io/v1', 'gateway.networking.k8s.io/v1beta1'],
  schema: 'GatewayClass',
  namespaced: false,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const { controllerName, description, parametersRef } = located.object.spec ?? {}
    const spot: Spot = { located, report, path: ['spec'] }
    if (controllerName === undefined) require(within(spot, 'controllerName'))
    else if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(controllerName)) {
      const message = `controllerName "${controllerName}" is not of the form example.com/controller`
      reject(within(spot, 'controllerName'), message)
    }
    if ((description ?? '').length > 64) {
      reject(within(spot, 'description'), 'the description has more than 64 characters')
    }
    if (parametersRef) checkReference(within(spot, 'parametersRef'), parametersRef)
  },
}

export const gateway: KindModule<Gateway> = {
  apiVersions: ['gateway.networking.k8s.io/v1', 'gateway.networking.k8s.io/v1beta1'],
  schema: 'Gateway',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const { gatewayClassName, listeners, allowedListeners } = located.object.spec ?? {}
    const spot: Spot = { located, report, path: ['spec'] }
    if (!gatewayClassName) require(within(spot, 'gatewayClassName'))
    checkListeners(within(spot, 'listeners'), listeners)
    checkAddresses(spot, located.object)
    const allowed = ['All', 'Selector', 'Same', 'None']
    checkNamespaces(within(spot, 'allowedListeners', 'namespaces'), allowedListeners?.namespaces, allowed)
    checkTls(within(spot, 'tls'), located.object)
  },
}

function listenerSetOf(apiVersions: readonly string[]): KindModule<ListenerSet> {
  return {
    apiVersions,
    schema: 'ListenerSet',
    namespaced: true,
    names: 'dns-name',
    needsSpec: true,
    validate: (located, report) => {
      const spot: Spot = { located, report, path: ['spec'] }
      const { parentRef, listeners } = located.object.spec ?? {}
      checkReference(within(spot, 'parentRef'), parentRef)
      checkListeners(within(spot, 'listeners'), listeners)
    },
  }
}

export const listenerSet = listenerSetOf(['gateway.networking.k8s.io/v1'])

/** The same kind as it was called while it was an experiment. */
export const experimentalListenerSet = listenerSetOf(['gateway.networking.x-k8s.io/v1alpha1'])

function checkListeners(spot: Spot, listeners: readonly GatewayListener[] = []): void {
  if (listeners.length === 0) require(spot)
  checkLength(spot, listeners, 64)
  for (const [index, listener] of listeners.entries()) {
    checkListener(within(spot, index), listener)
    checkDistinct(within(spot, index), listener, listeners.slice(0, index))
  }
}

function checkListener(spot: Spot, { name, port, protocol, hostname, allowedRoutes }: GatewayListener): void {
  checkSectionName(within(spot, 'name'), name, 'needed')
  checkPort(within(spot, 'port'), port, 'needed')
  checkHostname(within(spot, 'hostname'), hostname)
  checkProtocol(within(spot, 'protocol'), protocol)
  const { namespaces, kinds } = allowedRoutes ?? {}
  checkNamespaces(within(spot, 'allowedRoutes', 'namespaces'), namespaces, ['All', 'Selector', 'Same'])
  checkLength(within(spot, 'allowedRoutes', 'kinds'), kinds, 8)
  for (const [index, { kind }] of (kinds ?? []).entries()) {
    if (!kind) require(within(spot, 'allowedRoutes', 'kinds', index, 'kind'))
  }
}

const ownProtocols = ['HTTP', 'HTTPS', 'TLS', 'TCP', 'UDP']

/** Other protocols may be a controller's own, so that only the form and the letter case of known ones are checked. */
function checkProtocol(spot: Spot, protocol: string | undefined): void {
  if (protocol === undefined || protocol === '') {
    require(spot)
    return
  }
  const near = ownProtocols.find((one) => one === protocol.toUpperCase())
  const form =
    /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9]+$/
  if (!form.test(protocol)) reject(spot, `"${protocol}" is not a protocol`)
  else if (near && near !== protocol) {
    reject(spot, `protocol "${protocol}" is not known; protocols are written in capitals`, `write ${near}`)
  }
}

/** `tls` and `hostname` go with some protocols only. */
function checkTlsOfListener(spot: Spot, { protocol = '', hostname, tls }: GatewayListener): void {
  if (['HTTP', 'TCP', 'UDP'].includes(protocol) && tls) {
    reject(within(spot, 'tls'), `a listener of protocol ${protocol} has no tls`)
  }
  if (['TCP', 'UDP'].includes(protocol) && hostname) {
    reject(within(spot, 'hostname'), `a listener of protocol ${protocol} has no hostname`)
  }
  checkChoice(within(spot, 'tls', 'mode'), tls?.mode, ['Terminate', 'Passthrough'])
  if (protocol === 'HTTPS' && tls?.mode === 'Passthrough') {
    const fix = 'use protocol: TLS and a TLSRoute'
    reject(within(spot, 'tls', 'mode'), 'a listener of protocol HTTPS ends TLS itself', fix)
  }
  if (protocol === 'TLS' && !tls) require(within(spot, 'tls'))
  checkCertificates(within(spot, 'tls'), tls)
}

/** Where TLS ends, there must be a certificate, or options of the controller's own. */
function checkCertificates(spot: Spot, tls: GatewayListener['tls']): void {
  if (!tls) return
  const { mode = 'Terminate', certificateRefs = [], options = {} } = tls
  if (mode === 'Terminate' && certificateRefs.length + Object.keys(options).length === 0) {
    require(within(spot, 'certificateRefs'), 'name the Secret of the certificate')
  }
  for (const [index, reference] of certificateRefs.entries()) {
    checkReference(within(spot, 'certificateRefs', index), reference)
  }
}

function checkDistinct(spot: Spot, listener: GatewayListener, earlier: readonly GatewayListener[]): void {
  checkTlsOfListener(spot, listener)
  const { name, port, protocol, hostname } = listener
  if (name !== undefined && earlier.some((one) => one.name === name)) {
    reject(within(spot, 'name'), `two listeners are called "${name}"`)
  }
  const twin = earlier.find(
    (one) => one.port === port && one.protocol === protocol && one.hostname === hostname,
  )
  if (twin && port !== undefined && protocol !== undefined) {
    const what = `port ${port}, protocol ${protocol} and ${hostname ? `host name ${hostname}` : 'no host name'}`
    reject(spot, `listeners ${twin.name} and ${name} both have ${what}`)
  }
}

function checkAddresses(spot: Spot, { spec }: Gateway): void {
  const addresses = spec?.addresses ?? []
  checkLength(within(spot, 'addresses'), addresses, 16)
  for (const [index, { type = 'IPAddress', value }] of addresses.entries()) {
    const at = within(spot, 'addresses', index, 'value')
    if (type === 'Hostname' && value) checkHostname(at, value)
    const twice = addresses
      .slice(0, index)
      .some((one) => (one.type ?? 'IPAddress') === type && one.value === value)
    if (value && twice && (type === 'Hostname' || type === 'IPAddress')) {
      reject(at, `${value} stands twice among the addresses`)
    }
  }
}

function checkTls(spot: Spot, { spec }: Gateway): void {
  const { backend, frontend } = spec?.tls ?? {}
  if (backend?.clientCertificateRef) {
    checkReference(within(spot, 'backend', 'clientCertificateRef'), backend.clientCertificateRef)
  }
  if (frontend && !frontend.default) require(within(spot, 'frontend', 'default'))
  const ports = frontend?.perPort ?? []
  for (const [index, { port }] of ports.entries()) {
    const at = within(spot, 'frontend', 'perPort', index, 'port')
    checkPort(at, port, 'needed')
    if (ports.slice(0, index).some((one) => one.port === port)) {
      reject(at, `TLS of port ${port} is configured twice`)
    }
  }
}
