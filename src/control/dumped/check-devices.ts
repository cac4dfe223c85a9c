import type { Report } from '../../base/diagnostic.ts'
import type { DumpedDevice, NodeDump } from '../../model/node-dump.ts'
import { deviceRoles, isDetailed, kindName } from './device-kinds.ts'

/** Says which devices of dumped nodes are not modelled, and where kinds of devices had to be guessed. */
export function checkDumpedDevices(dumps: readonly NodeDump[], report: Report): void {
  for (const { devices, node } of dumps) {
    if (!devices) continue
    tellUnmodelled(node, devices, report)
    const madeByPrograms = devices.some(
      ({ peerNetns, master }) => peerNetns !== undefined || master !== undefined,
    )
    if (!isDetailed(devices) && madeByPrograms) {
      report('dump-incomplete', `the dump of node ${node} does not say of what kind its devices are`, {
        fix: 'add the output of ip -d link',
      })
    }
  }
}

function tellUnmodelled(node: string, devices: readonly DumpedDevice[], report: Report): void {
  const roles = deviceRoles(devices)
  const byKind = new Map<string, string[]>()
  for (const device of devices) {
    if (roles.get(device.name) !== 'other' || !device.up) continue
    const kind = kindName(device)
    byKind.set(kind, [...(byKind.get(kind) ?? []), device.name])
  }
  for (const [kind, names] of byKind) {
    const more = names.length > 5 ? ` and ${names.length - 5} more` : ''
    const list = `${names.slice(0, 5).join(', ')}${more}`
    report('dump-not-modelled', `devices of node ${node} are not modelled (${kind}): ${list}`, {
      fix: 'a walk that meets one of them is unknown',
    })
  }
}

/** Reports dumps of nodes that the cluster does not have. */
export function checkDumpedNodes(
  dumps: readonly NodeDump[],
  nodes: readonly { readonly name: string }[],
  report: Report,
): void {
  const known = new Set(nodes.map(({ name }) => name))
  for (const { node } of dumps) {
    if (known.has(node)) continue
    report('unknown-node', `there is no node ${node} to which this dump could belong`, {
      fix: `nodes: ${[...known].join(', ')}`,
    })
  }
}
