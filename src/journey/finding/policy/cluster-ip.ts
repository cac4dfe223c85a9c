import { formatCidr, formatIp } from '../../../base/ip.ts'
import type { Party } from '../../../policy/endpoint.ts'
import { matchesPeer } from '../../../policy/match.ts'
import type { IpBlock, Policy } from '../../../policy/policy.ts'
import { partyName } from '../../../policy/words.ts'
import type { Denial, FindPolicyCause } from './denial.ts'
import { inPolicy, policyName } from './denial.ts'

/** A rule names the Service's own address, or the block of all: no packet has it where policies are asked. */
export const findClusterIpNamed: FindPolicyCause = ({ asked }, denial) => {
  const found = asked && blockOfService(denial)
  const { sent, flow } = denial.place
  if (!found || !sent) return undefined
  const { policy, block } = found
  const name = formatCidr(block.cidr)
  const ip = formatIp(sent.dst)
  const holding = name.startsWith(`${ip}/`) ? `${ip}, the address` : `${name}, in which is the address ${ip}`
  return {
    message: `${policyName(policy)} allows ${holding} of Service ${asked.service.name}; policies see the packet after translation, on its way to ${partyName(flow.peer)}`,
    ...(denial.remedy && { fix: denial.remedy.text }),
    objects: [inPolicy(policy, block.path), asked.service.ref],
  }
}

/** A block of a rule on the way out that holds the address before translation, and not the one after it. */
function blockOfService({
  place,
  misses,
}: Denial): { readonly policy: Policy; readonly block: IpBlock } | undefined {
  const { sent, packet, flow, policies } = place
  if (!sent || sent.dst === packet.dst || flow.direction !== 'egress') return undefined
  const holds = (block: IpBlock, party: Party) =>
    matchesPeer({ path: block.path, blocks: [block] }, party, flow.self, policies.engine)
  for (const { policy } of misses) {
    const block = blocksOf(policy).find((one) => holds(one, { ip: sent.dst }) && !holds(one, flow.peer))
    if (block) return { policy, block }
  }
  return undefined
}

/** The blocks that rules on the way out allow. */
function blocksOf({ egress = [] }: Policy): readonly IpBlock[] {
  return egress
    .filter(({ action }) => action === 'allow')
    .flatMap(({ peers = [] }) => peers)
    .flatMap(({ blocks = [] }) => blocks)
}
