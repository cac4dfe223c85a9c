import type { PortMatch } from '../../../policy/policy.ts'
import { portWords, protocolWord } from '../../../policy/words.ts'
import type { Denial, FindPolicyCause } from './denial.ts'
import { inPolicy, isNameQuery, onlyMissing, policyName } from './denial.ts'

/** A rule names the port of the Service; policies see the packet after translation, on its way to the pod's port. */
export const findServicePortNamed: FindPolicyCause = ({ asked }, denial) => {
  if (isNameQuery(denial)) return undefined
  const found = namesServicePort(denial)
  if (!found || !asked) return undefined
  const { policy, port, words } = found
  return {
    message: `${policyName(policy)} allows ${portWords(port)}, the port of Service ${asked.service.name}; policies see the pod's port, ${words}`,
    ...fixOf(denial),
    objects: [inPolicy(policy, port.path), asked.service.ref],
  }
}

/** The same of the cluster's DNS, whose pods need not listen on 53. */
export const findDnsPortNamed: FindPolicyCause = ({ asked }, denial) => {
  if (!isNameQuery(denial)) return undefined
  const found = namesServicePort(denial)
  if (!found) return undefined
  const { policy, port, words } = found
  const service = asked ? `of Service ${asked.service.name}` : 'that was asked'
  return {
    message: `${policyName(policy)} allows ${portWords(port)}, the port ${service}; the pods behind it answer names on ${words}, and policies see that port`,
    ...fixOf(denial),
    objects: [inPolicy(policy, port.path), asked?.service.ref],
  }
}

function fixOf({ remedy }: Denial): { readonly fix?: string } {
  return remedy ? { fix: remedy.text } : {}
}

/** A rule whose ports alone are off, and hold the port that was asked for before translation. */
function namesServicePort(denial: Denial) {
  const { sent, packet } = denial.place
  if (!sent || sent.dst === packet.dst || sent.dport === packet.dport) return undefined
  const found = onlyMissing(denial, ['port'])
  const port = found?.rule?.ports?.find((one) => holds(one, sent.dport) && one.protocol === packet.protocol)
  if (!found || !port) return undefined
  return { policy: found.policy, port, words: `${protocolWord(packet.protocol)} ${packet.dport}` }
}

function holds({ port, endPort = port }: PortMatch, number: number): boolean {
  return port !== undefined && endPort !== undefined && number >= port && number <= endPort
}
