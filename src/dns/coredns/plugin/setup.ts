import type { Ip } from '../../../base/ip.ts'
import { formatIp, parseIp } from '../../../base/ip.ts'
import { quote } from '../go-text.ts'
import type { Directive } from './directive.ts'
import type { PluginModule } from './plugin.ts'

/** The folder in which other plugins look for their files. */
export interface RootConfig {
  readonly folder: string
}

/** Mirrors plugin/root. */
export const root: PluginModule<RootConfig> = {
  setupOnly: true,
  parse: ({ c }) => {
    let folder = ''
    while (c.next()) {
      if (!c.nextArg()) throw c.argErr()
      folder = c.val
    }
    return { folder }
  },
}

/** The addresses on which a block listens; those that are no addresses name devices. */
export interface BindConfig {
  readonly addresses: readonly Ip[]
  readonly devices: readonly string[]
  readonly except: readonly string[]
}

/** Mirrors plugin/bind. */
export const bind: PluginModule<BindConfig> = { setupOnly: true, parse: parseBind }

/** Whether a block that is bound so gets queries for the address; a device is taken to have it. */
export function isBoundTo(bound: BindConfig, address: Ip): boolean {
  if (bound.except.includes(formatIp(address))) return false
  const anyAddress = typeof address === 'number' ? [0, 0n] : [0n]
  return (
    bound.devices.length > 0 ||
    bound.addresses.some((one) => one === address || anyAddress.some((any) => any === one))
  )
}

/** What may be the name of a device; which of them there are is not known here. */
function isDeviceName(text: string): boolean {
  return /^[A-Za-z][\w@.-]{0,14}$/.test(text)
}

function parseBind({ c }: Directive): BindConfig {
  const hosts: string[] = []
  const except: string[] = []
  while (c.next()) {
    const args = c.remainingArgs()
    if (args.length === 0) throw c.plain('at least one address or interface name is expected')
    const wrong = args.find((arg) => parseIp(arg) === undefined && !isDeviceName(arg))
    if (wrong !== undefined) throw c.plain(`not a valid IP address or interface name: ${quote(wrong)}`)
    hosts.push(...args)
    while (c.nextBlock()) {
      if (c.val !== 'except') throw c.plain(`invalid option ${quote(c.val)}`)
      const named = c.remainingArgs()
      if (named.length === 0) {
        throw c.plain('at least one address or interface must be given to except subdirective')
      }
      except.push(...named)
    }
  }
  const addresses = hosts.map(parseIp).filter((ip) => ip !== undefined)
  return { addresses, devices: hosts.filter((host) => parseIp(host) === undefined), except }
}
