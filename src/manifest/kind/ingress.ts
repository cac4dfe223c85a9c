import type { Report } from '../../base/diagnostic.ts'
import { parseIpSloppy } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import type { Ingress, IngressBackend, IngressPath } from '../../model/ingress-objects.ts'

import type { Examined, KindModule } from './kind.ts'
import { demand, isDnsLabel, isDnsName, isPortName, isPortNumber, refuse } from './kind.ts'
import { fromOldApi } from './old-ingress.ts'

type Path = readonly (string | number)[]

const oldVersions = ['networking.k8s.io/v1beta1', 'extensions/v1beta1']

/** Mirrors ValidateIngressCreate of pkg/apis/networking/validation. */
export const ingress: KindModule<Ingress> = {
  apiVersions: ['networking.k8s.io/v1', ...oldVersions],
  schema: 'Ingress',
  schemaOf: Object.fromEntries(oldVersions.map((version) => [version, 'OldIngress'])),
  namespaced: true,
  names: 'dns-name',
  convert: (located) => {
    const examined = located as Examined<Ingress>
    return oldVersions.includes(examined.object.apiVersion ?? '') ? fromOldApi(located) : examined
  },
  validate: (located, report) => {
    const { rules = [], defaultBackend } = located.object.spec ?? {}
    if (rules.length === 0 && !defaultBackend && !located.faulty(['spec', 'rules'])) {
      const message = 'neither rules nor a default backend; it would serve nothing'
      refuse(located, report, ['spec'], message, 'give it rules, or a defaultBackend')
    }
    if (defaultBackend) checkBackend(located, defaultBackend, ['spec', 'defaultBackend'], report)
    for (const [index, rule] of rules.entries()) {
      const path = ['spec', 'rules', index]
      if (rule.host) checkRuleHost(located, rule.host, [...path, 'host'], report)
      if (rule.http) checkPaths(located, rule.http.paths ?? [], [...path, 'http', 'paths'], report)
    }
    checkTls(located, report)
    checkClass(located, report)
  },
}

function checkRuleHost(located: Examined<Ingress>, host: string, path: Path, report: Report): void {
  if (parseIpSloppy(host) !== undefined) {
    refuse(
      located,
      report,
      path,
      `host ${host} is an address; it must be a DNS name`,
      'leave host out for any',
    )
    return
  }
  checkHost(located, host, path, report)
}

/** A DNS name, whose first label alone may be a star. */
function checkHost(located: Examined<Ingress>, host: string, path: Path, report: Report): void {
  const name = host.startsWith('*.') ? host.slice(2) : host
  if (isDnsName(name)) return
  refuse(located, report, path, `host "${host}" is not a DNS name`, hostFix(host))
}

function hostFix(host: string): string {
  const scheme = /^[a-z]+:\/\//.exec(host)?.[0] ?? ''
  const bare = host
    .slice(scheme.length)
    .replace(/[/:].*$/, '')
    .toLowerCase()
  if (host === '*') return 'leave host out, which stands for any'
  if (host.includes('*')) return 'a star may only be the whole first label, as in *.example.com'
  return isDnsName(bare) ? `write ${bare}` : 'use a-z, 0-9, - and .'
}

function checkPaths(
  located: Examined<Ingress>,
  paths: readonly IngressPath[],
  path: Path,
  report: Report,
): void {
  if (paths.length === 0) demand(located, report, path, 'give it a path, or leave http out')
  for (const [index, one] of paths.entries()) checkPath(located, one, [...path, index], report)
}

const pathTypes = ['Exact', 'Prefix', 'ImplementationSpecific']

function checkPath(located: Examined<Ingress>, one: IngressPath, at: Path, report: Report): void {
  const { pathType, path = '', backend = {} } = one
  if (pathType === undefined) {
    demand(located, report, [...at, 'pathType'], 'write pathType: Prefix')
  } else if (!pathTypes.includes(pathType)) {
    const near = nearest(pathType, pathTypes)
    const message = `pathType "${pathType}" is not one of ${pathTypes.join(', ')}`
    refuse(located, report, [...at, 'pathType'], message, near && `write ${near}`)
  } else {
    const problem = pathProblem(pathType, path)
    if (problem) refuse(located, report, [...at, 'path'], `path "${path}" ${problem.what}`, problem.fix)
  }
  checkBackend(located, backend, [...at, 'backend'], report)
}

const forbiddenParts = ['//', '/./', '/../', '%2f', '%2F']
const forbiddenEnds = ['/..', '/.']

function pathProblem(
  pathType: string,
  path: string,
): { readonly what: string; readonly fix?: string } | undefined {
  const isFree = pathType === 'ImplementationSpecific'
  if (!path.startsWith('/') && !(isFree && path === '')) {
    return { what: 'does not begin with a slash', fix: `write /${path}` }
  }
  if (isFree) return undefined
  const part = forbiddenParts.find((one) => path.includes(one))
  if (part) return { what: `may not contain ${part} if its type is ${pathType}` }
  const end = forbiddenEnds.find((one) => path.endsWith(one))
  return end === undefined ? undefined : { what: `may not end in ${end} if its type is ${pathType}` }
}

function checkBackend(located: Examined<Ingress>, backend: IngressBackend, path: Path, report: Report): void {
  const { service, resource } = backend
  if (service && resource) {
    refuse(located, report, path, 'a backend is a service or a resource, not both', 'remove one of them')
  } else if (resource) {
    if (!resource.kind) demand(located, report, [...path, 'resource', 'kind'])
    if (!resource.name) demand(located, report, [...path, 'resource', 'name'])
  } else if (service) checkServiceBackend(located, service, [...path, 'service'], report)
  else if (!located.faulty([...path, 'service'])) {
    refuse(located, report, path, 'a backend needs a service or a resource', 'name the Service and its port')
  }
}

function checkServiceBackend(
  located: Examined<Ingress>,
  { name = '', port = {} }: NonNullable<IngressBackend['service']>,
  path: Path,
  report: Report,
): void {
  if (name === '') demand(located, report, [...path, 'name'])
  else if (!isDnsLabel(name)) {
    refuse(located, report, [...path, 'name'], `"${name}" is not the name of a Service`)
  }
  const at = [...path, 'port']
  if (port.name && port.number) {
    refuse(located, report, at, 'a port is given by name or by number, not by both', 'remove one of them')
  } else if (port.name) {
    if (isPortName(port.name)) return
    const fix = /^\d+$/.test(port.name) ? `write number: ${port.name}` : undefined
    refuse(located, report, [...at, 'name'], `"${port.name}" is not a port's name`, fix)
  } else if (port.number) {
    if (isPortNumber(port.number)) return
    refuse(located, report, [...at, 'number'], `port ${port.number} is not from 1 to 65535`)
  } else demand(located, report, at, 'give the name or the number of a port of the Service')
}

function checkTls(located: Examined<Ingress>, report: Report): void {
  for (const [index, { hosts = [], secretName = '' }] of (located.object.spec?.tls ?? []).entries()) {
    const path = ['spec', 'tls', index]
    for (const [at, host] of hosts.entries()) checkHost(located, host, [...path, 'hosts', at], report)
    if (secretName !== '' && !isDnsName(secretName)) {
      refuse(located, report, [...path, 'secretName'], `"${secretName}" is not the name of a Secret`)
    }
  }
}

/** On creation both ways to name the class must agree. */
function checkClass(located: Examined<Ingress>, report: Report): void {
  const { metadata, spec } = located.object
  const { ingressClassName } = spec ?? {}
  const old = metadata.annotations?.['kubernetes.io/ingress.class']
  if (ingressClassName !== undefined && !isDnsName(ingressClassName)) {
    refuse(located, report, ['spec', 'ingressClassName'], `"${ingressClassName}" is not the name of a class`)
  }
  if (metadata.uid !== undefined || old === undefined || ingressClassName === undefined) return
  if (old === ingressClassName) return
  refuse(
    located,
    report,
    ['metadata', 'annotations', 'kubernetes.io/ingress.class'],
    `the annotation says class "${old}" and spec.ingressClassName "${ingressClassName}"`,
    'remove the annotation',
  )
}
