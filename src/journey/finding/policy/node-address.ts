import { formatIp } from '../../../base/ip.ts'
import { endpointsOf } from '../../../control/policy/endpoints.ts'
import { decide } from '../../../policy/decide.ts'
import { partyName } from '../../../policy/words.ts'
import type { Failure } from '../failure.ts'
import { inService } from '../failure.ts'
import type { FindPolicyCause } from './denial.ts'
import { inPolicy, policyName } from './denial.ts'

/** A node put its own address in the client's place before the policies of the pod were asked. */
export const findMasqueraded: FindPolicyCause = (failure, denial) => {
  const { world, asked } = failure
  const { flow, sent, packet, policies, decision } = denial.place
  if (flow.direction !== 'ingress' || !sent || sent.src === packet.src) return undefined
  const client = endpointsOf(world.cluster).party(sent.src)
  const untranslated = decide(decision.selected, { ...flow, peer: client }, policies.engine)
  const { policy, rule } = untranslated
  if (untranslated.verdict !== 'allowed' || !policy || !rule) return undefined
  const who = formatIp(packet.src)
  const owner = flow.peer.endpoint ? ` (${partyName(flow.peer)})` : ''
  return {
    message: `${policyName(policy)} allows ${partyName(client)}, and sees ${who}${owner} in its place: the connection was masqueraded on its way to the pod`,
    fix: `${keepsAddress(failure)}${denial.remedy?.text ?? ''}`,
    objects: [
      inPolicy(policy, rule.path),
      asked && inService(asked.service, 'spec', 'externalTrafficPolicy'),
    ],
  }
}

function keepsAddress({ asked }: Failure): string {
  if (!asked || asked.by === 'cluster IP' || asked.by === 'name') return ''
  const { service } = asked
  return service.externalLocal
    ? ''
    : `set externalTrafficPolicy: Local on Service ${service.name}, which keeps the client's address; or `
}
