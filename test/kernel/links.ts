import { formatIp } from '../../src/base/ip.ts'
import type { Device, Netns } from '../../src/model/network.ts'

/** `ip` commands that make the links which need nothing but their own namespace. */
export function linkCommands({ devices }: Netns): readonly string[] {
  const switches = devices.filter((one) => one.type === 'bridge' && one.openVswitch)
  return devices.flatMap((device) => {
    const { name, mac, mtu } = device
    switch (device.type) {
      case 'dummy':
        // Not every kernel has the module dummy. A bridge without ports and without ARP does as it does: nothing.
        return [`link add name ${name} type bridge`, `link set ${name} arp off`]
      case 'bridge': {
        const filtered = switches.length > 0 && !device.openVswitch ? ` ${filteredBridge}` : ''
        return [
          `link add name ${name} address ${mac} mtu ${mtu} type bridge forward_delay 0 stp_state 0 mcast_snooping 0${filtered}`,
        ]
      }
      case 'vxlan':
        return [`link add name ${name} address ${mac} mtu ${mtu} type vxlan ${vxlanWords(device)}`]
      default:
        return []
    }
  })
}

/**
 * An Open vSwitch datapath is built as a bridge without netfilter. Where there is one, the namespace's own setting is off,
 * and the other bridges have it on for themselves.
 */
const filteredBridge = 'nf_call_iptables 1 nf_call_ip6tables 1'

/** What the namespace's setting becomes beside an Open vSwitch datapath. */
export function switchSettings({ devices }: Netns): Readonly<Record<string, number>> {
  const hasSwitch = devices.some((one) => one.type === 'bridge' && one.openVswitch)
  return hasSwitch
    ? { 'net.bridge.bridge-nf-call-iptables': 0, 'net.bridge.bridge-nf-call-ip6tables': 0 }
    : {}
}

function vxlanWords({ vni, local, port }: Extract<Device, { readonly type: 'vxlan' | 'geneve' }>): string {
  return `id ${vni} local ${formatIp(local)} dstport ${port} nolearning`
}

/** Makes devices the ports of their bridges. */
export function portCommands({ devices }: Netns): readonly string[] {
  return devices.flatMap(({ name, master, hairpin }) =>
    master === undefined
      ? []
      : [
          `link set ${name} master ${master}`,
          ...(hairpin ? [`link set ${name} type bridge_slave hairpin on`] : []),
        ],
  )
}

/** `bridge` commands: the tunnel end behind which a MAC address is. */
export function forwardingCommands({ devices }: Netns): readonly string[] {
  return devices.flatMap((device) =>
    device.type === 'vxlan'
      ? device.forwarding.map(
          ({ mac, remote }) => `fdb append ${mac} dev ${device.name} dst ${formatIp(remote)} self permanent`,
        )
      : [],
  )
}
