import { formatIp, parseIp } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import type { Environment, UpstreamName } from '../../model/environment.ts'
import { statedRcodes } from '../outside-dns.ts'
import type { Completion } from './completion.ts'
import type { EnvironmentPath } from './environment-place.ts'
import { tellOfEnvironment } from './environment-place.ts'

/** C libraries whose resolvers are modelled. */
const libcs: readonly string[] = ['glibc', 'musl']

/** What the Environment says of resolvers and name servers, and cannot be read. */
export function checkEnvironmentDns(completion: Completion, environment: Environment): void {
  const { nodes = {}, kubelet = {}, resolver, upstreamDNS = {} } = environment
  for (const [node, { resolv }] of Object.entries(nodes)) {
    checkServers(completion, ['nodes', node, 'resolv', 'nameservers'], resolv?.nameservers)
  }
  for (const [node, { clusterDNS }] of Object.entries(kubelet)) {
    checkServers(completion, ['kubelet', node, 'clusterDNS'], clusterDNS)
  }
  const libc = resolver?.libc
  if (libc !== undefined && !libcs.includes(libc)) {
    tellOfEnvironment(
      completion,
      'invalid-setting',
      ['resolver', 'libc'],
      `is "${libc}", and only the resolvers of glibc and musl are modelled`,
      { fix: 'write glibc or musl' },
    )
  }
  for (const [server, names] of Object.entries(upstreamDNS)) {
    if (server !== 'default' && parseIp(server) === undefined) {
      const fix = 'write an address such as 192.0.2.53, or default for all name servers outside'
      tellOfEnvironment(completion, 'invalid-setting', ['upstreamDNS', server], 'is no address', { fix })
    }
    for (const [name, what] of Object.entries(names))
      checkName(completion, ['upstreamDNS', server, name], what)
  }
}

function checkServers(
  completion: Completion,
  path: EnvironmentPath,
  servers: readonly string[] | undefined,
): void {
  for (const [index, text] of (servers ?? []).entries()) checkAddress(completion, [...path, index], text)
}

function checkAddress(completion: Completion, path: EnvironmentPath, text: unknown): void {
  const example = path.includes('AAAA') ? formatIp(0x20010db8_00000000_00000000_00000035n) : '192.0.2.53'
  if (typeof text === 'string' && parseIp(text) !== undefined) return
  const said = typeof text === 'string' ? `"${text}"` : JSON.stringify(text)
  tellOfEnvironment(completion, 'invalid-setting', path, `is ${said}, which is no IP address`, {
    fix: `write one such as ${example}`,
  })
}

function checkName(completion: Completion, path: EnvironmentPath, what: UpstreamName): void {
  const { rcode, answers } = what
  if (rcode !== undefined && !statedRcodes.includes(rcode.toUpperCase())) {
    const near = nearest(rcode.toUpperCase(), statedRcodes)
    tellOfEnvironment(
      completion,
      'invalid-setting',
      [...path, 'rcode'],
      `is "${rcode}", which is no answer`,
      {
        fix: near === undefined ? `write one of ${statedRcodes.join(', ')}` : `did you mean ${near}?`,
      },
    )
  }
  if (answers !== undefined && answers.length > 0) {
    const fix = 'write records under their type: A: 192.0.2.1'
    tellOfEnvironment(completion, 'field-not-modelled', [...path, 'answers'], 'is not read', { fix })
  }
  for (const type of ['A', 'AAAA']) {
    const value = what[type]
    if (Array.isArray(value)) checkServers(completion, [...path, type], value)
    else if (value !== undefined) checkAddress(completion, [...path, type], value)
  }
}
