import type { Report } from '../../base/diagnostic.ts'
import { parseIpSloppy } from '../../base/ip.ts'
import type { PodDnsConfig, PodSpec } from '../../model/objects.ts'
import type { Examined } from './kind.ts'
import { demand, isDnsName, refuse } from './kind.ts'

type Path = readonly (string | number)[]

const policies: readonly string[] = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']

/** The limits of the API server (pkg/apis/core/validation), the same as the kubelet's. */
const limits = { nameservers: 3, searches: 32, characters: 2048 }

/**
 * Checks how a pod resolves names, as validateDNSPolicy, validatePodDNSConfig and ValidateHostAliases of
 * pkg/apis/core/validation do; search domains as from 1.33, with underscores and a lone dot.
 */
export function checkPodDns(located: Examined<unknown>, report: Report, spec: PodSpec, path: Path): void {
  const { dnsPolicy, dnsConfig, hostAliases = [] } = spec
  if (dnsPolicy && !policies.includes(dnsPolicy)) {
    const message = `DNS policy "${dnsPolicy}" is none of ${policies.join(', ')}`
    refuse(located, report, [...path, 'dnsPolicy'], message)
  }
  const nameless = dnsPolicy === 'None' && (dnsConfig?.nameservers ?? []).length === 0
  if (nameless) {
    const fix = 'name at least one server: with dnsPolicy None the pod has no other'
    demand(located, report, [...path, 'dnsConfig', ...(dnsConfig ? ['nameservers'] : [])], fix)
  } else if (dnsConfig) {
    checkDnsConfig(located, report, dnsConfig, [...path, 'dnsConfig'])
  }
  for (const [index, { ip = '', hostnames = [] }] of hostAliases.entries()) {
    const alias = [...path, 'hostAliases', index]
    checkAddress(located, report, ip, [...alias, 'ip'])
    for (const [position, name] of hostnames.entries()) {
      if (isDnsName(name)) continue
      const message = `"${name}" is no host name: lower-case letters, digits, - and . are`
      refuse(located, report, [...alias, 'hostnames', position], message)
    }
  }
}

function checkDnsConfig(located: Examined<unknown>, report: Report, config: PodDnsConfig, path: Path): void {
  const { nameservers = [], searches = [], options = [] } = config
  if (nameservers.length > limits.nameservers) {
    const message = `${nameservers.length} name servers are more than ${limits.nameservers}`
    refuse(located, report, [...path, 'nameservers'], message)
  }
  for (const [index, server] of nameservers.entries()) {
    checkAddress(located, report, server, [...path, 'nameservers', index])
  }
  checkSearches(located, report, searches, [...path, 'searches'])
  for (const [index, { name }] of options.entries()) {
    if (!name) demand(located, report, [...path, 'options', index, 'name'])
  }
}

function checkSearches(
  located: Examined<unknown>,
  report: Report,
  searches: readonly string[],
  path: Path,
): void {
  if (searches.length > limits.searches) {
    refuse(located, report, path, `${searches.length} search domains are more than ${limits.searches}`)
  }
  const { length } = searches.join(' ')
  if (length > limits.characters) {
    refuse(located, report, path, `the search list has ${length} characters, more than ${limits.characters}`)
  }
  for (const [index, domain] of searches.entries()) {
    if (isSearchDomain(domain)) continue
    const message = `"${domain}" is no search domain: lower-case letters, digits, -, _ and . are`
    refuse(located, report, [...path, index], message)
  }
}

function isSearchDomain(domain: string): boolean {
  if (domain === '.') return true
  const name = domain.endsWith('.') ? domain.slice(0, -1) : domain
  return (
    name.length <= 253 && name.split('.').every((part) => /^[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?$/.test(part))
  )
}

function checkAddress(located: Examined<unknown>, report: Report, text: string, path: Path): void {
  if (parseIpSloppy(text) !== undefined) return
  refuse(located, report, path, text === '' ? 'an IP address is missing' : `"${text}" is not an IP address`)
}
