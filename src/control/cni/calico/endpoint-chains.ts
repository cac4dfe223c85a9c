import type { ClusterPod } from '../../../model/cluster.ts'
import { podId } from '../../pod-namespace.ts'
import type { FelixChain, FelixRule } from './felix-rule.ts'
import { chainName, endpointChain, profilesOf, workloadDevice } from './names.ts'
import type { TierPolicies } from './policies.ts'
import { titled } from './policy/policy-chains.ts'
import type { RuleContext } from './rule-context.ts'
import { clearMark, markIs, markIsClear, setMark } from './rule-context.ts'

type Direction = 'ingress' | 'egress'

/** The releases with which wordings and marks of the endpoints' chains changed. */
const clearsPass = 28
const namesTiers = 29
const endsTiers = 30

/** A chain for what goes to each pod and one for what comes from it. Mirrors WorkloadEndpointToIptablesChains. */
export function endpointChains(context: RuleContext): readonly FelixChain[] {
  const { interfacePrefix } = context.configuration.felix
  return context.pods.flatMap((pod) => {
    const device = workloadDevice(interfacePrefix, pod)
    const origin = { component: 'calico', subject: pod.ref }
    return [
      { name: endpointChain('cali-tw-', device), rules: endpointRules(context, pod, 'ingress'), origin },
      { name: endpointChain('cali-fw-', device), rules: endpointRules(context, pod, 'egress'), origin },
    ]
  })
}

/** Mirrors endpointIptablesChain. */
function endpointRules(context: RuleContext, pod: ClusterPod, direction: Direction): readonly FelixRule[] {
  const { configuration, marks, policies } = context
  const { deny } = configuration.felix
  const cleared = configuration.release >= clearsPass ? marks.accept + marks.pass : marks.accept
  const judges = { endpoint: podId(pod), direction }
  return [
    ...connectionRules(context),
    // Packets of connections that are known never come here: this is where the policies of the pod begin to be asked.
    { action: clearMark(cleared), origin: { component: 'calico', subject: pod.ref, judges } },
    ...(direction === 'egress' ? encapsulationRules(context) : []),
    ...policies.tiersOf(pod, direction).flatMap((tier) => tierRules(context, tier)),
    ...profilesOf(pod).flatMap((profile): readonly FelixRule[] => [
      { action: `--jump ${profileChain(direction, profile)}` },
      { comment: 'Return if profile accepted', match: markIs(marks.accept), action: '--jump RETURN' },
    ]),
    { comment: `${denyWord(context)} if no profiles matched`, action: `--jump ${deny}` },
  ]
}

function denyWord({ configuration }: RuleContext): string {
  return configuration.felix.deny === 'REJECT' && configuration.release >= 26 ? 'Reject' : 'Drop'
}

/** Mirrors appendConntrackRules: what belongs to a connection passes, what should and does not is dropped. */
function connectionRules({ configuration, marks }: RuleContext): readonly FelixRule[] {
  const { filterAllow, dropsInvalid, deny } = configuration.felix
  const known = '-m conntrack --ctstate RELATED,ESTABLISHED'
  return [
    ...(filterAllow === 'ACCEPT' ? [] : [{ match: known, action: setMark(marks.accept) }]),
    { match: known, action: `--jump ${filterAllow}` },
    ...(dropsInvalid ? [{ match: '-m conntrack --ctstate INVALID', action: `--jump ${deny}` }] : []),
  ]
}

/** Pods may not wrap packets themselves, lest they get round policies. */
function encapsulationRules(context: RuleContext): readonly FelixRule[] {
  const { allowVxlanFromPods, allowIpipFromPods, vxlanPort, deny } = context.configuration.felix
  const word = denyWord(context)
  const vxlan: FelixRule = {
    comment: `${word} VXLAN encapped packets originating in workloads`,
    match: `-p 17 -m multiport --destination-ports ${vxlanPort}`,
    action: `--jump ${deny}`,
  }
  const ipip: FelixRule = {
    comment: `${word} IPinIP encapped packets originating in workloads`,
    match: '-p 4',
    action: `--jump ${deny}`,
  }
  return [...(allowVxlanFromPods ? [] : [vxlan]), ...(allowIpipFromPods ? [] : [ipip])]
}

function tierRules(context: RuleContext, { tier, chains, drops }: TierPolicies): readonly FelixRule[] {
  const { configuration, marks } = context
  const { release, felix } = configuration
  const start: FelixRule = {
    comment: release >= namesTiers ? `Start of tier ${tier}` : 'Start of policies',
    action: clearMark(marks.pass),
  }
  const word = denyWord(context)
  const end = release >= endsTiers ? `End of tier ${tier}. ${word}` : word
  return [
    // In 3.28 there is one tier, and its mark was cleared before.
    ...(release === clearsPass ? [] : [start]),
    ...chains.flatMap((chain): readonly FelixRule[] => [
      { match: markIsClear(marks.pass), action: `--jump ${chain}` },
      { comment: 'Return if policy accepted', match: markIs(marks.accept), action: '--jump RETURN' },
    ]),
    ...(drops
      ? [
          {
            comment: `${end} if no policies passed packet`,
            match: markIsClear(marks.pass),
            action: `--jump ${felix.deny}`,
          },
        ]
      : []),
  ]
}

function profileChain(direction: Direction, profile: string): string {
  return chainName(direction === 'ingress' ? 'cali-pri-' : 'cali-pro-', profile)
}

/** The profiles of all pods of the node: a namespace's lets everything pass, a service account's says nothing. */
export function profileChains({ configuration, marks, pods }: RuleContext): readonly FelixChain[] {
  const profiles = [...new Set(pods.flatMap(profilesOf))]
  return profiles.flatMap((profile) =>
    (['ingress', 'egress'] as const).map((direction): FelixChain => {
      const pass: FelixRule = { action: setMark(marks.accept) }
      const back: FelixRule = { match: markIs(marks.accept), action: '--jump RETURN' }
      // A rule at the end that only returns is left out since 3.28.
      const rules = configuration.release >= clearsPass ? [pass] : [pass, back]
      return {
        name: profileChain(direction, profile),
        rules: titled(
          profile.startsWith('kns.') ? rules : [],
          `Profile ${profile} ${direction}`,
          configuration.release,
        ),
      }
    }),
  )
}

/**
 * The chains that send a packet to its endpoint's chain, by the device: a tree of two levels by the first letter in which
 * the names differ. Mirrors interfaceNameDispatchChains and sortAndDivideEndpointNamesToPrefixTree.
 */
export function dispatchChains({ configuration, pods }: RuleContext): readonly FelixChain[] {
  const { interfacePrefix, deny } = configuration.felix
  const names = pods.map((pod) => workloadDevice(interfacePrefix, pod)).toSorted()
  const common = commonPrefix(names)
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const group = name.slice(0, common.length + 1)
    groups.set(group, [...(groups.get(group) ?? []), name])
  }
  const end: FelixRule = { comment: 'Unknown interface', action: `--jump ${deny}` }
  const sides = [
    { chain: 'cali-from-wl-dispatch', option: '--in-interface', prefix: 'cali-fw-' },
    { chain: 'cali-to-wl-dispatch', option: '--out-interface', prefix: 'cali-tw-' },
  ] as const
  return sides.flatMap(({ chain, option, prefix }) => {
    const leaf = (name: string): FelixRule => ({
      match: `${option} ${name}`,
      action: `--goto ${endpointChain(prefix, name)}`,
    })
    const several = [...groups].filter(([, group]) => group.length > 1)
    const childOf = (group: string) => `${chain}-${group.slice(common.length)}`
    const root = [...groups].map(([group, members]) =>
      members.length > 1
        ? { match: `${option} ${group}+`, action: `--goto ${childOf(group)}` }
        : leaf(members[0] ?? ''),
    )
    return [
      { name: chain, rules: [...root, end] },
      ...several.map(([group, members]) => ({ name: childOf(group), rules: [...members.map(leaf), end] })),
    ]
  })
}

function commonPrefix(names: readonly string[]): string {
  const [first = '', ...others] = names
  let length = first.length
  while (length > 0 && !others.every((name) => name.startsWith(first.slice(0, length)))) length--
  return first.slice(0, length)
}
