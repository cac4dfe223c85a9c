import type { InterfaceAddress, Ip } from '../base/ip.ts'
import { bitsOf, familyOf, parseIp } from '../base/ip.ts'
import type { DumpedDevice } from '../model/node-dump.ts'
import type { DumpText } from './dump-text.ts'
import { offsetOf, readField, recollect, wholeNumber } from './dump-text.ts'
import type { Entry } from './entry.ts'
import { entriesIn, entryIn, hasFlag, listHas, textIn } from './entry.ts'

type Draft = { -readonly [Key in keyof DumpedDevice]: DumpedDevice[Key] }

const number = { read: wholeNumber, expected: 'a number' }
const address = { read: parseIp, expected: 'an IP address' }
const anyAddress = { read: anyOrAddress, expected: 'an IP address, or any' }
const macPattern = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/

/** A MAC address of an Ethernet device, in lower case. */
export function readMac(text: string): string | undefined {
  const mac = text.toLowerCase()
  return macPattern.test(mac) ? mac : undefined
}

function anyOrAddress(text: string): Ip | 'any' | undefined {
  return text === 'any' ? 'any' : parseIp(text)
}

/**
 * The devices of `ip addr` and `ip -d link`, which may stand in one file or several: what each tells of a device is
 * put together. In the order of their indexes.
 */
export function readDevices(
  files: readonly { readonly dump: DumpText; readonly entries: readonly Entry[] }[],
): readonly DumpedDevice[] {
  const devices = new Map<string, Draft>()
  for (const { dump, entries } of files) {
    for (const entry of entries) {
      const name = textIn(entry, 'ifname')
      const index = readField(dump, entry, 'ifindex', number)
      if (name === undefined || index === undefined) {
        if (name === undefined) dump.problem('dump-syntax', entry.offset, 'a device has no name', recollect)
        continue
      }
      const known = devices.get(name)
      const made = known ?? { index, name, mtu: 1500, up: false, addresses: [] }
      devices.set(name, made)
      readDevice(dump, entry, made)
    }
  }
  return nameLinks([...devices.values()].toSorted((a, b) => a.index - b.index))
}

function readDevice(dump: DumpText, entry: Entry, device: Draft): void {
  device.up = listHas(entry, 'flags', 'UP')
  device.mtu = readField(dump, entry, 'mtu', number) ?? device.mtu
  const mac = readMac(textIn(entry, 'address') ?? '')
  if (mac !== undefined) device.mac = mac
  const loopback = textIn(entry, 'link_type') === 'loopback' || listHas(entry, 'flags', 'LOOPBACK')
  if (loopback) device.kind = 'loopback'
  const master = textIn(entry, 'master')
  if (master !== undefined) device.master = master
  readPeer(dump, entry, device)
  readAddresses(dump, entry, device)
  const info = entryIn(entry, 'linkinfo')
  if (info) readInfo(dump, info, device)
}

function readPeer(dump: DumpText, entry: Entry, device: Draft): void {
  const index = readField(dump, entry, 'link_index', number)
  const netns = textIn(entry, 'link_netnsid') ?? textIn(entry, 'link_netns')
  const link = textIn(entry, 'link')
  if (index !== undefined) device.peerIndex = index
  if (link !== undefined) device.link = link
  // Where there is no id, a peer of which only the index is known is in another namespace all the same.
  if (netns !== undefined) device.peerNetns = netns
  else if (index !== undefined) device.peerNetns ??= 'unknown'
}

function readAddresses(dump: DumpText, entry: Entry, device: Draft): void {
  const known = new Set(device.addresses.map(({ ip, bits }) => `${ip}/${bits}`))
  const more = entriesIn(entry, 'addr_info').flatMap((one): InterfaceAddress[] => {
    const ip = readField(dump, one, 'local', address)
    if (ip === undefined || hasFlag(one, 'dadfailed')) return []
    const bits = readField(dump, one, 'prefixlen', number) ?? bitsOf(familyOf(ip))
    if (bits > bitsOf(familyOf(ip))) {
      dump.problem('dump-syntax', offsetOf(one, 'prefixlen'), `a prefix of ${bits} bits`, recollect)
      return []
    }
    const scope = textIn(one, 'scope')
    const narrow = scope === 'link' || scope === 'host' ? { scope } : {}
    return known.has(`${ip}/${bits}`) ? [] : [{ ip, bits, ...narrow } as InterfaceAddress]
  })
  device.addresses = [...device.addresses, ...more]
}

function readInfo(dump: DumpText, info: Entry, device: Draft): void {
  const kind = textIn(info, 'info_kind')
  if (kind !== undefined) device.kind = kind
  const slave = entryIn(info, 'info_slave_data')
  if (slave) device.hairpin = isOn(slave, 'hairpin')
  const data = entryIn(info, 'info_data')
  if (data && kind !== undefined && tunnelKinds.has(kind)) device.tunnel = readTunnel(dump, data)
}

function isOn(entry: Entry, name: string): boolean {
  const value = entry.fields.get(name)?.value
  return value === true || value === 'on'
}

const tunnelKinds = new Set(['vxlan', 'geneve', 'ipip', 'sit', 'gre', 'gretap', 'ip6tnl', 'ip6gre'])

function readTunnel(dump: DumpText, data: Entry): NonNullable<DumpedDevice['tunnel']> {
  const vni = readField(dump, data, 'id', number)
  const end = (name: string) => {
    const ip = readField(dump, data, name, anyAddress)
    // 0.0.0.0 is how JSON writes "any".
    return ip === undefined || ip === 'any' || ip === 0 || ip === 0n ? undefined : ip
  }
  const local = end('local') ?? end('local6')
  const remote = end('remote') ?? end('remote6')
  const port = readField(dump, data, 'port', number)
  const link = textIn(data, 'link')
  return {
    ...(vni !== undefined && { vni }),
    ...(local !== undefined && { local }),
    ...(remote !== undefined && { remote }),
    ...(port !== undefined && { port }),
    ...(link !== undefined && { link }),
    ...((hasFlag(data, 'external') || hasFlag(data, 'collect_metadata')) && { external: true }),
  }
}

/**
 * A device that is linked to another by name, without a namespace, is one end of a veth pair of which both ends are
 * here: then each is the other's peer.
 */
function nameLinks(devices: readonly Draft[]): readonly DumpedDevice[] {
  const byName = new Map(devices.map((device) => [device.name, device]))
  for (const device of devices) {
    const far =
      device.link === undefined || device.peerNetns !== undefined ? undefined : byName.get(device.link)
    if (far?.link === device.name) device.peerIndex = far.index
  }
  return devices
}
