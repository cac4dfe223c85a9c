import { formatCidr, formatIp } from '../base/ip.ts'
import type { Endpoint, Party } from './endpoint.ts'
import type { PolicyEngine } from './engine.ts'
import type { LabelMiss } from './label-expression.ts'
import { missesOf } from './label-expression.ts'
import { matchesEndpoints, matchesPeer, selects } from './match.ts'
import type { Miss } from './miss.ts'
import type { EndpointSelector, IpBlock, Path, Peer } from './policy.ts'
import { endpointName, partyName } from './words.ts'

/** An end of a packet, the other end, and who judges: what a peer is compared with. */
export interface PeerQuestion {
  readonly party: Party
  readonly other: Party
  readonly engine: PolicyEngine
}

/** Everything in which an end of a packet is not the peer; nothing, if it is. */
export function missesOfPeer(peer: Peer, question: PeerQuestion): readonly Miss[] {
  const { party, other, engine } = question
  if (matchesPeer(peer, party, other, engine)) return []
  const { endpoints, notEndpoints, blocks, notBlocks, entities, notEntities } = peer
  return [
    ...(endpoints ? missesOfSelector(endpoints, party, peer.path) : []),
    ...(notEndpoints && party.endpoint && selects(notEndpoints, party.endpoint)
      ? [leftOut(partyName(party), notEndpoints.labelsPath ?? peer.path)]
      : []),
    ...(blocks && !isPeer({ path: peer.path, blocks }, question)
      ? [missOfBlocks(blocks, peer, question)]
      : []),
    ...(notBlocks && isPeer({ path: peer.path, blocks: notBlocks }, question)
      ? [leftOut(formatIp(party.ip), notBlocks[0]?.path ?? peer.path)]
      : []),
    ...(entities && !isPeer({ path: peer.path, entities }, question)
      ? [entityMiss(entities.join(' or '), party, peer.path)]
      : []),
    ...(notEntities && isPeer({ path: peer.path, entities: notEntities }, question)
      ? [leftOut(partyName(party), peer.path)]
      : []),
  ]
}

function isPeer(peer: Peer, { party, other, engine }: PeerQuestion): boolean {
  return matchesPeer(peer, party, other, engine)
}

function leftOut(name: string, path: Path): Miss {
  return { type: 'left-out', text: `${name} is among those that the rule leaves out`, path }
}

function entityMiss(names: string, party: Party, path: Path): Miss {
  return { type: 'entity', text: `${partyName(party)} is not ${names}`, path }
}

/** Selectors know endpoints alone; of those, the wrong kind, the wrong namespace, and every label that is off. */
function missesOfSelector(
  selector: EndpointSelector,
  { ip, endpoint }: Party,
  peerPath: Path,
): readonly Miss[] {
  const { types = ['pod'], labels, labelsPath } = selector
  const path = labelsPath ?? selector.namespacePath ?? peerPath
  if (!endpoint || !types.includes(endpoint.type)) return [noEndpoint(formatIp(ip), endpoint, path)]
  const name = endpointName(endpoint)
  return [
    ...missesOfNamespace(selector, endpoint, peerPath),
    ...missesOf(labels, endpoint.labels).map(
      (miss): Miss => ({
        type: 'label',
        text: labelText(miss, name),
        path: labelsPath ?? peerPath,
        label: miss,
      }),
    ),
    ...(selects({ types, labels: { type: 'all', of: [] }, ...accountsOf(selector) }, endpoint)
      ? []
      : [accountMiss(endpoint, peerPath)]),
  ]
}

function accountsOf({ serviceAccounts }: EndpointSelector): Pick<EndpointSelector, 'serviceAccounts'> {
  return serviceAccounts ? { serviceAccounts } : {}
}

function accountMiss({ serviceAccount = '' }: Endpoint, path: Path): Miss {
  return {
    type: 'service-account',
    text: `the rule wants another service account than ${serviceAccount}`,
    path,
  }
}

function noEndpoint(address: string, endpoint: Endpoint | undefined, path: Path): Miss {
  const text = endpoint
    ? `${address} is ${endpointName(endpoint)}, no pod: selectors never match ${endpoint.type === 'node' ? 'nodes' : 'it'}`
    : `${address} is no pod's address: selectors never match it`
  return { type: 'no-endpoint', text, path }
}

function missesOfNamespace(
  { namespace, namespacePath }: EndpointSelector,
  endpoint: Endpoint,
  peerPath: Path,
): readonly Miss[] {
  const path = namespacePath ?? peerPath
  if (namespace === undefined || endpoint.namespace === namespace) return []
  if (endpoint.namespace === undefined)
    return [{ type: 'namespace', text: `${endpointName(endpoint)} is in no namespace`, path }]
  if (typeof namespace === 'string') {
    const text = `it selects pods of namespace ${namespace} alone, without a namespaceSelector, and ${endpointName(endpoint)} is in ${endpoint.namespace}`
    return [{ type: 'namespace', text, path }]
  }
  const name = `namespace ${endpoint.namespace}`
  return missesOf(namespace, endpoint.namespaceLabels).map(
    (miss): Miss => ({ type: 'namespace-label', text: namespaceText(miss, name), path, label: miss }),
  )
}

function labelText({ key, is, wanted, condition }: LabelMiss, name: string): string {
  if (key === '') return `nothing fulfils ${condition}`
  const now = is === undefined ? `${name} has none` : `${name} has \`${key}=${is}\``
  if (wanted === undefined)
    return `would match without label \`${key}\` (${now}, and \`${condition}\` is asked)`
  return `would match if \`${key}\` were \`${wanted}\` (${now})`
}

function namespaceText({ key, is, wanted, condition }: LabelMiss, name: string): string {
  if (key === '') return `nothing fulfils ${condition}`
  if (wanted === undefined)
    return `would match if ${name} had no label \`${key}=${is ?? ''}\` (\`${condition}\` is asked)`
  const now = is === undefined ? '' : ` (it has \`${key}=${is}\`)`
  return `${name} lacks label \`${condition}\`${now}`
}

/** At most this many blocks are named. */
const named = 3

function missOfBlocks(blocks: readonly IpBlock[], { path }: Peer, { party, engine }: PeerQuestion): Miss {
  const address = formatIp(party.ip)
  const first = blocks[0]?.path ?? path
  if (party.endpoint && !matchesEndpoints(engine, party.endpoint)) {
    const text = `${address} is ${endpointName(party.endpoint)}: blocks never match it under ${engine.name}`
    return { type: 'block', text, path: first }
  }
  for (const block of blocks) {
    const [index, except] = exceptionWith(block, { party, engine })
    if (except !== undefined) {
      return {
        type: 'except',
        text: `${address} is in except ${except}`,
        path: [...block.path, 'except', index],
      }
    }
  }
  const list = blocks.slice(0, named).map(({ cidr }) => formatCidr(cidr))
  const more = blocks.length > named ? ` and ${blocks.length - named} more` : ''
  const whose = party.endpoint ? ` (${endpointName(party.endpoint)})` : ''
  if (list.length === 0) return { type: 'block', text: 'the block is none that anything is in', path }
  return { type: 'block', text: `${address}${whose} is not in ${list.join(', ')}${more}`, path: first }
}

/** The exception that takes the address out of the block, and which of them it is. */
function exceptionWith(
  { cidr, except, path }: IpBlock,
  { party, engine }: Pick<PeerQuestion, 'party' | 'engine'>,
): readonly [index: number, text?: string] {
  const holds = (one: IpBlock['cidr']) =>
    matchesPeer({ path, blocks: [{ cidr: one, except: [], path }] }, party, party, engine)
  if (!holds(cidr)) return [0]
  const index = except.findIndex(holds)
  const found = except[index]
  return found ? [index, formatCidr(found)] : [0]
}
