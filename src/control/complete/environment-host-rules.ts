import type { Environment } from '../../model/environment.ts'
import { backendFields } from '../host-rules/backends.ts'
import { isComponentChain } from '../host-rules/component-chains.ts'
import type { NodePath } from '../host-rules/host-firewall.ts'
import { hostRules } from '../host-rules/host-rules.ts'
import type { Completion } from './completion.ts'
import { tellOfEnvironment as tell } from './environment-place.ts'

/** What is stated of nodes' firewalls and cannot be read: words, addresses, rules, services, names of backends. */
export function checkHostRules(completion: Completion, environment: Environment): void {
  const [source] = completion.objects.Environment
  for (const [node, stated] of Object.entries(environment.nodes ?? {})) {
    const said = new Set<string>()
    const refuse = (path: NodePath, message: string, fix?: string) => {
      const key = `${path.join('.')} ${message}`
      if (said.has(key)) return
      said.add(key)
      tell(completion, 'invalid-setting', ['nodes', node, ...path], `cannot be read: ${message}`, {
        ...(fix !== undefined && { fix }),
      })
    }
    for (const field of backendFields) {
      const value = stated.iptables?.[field]
      if (value === undefined || value === 'nft' || value === 'legacy') continue
      refuse(['iptables', field], `"${value}" is no backend of iptables`, 'write nft or legacy')
    }
    for (const family of [4, 6] as const) {
      hostRules({ environment, ...(source && { environmentSource: source }) }, node, {
        ...{ family, uplink: 'eth0', refuse },
        hasChain: isComponentChain,
      })
    }
  }
}
