import type { Ip } from '../base/ip.ts'
import { formatIp } from '../base/ip.ts'
import type { ObjectRef } from '../base/source.ts'
import type { DriftEntry } from '../model/drift.ts'
import type { Device } from '../model/network.ts'
import type { DumpedDevice } from '../model/node-dump.ts'
import type { DriftContext } from './context.ts'
import { actualDevice } from './match-devices.ts'

type Tunnel = Extract<Device, { forwarding: unknown }>

/**
 * Compares how a tunnel finds its other ends: the neighbour entry gives a next hop's frame address, the forwarding
 * entry gives the node behind that. Frame addresses are drawn at random, so that both are followed together: what
 * counts is the node to which a next hop leads.
 */
export function tunnelEntries(context: DriftContext): readonly DriftEntry[] {
  const { expected, dump } = context
  return expected.devices.flatMap((device): readonly DriftEntry[] => {
    if (device.type !== 'vxlan' && device.type !== 'geneve') return []
    const found = dump.devices && actualDevice(device, dump.devices, context.devices)
    return found ? [...neighborEntries(device, found, context), ...remoteEntries(device, found, context)] : []
  })
}

function neighborEntries(device: Tunnel, found: DumpedDevice, context: DriftContext): readonly DriftEntry[] {
  const { expected, dump } = context
  const wanted = (expected.neighbors ?? []).filter((one) => one.device === device.name)
  const { neighbors } = dump
  if (!neighbors) return []
  return wanted.flatMap(({ ip, mac }): readonly DriftEntry[] => {
    const remote = device.forwarding.find((one) => one.mac === mac)?.remote
    const has = neighbors.find((one) => one.ip === ip && one.device === found.name)
    const line = `${formatIp(ip)} lladdr ${mac} dev ${found.name}`
    if (!has) {
      const message = `no neighbour entry says which frame address ${formatIp(ip)} has on ${found.name}`
      return [
        entry('missing', 'neighbors', message, { device, remote, context, expected: [line], actual: [] }),
      ]
    }
    const leads = found.forwarding?.find((one) => one.mac === has.mac)?.remote
    if (!found.forwarding || remote === undefined || leads === remote) return []
    const told = `${has.mac} dst ${leads === undefined ? '?' : formatIp(leads)}`
    const message =
      leads === undefined
        ? `no forwarding entry of ${found.name} leads to ${formatIp(remote)}`
        : `${found.name} sends what is for ${formatIp(ip)} to ${ends(leads, context)} and should send it to ${ends(remote, context)}`
    return [
      entry(leads === undefined ? 'missing' : 'differs', 'forwarding', message, {
        ...{ device, remote, context },
        expected: [`${has.mac} dst ${formatIp(remote)}`],
        actual: leads === undefined ? [] : [told],
      }),
    ]
  })
}

function ends(ip: Ip, { objects }: DriftContext): string {
  const node = objects.nodeAt(ip)
  return node ? `${formatIp(ip)} (node ${node.name})` : `${formatIp(ip)}, which no node has`
}

/** Ends that no node has, and ends without a neighbour entry (frames for all) that are missing. */
function remoteEntries(device: Tunnel, found: DumpedDevice, context: DriftContext): readonly DriftEntry[] {
  const { forwarding } = found
  if (!forwarding) return []
  const named = new Set((context.expected.neighbors ?? []).map(({ mac }) => mac))
  const remotes = new Set<Ip>(forwarding.map(({ remote }) => remote))
  const should = new Set<Ip>(device.forwarding.map(({ remote }) => remote))
  const missing = device.forwarding
    .filter(({ mac, remote }) => !named.has(mac) && !remotes.has(remote))
    .map(({ remote, mac }) =>
      entry('missing', 'forwarding', `no forwarding entry of ${found.name} leads to ${formatIp(remote)}`, {
        ...{ device, remote, context },
        expected: [`${mac} dst ${formatIp(remote)}`],
        actual: [],
      }),
    )
  const told = new Set((context.expected.neighbors ?? []).map(({ ip }) => ip))
  // Where a neighbour entry leads to a wrong end, that has been said.
  const followed = new Set(context.dump.neighbors?.flatMap(({ ip, mac }) => (told.has(ip) ? [mac] : [])))
  const others = new Set(forwarding.flatMap(({ mac, remote }) => (followed.has(mac) ? [] : [remote])))
  const stale = [...others]
    .filter((remote) => !should.has(remote) && !context.objects.nodeAt(remote))
    .map((remote) => {
      const lines = forwarding
        .filter((one) => one.remote === remote)
        .map(({ mac }) => `${mac} dst ${formatIp(remote)}`)
      const message = `a forwarding entry of ${found.name} leads to ${formatIp(remote)}, which no node has: a node that is gone?`
      return entry('stale', 'forwarding', message, { device, context, expected: [], actual: lines })
    })
  return [...missing, ...stale]
}

interface Told {
  readonly device: Tunnel
  readonly remote?: Ip | undefined
  readonly context: DriftContext
  readonly expected: readonly string[]
  readonly actual: readonly string[]
}

function entry(
  type: DriftEntry['type'],
  area: DriftEntry['area'],
  message: string,
  { device, remote, context, expected, actual }: Told,
): DriftEntry {
  const node = remote === undefined ? undefined : context.objects.nodeAt(remote)
  const subject: ObjectRef | undefined = node?.ref ?? device.origin?.subject
  return {
    type,
    area,
    ...(device.origin && { component: device.origin.component }),
    ...(subject && { subject }),
    message,
    ...(node && { consequence: `pods of node ${node.name} cannot be reached from here by the tunnel` }),
    expected,
    actual,
  }
}
