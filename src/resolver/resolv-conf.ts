import type { Ip } from '../base/ip.ts'
import { formatIp, parseIp } from '../base/ip.ts'

/** What a `/etc/resolv.conf` says, as data. */
export interface ResolvConf {
  /** The name servers in their order; the libraries ask the first three. */
  readonly nameservers: readonly Ip[]
  /** The search list, each entry as written: it may end in a dot, and `.` stands for the root. */
  readonly searches: readonly string[]
  /** The options as written, such as `ndots:5` or `rotate`; of two with one name the later counts. */
  readonly options: readonly string[]
}

/**
 * Reads a `resolv.conf` as glibc does (resolv/res_init.c): the last `search` or `domain` line wins, options of all
 * lines add up, a keyword stands at the very start of its line, comments are whole lines that begin with `#` or `;`,
 * and whatever is not understood, an address that is none included, is passed over. A zone (`fe80::1%eth0`) is left
 * out of the address.
 */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: Ip[] = []
  const options: string[] = []
  let searches: readonly string[] = []
  for (const line of text.split('\n')) {
    const [, keyword = '', rest = ''] = /^([a-z]+)[ \t]+(.*)$/.exec(line) ?? []
    const words = rest.split(/[ \t]+/).filter((word) => word !== '')
    const [first] = words
    if (first === undefined) continue
    if (keyword === 'nameserver') nameservers.push(...addressesOf(first))
    if (keyword === 'search') searches = words
    if (keyword === 'domain') searches = [first]
    if (keyword === 'options') options.push(...words)
  }
  return { nameservers, searches, options }
}

function addressesOf(text: string): readonly Ip[] {
  const ip = parseIp(text.replace(/%.*$/, ''))
  return ip === undefined ? [] : [ip]
}

/** How many name servers glibc and musl take (MAXNS). */
const maxServers = 3

/** 127.0.0.1, which is asked if the file names no server. */
const localServer: Ip = 0x7f000001

/** The name servers that a library asks: the first three, or the one on the same host. */
export function serversOf({ nameservers }: ResolvConf): readonly Ip[] {
  return nameservers.length > 0 ? nameservers.slice(0, maxServers) : [localServer]
}

/** Writes the file as the container runtime does for the kubelet: search, name servers, options; no empty lines. */
export function formatResolvConf({ nameservers, searches, options }: ResolvConf): string {
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...nameservers.map((ip) => `nameserver ${formatIp(ip)}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ]
  return lines.map((line) => `${line}\n`).join('')
}
