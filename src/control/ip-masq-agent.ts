import type { Cidr } from '../base/ip.ts'
import { familyOf, parseCidr } from '../base/ip.ts'
import type { ObjectRef, Origin } from '../base/source.ts'
import type { Cluster } from '../model/cluster.ts'
import type { CniObjects } from '../model/cni-objects.ts'
import type { Environment } from '../model/environment.ts'
import type { Target } from '../netfilter/rule.ts'
import type { TableContribution } from '../netfilter/table.ts'
import { fixedChains } from '../netfilter/table.ts'
import { block, comment, jump, rule } from './proxy/iptables-rules.ts'

/** The agent's configuration: what keeps its source. */
export interface MasqAgentConfig {
  readonly nonMasquerade: readonly Cidr[]
  readonly subject?: ObjectRef
}

const privateBlocks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']
const linkLocal = { 4: '169.254.0.0/16', 6: 'fe80::/10' } as const

/**
 * ip-masq-agent as the cluster runs it: stated by the Environment, or by its DaemonSet (`ip-masq-agent`, Azure's
 * `azure-ip-masq-agent`) with the ConfigMap of the same name. Nothing, if the cluster does not run it.
 */
export function masqAgentConfig(environment: Environment, objects: CniObjects): MasqAgentConfig | undefined {
  const stated = environment.ipMasqAgent
  if (stated) return configOf(stated.nonMasqueradeCIDRs, stated.masqLinkLocal)
  const daemon = objects.daemonSets.find(({ ref }) => /(^|-)ip-masq-agent/.test(ref.name))
  if (!daemon) return undefined
  const map = objects.configMaps.find(({ ref }) => /ip-masq-agent/.test(ref.name))
  const text = Object.values(map?.object.data ?? {}).join('\n')
  return { ...configOf(listIn(text), /masqLinkLocal"?:\s*true/.test(text)), subject: (map ?? daemon).ref }
}

/** The blocks of the agent's file, which is YAML or JSON with nothing but blocks, flags and a duration in it. */
function listIn(text: string): readonly string[] | undefined {
  const list = /nonMasqueradeCIDRs"?:([\s\S]*?)(?:\n\s*[A-Za-z"]+:|$)/.exec(text)?.[1]
  return list?.match(/[0-9a-fA-F:.]+\/\d+/g) ?? undefined
}

function configOf(blocks: readonly string[] | undefined, masqLinkLocal = false): MasqAgentConfig {
  const kept = [...(masqLinkLocal ? [] : Object.values(linkLocal)), ...(blocks ?? privateBlocks)]
  return { nonMasquerade: kept.flatMap((text) => parseCidr(text) ?? []) }
}

/** Mirrors syncMasqRules of ip-masq-agent 2.12: appended, so that it comes after kube-proxy's. */
export function masqAgentRules(cluster: Cluster, family: 4 | 6): readonly TableContribution[] {
  const config = masqAgentConfig(cluster.environment, cluster.cniObjects)
  if (!config) return []
  const blocks = config.nonMasquerade.filter((one) => familyOf(one.first) === family)
  if (family === 6 && blocks.length <= 1) return []
  const origin: Origin = { component: 'ip-masq-agent', ...(config.subject && { subject: config.subject }) }
  const notLocal = { type: 'addrtype', destination: { types: ['LOCAL'], inverted: true } } as const
  const toChain = comment(
    'ip-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom IP-MASQ-AGENT chain',
  )
  const local = comment('ip-masq-agent: local traffic is not subject to MASQUERADE')
  const outbound = comment('ip-masq-agent: outbound traffic is subject to MASQUERADE (must be last in chain)')
  const masquerade: Target = { type: 'MASQUERADE', random: false, fullyRandom: true }
  const keep = blocks.map((one) => {
    const destination = block(one)
    return rule(origin, destination ? { destination } : {}, [local], { type: 'return' })
  })
  return [
    {
      table: 'nat',
      baseRules: { POSTROUTING: [rule(origin, {}, [toChain, notLocal], jump('IP-MASQ-AGENT'))] },
      chains: fixedChains([
        { name: 'IP-MASQ-AGENT', rules: [...keep, rule(origin, {}, [outbound], masquerade)] },
      ]),
    },
  ]
}
