import type { TableContribution } from '../../netfilter/table.ts'
import type { ProxyContext } from './iptables.ts'
import { iptablesRules } from './iptables.ts'

/** What one proxy mode puts on a node. */
export type ProxyMode = (context: ProxyContext) => readonly TableContribution[]

/** Every proxy mode that is modelled, by the name in KubeProxyConfiguration. */
export const proxyModes: Readonly<Record<string, ProxyMode>> = { iptables: iptablesRules }
