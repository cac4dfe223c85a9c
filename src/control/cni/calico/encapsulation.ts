import type { PoolSettings } from './pool.ts'

type Modes = Pick<PoolSettings, 'ipip' | 'vxlan'>

/** The ways that the operator's Installation, `--cni` and the Environment name: in any case, with `-` or without. */
const encapsulations: Readonly<Record<string, Modes>> = {
  ipip: { ipip: 'Always', vxlan: 'Never' },
  ipipcrosssubnet: { ipip: 'CrossSubnet', vxlan: 'Never' },
  vxlan: { ipip: 'Never', vxlan: 'Always' },
  vxlancrosssubnet: { ipip: 'Never', vxlan: 'CrossSubnet' },
  none: { ipip: 'Never', vxlan: 'Never' },
  bgp: { ipip: 'Never', vxlan: 'Never' },
}

/** The words to write, for messages. */
export const encapsulationNames = 'ipip, ipipCrossSubnet, vxlan, vxlanCrossSubnet, none'

/** The pool's modes for one word; nothing, if it is none of them. */
export function encapsulationModes(text: string): Modes | undefined {
  const word = text.toLowerCase().replaceAll(/[-_ ]/g, '')
  return Object.hasOwn(encapsulations, word) ? encapsulations[word] : undefined
}

/** The word for a pool's modes. */
export function encapsulationOf({ ipip, vxlan }: Modes): string {
  const [name = ''] =
    Object.entries(encapsulations).find(([, modes]) => modes.ipip === ipip && modes.vxlan === vxlan) ?? []
  const words: Readonly<Record<string, string>> = {
    ipipcrosssubnet: 'ipipCrossSubnet',
    vxlancrosssubnet: 'vxlanCrossSubnet',
  }
  return words[name] ?? name
}
