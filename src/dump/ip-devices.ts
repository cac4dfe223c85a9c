import type { DumpText } from './dump-text.ts'
import { recollect } from './dump-text.ts'
import type { Entry, Field, NamedField } from './entry.ts'
import { entryOf } from './entry.ts'
import type { Line, Word } from './lines.ts'
import { wordsOf } from './lines.ts'

/** The first line of a device: `3: veth1a2b@if2: <BROADCAST,UP> mtu 1450 … master cni0 …`. */
const header = /^(\d+):\s+([^\s@]+?)(?:@([^\s:]+))?:\s+<([^>]*)>/

/** The kinds of device whose details stand behind their name in a line of `ip -d link`. */
const kinds = new Set(
  'veth bridge vxlan geneve ipip sit gre gretap ip6gre ip6gretap ip6tnl erspan dummy wireguard vlan macvlan macvtap ipvlan ipvtap bond tun openvswitch vrf vcan can ifb nlmon team xfrm vti vti6 netdevsim hsr macsec bareudp ipoib amt netkit'.split(
    ' ',
  ),
)

/** A device while its lines are read. */
interface Draft {
  readonly offset: number
  readonly fields: NamedField[]
  readonly addresses: Field[]
  readonly info: NamedField[]
  readonly slave: NamedField[]
}

/** `ip addr`, `ip -d link` and `ip -d addr` as text, under the names that their JSON has. */
export function deviceEntries(dump: DumpText, lines: readonly Line[]): readonly Entry[] {
  const drafts: Draft[] = []
  for (const line of lines) {
    const found = header.exec(line.text)
    if (found) {
      drafts.push(startDevice(line, found))
      continue
    }
    const draft = drafts.at(-1)
    if (draft && /^\s/.test(line.text)) readDetails(draft, line)
    else {
      dump.problem('dump-syntax', line.offset, 'expected a device such as "2: eth0: <UP>"', recollect)
    }
  }
  return drafts.map(finishDevice)
}

function startDevice(line: Line, found: RegExpExecArray): Draft {
  const [whole = '', index = '', name = '', far, flags = ''] = found
  const words = wordsOf(line)
  const after = words.filter(({ offset }) => offset >= line.offset + whole.length)
  const fields: Draft['fields'] = [
    ['ifindex', Number(index), line.offset],
    ['ifname', name, line.offset + whole.indexOf(name, index.length)],
    ['flags', flags.split(',').map((flag) => ({ value: flag, offset: line.offset }))],
    ...pairs(after, ['mtu', 'master']),
  ]
  // `@if5` names the index of a device in another namespace, `@eth0` one beside it.
  const peer = /^if(\d+)$/.exec(far ?? '')
  if (peer) fields.push(['link_index', Number(peer[1])])
  else if (far !== undefined && far !== 'NONE') fields.push(['link', far])
  return { offset: line.offset, fields, addresses: [], info: [], slave: [] }
}

/** The words that follow the given names. */
function pairs(words: readonly Word[], names: readonly string[]): NamedField[] {
  return names.flatMap((name): NamedField[] => {
    const at = words.findIndex((one) => one.text === name)
    const value = at < 0 ? undefined : words[at + 1]
    return value ? [[name, value.text, value.offset]] : []
  })
}

function readDetails(draft: Draft, line: Line): void {
  const words = wordsOf(line)
  const [first, second, ...rest] = words
  if (!first) return
  if (first.text.startsWith('link/')) {
    draft.fields.push(['link_type', first.text.slice(5), first.offset])
    if (second) draft.fields.push(['address', second.text, second.offset])
    draft.fields.push(...pairs(rest, ['link-netnsid', 'link-netns']).map(underscored))
  } else if (first.text === 'inet' || first.text === 'inet6') {
    if (second) draft.addresses.push({ offset: first.offset, value: addressEntry(first, second, rest) })
  } else if (first.text === 'bridge_slave') {
    draft.slave.push(...pairs(words, ['hairpin']))
  } else if (kinds.has(first.text) && draft.info.length === 0) {
    draft.info.push(['info_kind', first.text, first.offset], ['info_data', infoData(first.text, words)])
  }
}

function underscored([name, value, at]: NamedField): NamedField {
  return [name.replace('-', '_'), value, at]
}

function addressEntry(family: Word, address: Word, rest: readonly Word[]): Entry {
  const [local = '', bits] = address.text.split('/')
  // `inet 10.0.0.1 peer 10.0.0.2/32`: the prefix is that of the other end.
  const peer = rest[0]?.text === 'peer' ? rest[1] : undefined
  const peerBits = peer?.text.split('/')[1]
  const full = family.text === 'inet' ? '32' : '128'
  const flags = ['secondary', 'deprecated', 'tentative', 'dadfailed'].filter((flag) =>
    rest.some((word) => word.text === flag),
  )
  return entryOf(address.offset, [
    ['family', family.text],
    ['local', local],
    ['prefixlen', bits ?? peerBits ?? full],
    ...(peer ? [['address', peer.text.split('/')[0] ?? ''] as const] : []),
    ...pairs(rest, ['scope']),
    ...flags.map((flag) => [flag, true] as const),
  ])
}

/** Words of the text and the names that they have in JSON, for the kinds whose details count. */
const infoNames: Readonly<Record<string, string>> = {
  id: 'id',
  local: 'local',
  remote: 'remote',
  dev: 'link',
  dstport: 'port',
  group: 'group',
}

function infoData(kind: string, words: readonly Word[]): Entry {
  const fields: NamedField[] = pairs(words.slice(1), Object.keys(infoNames)).map(([name, value, at]) => [
    infoNames[name] ?? name,
    value,
    at,
  ])
  if (words.some(({ text }) => text === 'external')) fields.push(['external', true])
  const offset = words[0]?.offset ?? 0
  // `ipip any remote 10.0.0.2 local any`: the word behind the kind is another mode of it.
  return entryOf(offset, kind === 'bridge' ? [] : fields)
}

function finishDevice({ offset, fields, addresses, info, slave }: Draft): Entry {
  const link: NamedField[] = [...info]
  if (slave.length > 0) {
    link.push(['info_slave_kind', 'bridge'], ['info_slave_data', entryOf(offset, slave)])
  }
  return entryOf(offset, [
    ...fields,
    ...(addresses.length > 0 ? [['addr_info', addresses] as const] : []),
    ...(link.length > 0 ? [['linkinfo', entryOf(offset, link)] as const] : []),
  ])
}
