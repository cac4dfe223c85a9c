import type { HostContext, HostFirewall } from './host-firewall.ts'
import type { HostLine, TableLines } from './rule-text.ts'
import { readTableLines } from './rule-text.ts'

/** The releases with which the chains changed. */
type Layout = '20.10' | '28' | '29'

/**
 * Docker Engine with its default bridge and no container: what `iptables-save` shows after it started. 20.10 to 27
 * as recorded from 20.10.24; 28 and 29 as moby's own document of its chains (integration/network/bridge/iptablesdoc)
 * has them. The policy of FORWARD is DROP where dockerd itself switched forwarding on (setupIPForwarding), which
 * is what happens on a fresh machine. IPv6 gets chains from 27 on, and keeps its policy.
 */
export const docker: HostFirewall = (context) => {
  const { stated, family } = context
  const settings = stated.docker
  if (!settings || settings.running === false) return { shares: [] }
  const major = majorOf(context)
  const layout: Layout = major >= 29 ? '29' : major === 28 ? '28' : '20.10'
  if (family === 6 && major < 27) return { shares: [] }
  const line = (text: string): HostLine => ({ text, origin: context.origin('docker', ['docker']) })
  const userLines = (settings.user ?? []).map(
    (text, index): HostLine => ({
      text: `-A DOCKER-USER ${text.replace(/^-[AI]\s+DOCKER-USER\s+(?:\d+\s+)?/, '')}`,
      origin: context.origin('docker', ['docker', 'user', index]),
    }),
  )
  const policy = family === 4 ? policyOf(context) : 'ACCEPT'
  const own = filterLines[layout].map(line)
  const tables: TableLines = {
    filter: [line(`:FORWARD ${policy}`), ...own.filter(isDeclaration), ...userLines, ...own.filter(isRule)],
    nat: natLines(layout, family).map(line),
  }
  const { contributions, faults } = readTableLines(tables, family)
  for (const { text, diagnostic } of faults) {
    const index = userLines.findIndex((one) => one.text === text)
    if (family === 4)
      context.refuse(['docker', 'user', Math.max(index, 0)], diagnostic.message, diagnostic.fix)
  }
  return { shares: contributions.map((contribution) => ({ backend: context.backend, contribution })) }
}

const isRule = ({ text }: HostLine) => text.startsWith('-A')
const isDeclaration = ({ text }: HostLine) => !text.startsWith('-A')

function policyOf(context: HostContext): string {
  const policy = (context.stated.docker?.forwardPolicy ?? 'DROP').toUpperCase()
  if (policy === 'ACCEPT' || policy === 'DROP') return policy
  context.refuse(['docker', 'forwardPolicy'], `"${policy}" is no policy of a chain`, 'write ACCEPT or DROP')
  return 'DROP'
}

function majorOf(context: HostContext): number {
  const version = context.stated.docker?.version
  if (version === undefined) return newest
  const major = /^v?(\d+)(?:\.\d+)*$/.exec(version.trim())?.[1]
  if (major !== undefined && Number(major) >= 17) return Number(major)
  context.refuse(
    ['docker', 'version'],
    `"${version}" is no release of Docker Engine that is known`,
    'write a release such as 20.10, 28 or 29',
  )
  return newest
}

/** The release that is meant where none is stated. */
const newest = 29

const established = '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'

const filterLines: Readonly<Record<Layout, readonly string[]>> = {
  '20.10': [
    ':DOCKER -',
    '-A FORWARD -j DOCKER-USER',
    '-A FORWARD -j DOCKER-ISOLATION-STAGE-1',
    `-A FORWARD -o docker0 ${established}`,
    '-A FORWARD -o docker0 -j DOCKER',
    '-A FORWARD -i docker0 ! -o docker0 -j ACCEPT',
    '-A FORWARD -i docker0 -o docker0 -j ACCEPT',
    '-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2',
    '-A DOCKER-ISOLATION-STAGE-1 -j RETURN',
    '-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP',
    '-A DOCKER-ISOLATION-STAGE-2 -j RETURN',
    '-A DOCKER-USER -j RETURN',
  ],
  '28': [
    ':DOCKER-USER -',
    '-A FORWARD -j DOCKER-USER',
    '-A FORWARD -j DOCKER-FORWARD',
    '-A DOCKER ! -i docker0 -o docker0 -j DROP',
    '-A DOCKER-BRIDGE -o docker0 -j DOCKER',
    `-A DOCKER-CT -o docker0 ${established}`,
    '-A DOCKER-FORWARD -j DOCKER-CT',
    '-A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1',
    '-A DOCKER-FORWARD -j DOCKER-BRIDGE',
    '-A DOCKER-FORWARD -i docker0 -j ACCEPT',
    '-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2',
    '-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP',
    '-A DOCKER-USER -j RETURN',
  ],
  '29': [
    ':DOCKER-INTERNAL -',
    ':DOCKER-USER -',
    '-A FORWARD -j DOCKER-USER',
    '-A FORWARD -j DOCKER-FORWARD',
    '-A DOCKER ! -i docker0 -o docker0 -j DROP',
    '-A DOCKER-BRIDGE -o docker0 -j DOCKER',
    `-A DOCKER-CT -o docker0 ${established}`,
    '-A DOCKER-FORWARD -j DOCKER-CT',
    '-A DOCKER-FORWARD -j DOCKER-INTERNAL',
    '-A DOCKER-FORWARD -j DOCKER-BRIDGE',
    '-A DOCKER-FORWARD -i docker0 -j ACCEPT',
  ],
}

/** The default bridge has no IPv6, so that nothing is masqueraded there. */
function natLines(layout: Layout, family: 4 | 6): readonly string[] {
  const loopback = family === 4 ? '127.0.0.0/8' : '::1/128'
  return [
    ':DOCKER -',
    '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
    `-A OUTPUT ! -d ${loopback} -m addrtype --dst-type LOCAL -j DOCKER`,
    ...(family === 4 ? ['-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE'] : []),
    ...(family === 4 && layout !== '29' ? ['-A DOCKER -i docker0 -j RETURN'] : []),
  ]
}
