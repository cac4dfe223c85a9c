import type { HookName, TableName } from './rule.ts'

/** One thing that happens to a packet at a hook: a table is asked, or conntrack acts. */
export type Stage = TableName | 'track' | 'confirm'

/** What runs at each hook, in the order of netfilter's priorities (docs/fidelity.md has the numbers). */
export const stages: Readonly<Record<HookName, readonly Stage[]>> = {
  PREROUTING: ['raw', 'track', 'mangle', 'nat'],
  INPUT: ['mangle', 'filter', 'security', 'nat', 'confirm'],
  FORWARD: ['mangle', 'filter', 'security'],
  OUTPUT: ['raw', 'track', 'mangle', 'nat', 'filter', 'security'],
  POSTROUTING: ['mangle', 'nat', 'confirm'],
}

const priorities: Readonly<Record<Exclude<Stage, 'nat'>, number>> = {
  raw: -300,
  track: -200,
  mangle: -150,
  filter: 0,
  security: 50,
  confirm: 2147483647,
}

/** The number by which netfilter sorts what stands at a hook (enum nf_ip_hook_priorities). */
export function priorityOf(hook: HookName, stage: Stage): number {
  if (stage !== 'nat') return priorities[stage]
  return manipOf(hook) === 'destination' ? -100 : 100
}

/** HOOK2MANIP: destinations are translated on the way in and at OUTPUT, sources on the way out and at INPUT. */
export function manipOf(hook: HookName): 'source' | 'destination' {
  return hook === 'PREROUTING' || hook === 'OUTPUT' ? 'destination' : 'source'
}
