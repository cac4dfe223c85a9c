import { sha512Hex } from '../../../base/hash.ts'
import { cidrOf, familyOf, parseCidr } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { ClusterPod } from '../../../model/cluster.ts'
import type { Chain, Target } from '../../../netfilter/rule.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import { fixedChains } from '../../../netfilter/table.ts'
import { block, comment, host, jump, rule } from '../../proxy/iptables-rules.ts'
import type { Portmap } from '../portmap.ts'
import { sandboxId } from '../portmap.ts'

const masquerade: Target = { type: 'MASQUERADE', random: false, fullyRandom: false }

/** What is not masqueraded whatever its source: multicast. */
const multicast = { 4: parseCidr('224.0.0.0/4'), 6: parseCidr('ff00::/8') } as const

/**
 * `ipMasq` of the plugins bridge and ptp: a chain for each pod that masquerades what leaves the pod's own network.
 * Mirrors SetupIPMasqForNetworks of containernetworking/plugins with the backend iptables.
 */
export function ipMasqRules(
  { network, bitsOf }: Pick<Portmap, 'network' | 'bitsOf'>,
  pods: readonly ClusterPod[],
  family: 4 | 6,
): readonly TableContribution[] {
  const each = pods.flatMap((pod) => {
    const ip = pod.ips.find((one) => familyOf(one) === family)
    if (ip === undefined) return []
    const origin: Origin = { component: network, subject: pod.ref }
    const id = sandboxId(pod)
    const name = `CNI-${sha512Hex(`${network}${id}`)}`.slice(0, 28)
    const note = comment(`name: "${network}" id: "${id}"`)
    const own = block(cidrOf(ip, bitsOf(ip)))
    const groups = multicast[family]
    const except = groups && block(groups, true)
    const chain: Chain = {
      name,
      rules: [
        rule(origin, own ? { destination: own } : {}, [note], { type: 'accept' }),
        rule(origin, except ? { destination: except } : {}, [note], masquerade),
      ],
    }
    return [{ chain, entry: rule(origin, { source: host(ip) }, [note], jump(name)) }]
  })
  if (each.length === 0) return []
  return [
    {
      table: 'nat',
      baseRules: { POSTROUTING: each.map((one) => one.entry) },
      chains: fixedChains(each.map((one) => one.chain)),
    },
  ]
}
