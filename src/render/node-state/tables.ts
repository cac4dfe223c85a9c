import { familyOf, formatIp } from '../../base/ip.ts'
import type { Device, IpSet, Neighbor, Netns, RoutingRule } from '../../model/network.ts'
import { defaultTable, localTable, mainTable } from '../../model/network.ts'
import { formatPrefix } from '../../model/route-text.ts'

const tableNames: ReadonlyMap<number, string> = new Map([
  [localTable, 'local'],
  [mainTable, 'main'],
  [defaultTable, 'default'],
])

const standard: readonly RoutingRule[] = ([4, 6] as const).flatMap((family) =>
  [
    { priority: 0, family, action: { type: 'lookup', table: localTable } } as const,
    { priority: 32766, family, action: { type: 'lookup', table: mainTable } } as const,
    { priority: 32767, family, action: { type: 'lookup', table: defaultTable } } as const,
  ].slice(0, family === 4 ? 3 : 2),
)

/** `ip rule` of one family. */
export function formatRoutingRules(rules: readonly RoutingRule[] | undefined, family: 4 | 6): string {
  return (rules ?? standard)
    .filter((one) => one.family === family)
    .toSorted((a, b) => a.priority - b.priority)
    .map((one) => `${one.priority}:\t${ruleWords(one).join(' ')}\n`)
    .join('')
}

function ruleWords({ from, to, mark, in: iif, out, inverted, action }: RoutingRule): readonly string[] {
  const mask = mark?.mask === 0xffffffff ? '' : `/0x${(mark?.mask ?? 0).toString(16)}`
  return [
    ...(inverted ? ['not'] : []),
    `from ${from ? formatPrefix(from) : 'all'}`,
    ...(to ? [`to ${formatPrefix(to)}`] : []),
    ...(mark ? [`fwmark 0x${mark.value.toString(16)}${mask}`] : []),
    ...(iif === undefined ? [] : [`iif ${iif}`]),
    ...(out === undefined ? [] : [`oif ${out}`]),
    action.type === 'lookup' ? `lookup ${tableNames.get(action.table) ?? action.table}` : action.type,
  ]
}

/** `ip neigh`: the permanent entries of one family. */
export function formatNeighbors(neighbors: readonly Neighbor[] = [], family: 4 | 6): string {
  return neighbors
    .filter(({ ip }) => familyOf(ip) === family)
    .map(({ ip, mac, device }) => `${formatIp(ip)} dev ${device} lladdr ${mac} PERMANENT \n`)
    .join('')
}

/** `bridge fdb`: which tunnel end has which frame address. */
export function formatForwarding(devices: readonly Device[]): string {
  return devices
    .flatMap((device) =>
      device.type === 'vxlan' || device.type === 'geneve'
        ? device.forwarding.map(
            ({ mac, remote }) => `${mac} dev ${device.name} dst ${formatIp(remote)} self permanent\n`,
          )
        : [],
    )
    .join('')
}

/** `ipset save`, with the sizes that a new set has. */
export function formatSets(sets: readonly IpSet[] = []): string {
  return sets
    .flatMap((set) => [
      `create ${set.name} ${set.type}${options(set)}\n`,
      ...set.entries.map((entry) => `add ${set.name} ${entry}\n`),
    ])
    .join('')
}

/** The options with which the set was made, as its entries show them; of an empty one its name tells the family. */
function options({ name, type, entries, options: stated }: IpSet): string {
  if (type === 'bitmap:port') return ' range 0-65535'
  if (type === 'list:set' && stated !== undefined) return ` ${stated}`
  if (!type.startsWith('hash:') || type === 'hash:mac' || / /.test(type)) return ''
  const addresses = entries.map((entry) => entry.split(' ')[0] ?? '')
  const isSix = /^(?:inet6:|cali6)/.test(name) || addresses.some((one) => one.split(':').length > 2)
  const family = isSix ? 'inet6' : 'inet'
  const has = (word: string) => entries.some((entry) => entry.includes(` ${word} `))
  const shown = [...(has('timeout') ? ['timeout 0'] : []), ...(has('comment') ? ['comment'] : [])]
  const kept = stated === undefined ? shown : [stated]
  return ['', `family ${family} hashsize 1024 maxelem 65536`, ...kept].join(' ')
}

/** `sysctl`: the settings that are not the kernel's defaults. */
export function formatSysctls({ sysctls }: Pick<Netns, 'sysctls'>): string {
  return Object.keys(sysctls)
    .toSorted()
    .map((key) => `${key} = ${sysctls[key]}\n`)
    .join('')
}
