import type { Origin } from '../base/source.ts'
import type { TableContribution } from '../netfilter/table.ts'
import { fixedChains } from '../netfilter/table.ts'
import { blockLocalnet } from './proxy/iptables-fixed.ts'
import { jump, rule } from './proxy/iptables-rules.ts'

const origin: Origin = { component: 'kubelet' }
const kubeletCanary = { name: 'KUBE-KUBELET-CANARY', rules: [] }

/** The chains that kubelet makes when it starts (initNetworkUtil): the same in 1.28 to 1.36. */
export function kubeletRules(family: 4 | 6): readonly TableContribution[] {
  const toFirewall = rule(origin, {}, [], jump('KUBE-FIREWALL'))
  const firewall = { name: 'KUBE-FIREWALL', rules: [blockLocalnet(origin)] }
  const hint = { name: 'KUBE-IPTABLES-HINT', rules: [] }
  return [
    { table: 'mangle', baseRules: {}, chains: fixedChains([hint, kubeletCanary]) },
    {
      table: 'filter',
      baseRules: family === 4 ? { INPUT: [toFirewall], OUTPUT: [toFirewall] } : {},
      chains: fixedChains(family === 4 ? [firewall, kubeletCanary] : [kubeletCanary]),
    },
    { table: 'nat', baseRules: {}, chains: fixedChains([kubeletCanary]) },
  ]
}
