import type { HeaderModifier, PathModifier, RouteFilter } from '../../model/gateway-objects.ts'
import type { Spot } from './gateway-fields.ts'
import {
  checkBackend,
  checkChoice,
  checkHostname,
  checkLength,
  checkPort,
  checkReference,
  reject,
  require,
  within,
} from './gateway-fields.ts'

type FilterField = Exclude<keyof RouteFilter, 'type'>

/** The field that each type of filter is configured by. */
const fieldOf: Readonly<Record<string, FilterField>> = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  ExtensionRef: 'extensionRef',
  CORS: 'cors',
  ExternalAuth: 'externalAuth',
}

const ofGrpc = ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestMirror', 'ExtensionRef']

/** Types that may stand once among the filters of a rule or of a backend. */
const once = ['CORS', 'RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite']

/** The filters of a rule or a backend. */
export function checkFilters(spot: Spot, filters: readonly RouteFilter[] = [], grpc = false): void {
  checkLength(spot, filters, 16)
  const types = filters.map((one) => one.type)
  for (const [index, filter] of filters.entries()) {
    const at = within(spot, index)
    const { type } = filter
    checkChoice(within(at, 'type'), type, grpc ? ofGrpc : Object.keys(fieldOf), 'needed')
    checkFields(at, filter)
    checkContent(at, filter)
    if (type && once.includes(type) && types.indexOf(type) < index) {
      reject(within(at, 'type'), `a filter of type ${type} stands here already`, 'join the two into one')
    }
  }
  const redirect = types.indexOf('RequestRedirect')
  const rewrite = types.indexOf('URLRewrite')
  if (redirect >= 0 && rewrite >= 0) {
    reject(within(spot, Math.max(redirect, rewrite)), 'RequestRedirect and URLRewrite exclude each other')
  }
}

/** A filter has the field of its type, and no other. */
function checkFields(spot: Spot, filter: RouteFilter): void {
  const { type } = filter
  if (type === undefined) return
  const own = fieldOf[type]
  if (own === undefined) return
  if (filter[own] === undefined) require(within(spot, own))
  for (const field of Object.values(fieldOf)) {
    if (field !== own && filter[field] !== undefined) {
      reject(within(spot, field), `a filter of type ${type} has no ${field}`)
    }
  }
}

function checkContent(spot: Spot, filter: RouteFilter): void {
  const { requestHeaderModifier, responseHeaderModifier, requestMirror, extensionRef, externalAuth } = filter
  if (requestHeaderModifier) checkHeaders(within(spot, 'requestHeaderModifier'), requestHeaderModifier)
  if (responseHeaderModifier) checkHeaders(within(spot, 'responseHeaderModifier'), responseHeaderModifier)
  if (requestMirror) checkMirror(within(spot, 'requestMirror'), filter)
  if (extensionRef) checkReference(within(spot, 'extensionRef'), extensionRef)
  if (externalAuth) {
    checkChoice(within(spot, 'externalAuth', 'protocol'), externalAuth.protocol, ['HTTP', 'GRPC'], 'needed')
    checkBackend(within(spot, 'externalAuth', 'backendRef'), externalAuth.backendRef)
  }
  checkRedirect(within(spot, 'requestRedirect'), filter)
  if (filter.urlRewrite) {
    checkHostname(within(spot, 'urlRewrite', 'hostname'), filter.urlRewrite.hostname, false)
    checkPath(within(spot, 'urlRewrite', 'path'), filter.urlRewrite.path)
  }
  checkCors(within(spot, 'cors'), filter)
}

function checkRedirect(spot: Spot, { requestRedirect }: RouteFilter): void {
  if (!requestRedirect) return
  const { scheme, hostname, path, port, statusCode } = requestRedirect
  checkChoice(within(spot, 'scheme'), scheme, ['http', 'https'])
  checkHostname(within(spot, 'hostname'), hostname, false)
  checkPath(within(spot, 'path'), path)
  checkPort(within(spot, 'port'), port)
  if (statusCode !== undefined && ![301, 302, 303, 307, 308].includes(statusCode)) {
    reject(within(spot, 'statusCode'), `${statusCode} is not one of 301, 302, 303, 307, 308`)
  }
}

function checkPath(spot: Spot, path: PathModifier | undefined): void {
  if (!path) return
  const { type } = path
  checkChoice(within(spot, 'type'), type, ['ReplaceFullPath', 'ReplacePrefixMatch'], 'needed')
  const fields = { ReplaceFullPath: 'replaceFullPath', ReplacePrefixMatch: 'replacePrefixMatch' } as const
  for (const [of, field] of Object.entries(fields)) {
    if (type === of && path[field] === undefined) require(within(spot, field))
    if (type !== undefined && type !== of && path[field] !== undefined) {
      reject(within(spot, field), `${field} goes with type: ${of}`)
    }
  }
}

const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/

/** Names of headers and query parameters. */
export function checkHeaderName(spot: Spot, name: string | undefined): void {
  if (name === undefined || name === '') require(spot)
  else if (!token.test(name) || name.length > 256) reject(spot, `"${name}" is not the name of a header`)
}

function checkHeaders(spot: Spot, { set, add, remove }: HeaderModifier): void {
  for (const [field, list] of [
    ['set', set ?? []],
    ['add', add ?? []],
  ] as const) {
    checkLength(within(spot, field), list, 16)
    for (const [index, { name, value }] of list.entries()) {
      checkHeaderName(within(spot, field, index, 'name'), name)
      if (value === undefined) require(within(spot, field, index, 'value'))
      if (name !== undefined && list.slice(0, index).some((one) => one.name === name)) {
        reject(within(spot, field, index, 'name'), `header ${name} stands here twice`)
      }
    }
  }
  checkLength(within(spot, 'remove'), remove, 16)
}

function checkMirror(spot: Spot, { requestMirror }: RouteFilter): void {
  const { backendRef, percent, fraction } = requestMirror ?? {}
  checkBackend(within(spot, 'backendRef'), backendRef)
  if (percent !== undefined && fraction)
    reject(within(spot, 'fraction'), 'percent and fraction exclude each other')
  if (percent !== undefined && !(percent >= 0 && percent <= 100)) {
    reject(within(spot, 'percent'), `${percent} is not from 0 to 100`)
  }
  const { numerator, denominator = 100 } = fraction ?? {}
  if (fraction && numerator === undefined) require(within(spot, 'fraction', 'numerator'))
  if (numerator !== undefined && !(numerator >= 0 && denominator >= 1 && numerator <= denominator)) {
    reject(within(spot, 'fraction'), `${numerator} of ${denominator} is not a share`)
  }
}

const origin = /^\*$|^https?:\/\/((\*\.)?([a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+|\*)(:[0-9]{1,5})?$/
const corsMethods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', '*']

function checkCors(spot: Spot, { cors }: RouteFilter): void {
  if (!cors) return
  for (const field of ['allowOrigins', 'allowMethods', 'allowHeaders'] as const) {
    const list = cors[field] ?? []
    if (list.includes('*') && list.length > 1) reject(within(spot, field), `"*" stands alone in ${field}`)
  }
  for (const [index, one] of (cors.allowOrigins ?? []).entries()) {
    if (!origin.test(one))
      reject(within(spot, 'allowOrigins', index), `"${one}" is not an origin`, 'https://example.com')
  }
  for (const [index, one] of (cors.allowMethods ?? []).entries()) {
    checkChoice(within(spot, 'allowMethods', index), one, corsMethods)
  }
  if (cors.maxAge !== undefined && cors.maxAge < 1)
    reject(within(spot, 'maxAge'), 'maxAge is at least 1 second')
}
