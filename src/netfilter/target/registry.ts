import type { MatchContext } from '../match/match.ts'
import type { Target } from '../rule.ts'
import type { MaskedByte } from '../save-format/traffic-class.ts'
import { checksum } from './checksum.ts'
import type { ClassifyTarget } from './classify.ts'
import { classify } from './classify.ts'
import type { ConnmarkTarget } from './connmark.ts'
import { connmark } from './connmark.ts'
import type { CtTarget } from './ct.ts'
import { ct, notrack } from './ct.ts'
import type { DnatTarget } from './dnat.ts'
import { dnat } from './dnat.ts'
import type { DscpTarget } from './dscp.ts'
import { dscp } from './dscp.ts'
import type { HopLimitTarget } from './hop-limit.ts'
import { hl, ttl } from './hop-limit.ts'
import type { LogTarget } from './log.ts'
import { log } from './log.ts'
import type { XorMark } from './mark.ts'
import { mark } from './mark.ts'
import type { MasqueradeTarget } from './masquerade.ts'
import { masquerade } from './masquerade.ts'
import type { NetmapTarget } from './netmap.ts'
import { netmap } from './netmap.ts'
import type { NflogTarget } from './nflog.ts'
import { nflog } from './nflog.ts'
import type { RedirectTarget } from './redirect.ts'
import { redirect } from './redirect.ts'
import { reject } from './reject.ts'
import type { SetTarget } from './set.ts'
import { set } from './set.ts'
import type { SnatTarget } from './snat.ts'
import { snat } from './snat.ts'
import type { Effect, RejectAnswer, TargetModule, UnknownTarget } from './target.ts'
import type { TcpmssTarget } from './tcpmss.ts'
import { tcpmss } from './tcpmss.ts'
import { tos } from './tos.ts'
import { trace } from './trace.ts'
import { unmodelledTargets } from './unmodelled.ts'

/** Every target extension by the name after `-j`, and the type of its options. */
export interface TargetFields {
  CHECKSUM: object
  CLASSIFY: ClassifyTarget
  CONNMARK: ConnmarkTarget
  CT: CtTarget
  DNAT: DnatTarget
  DSCP: DscpTarget
  HL: HopLimitTarget
  LOG: LogTarget
  MARK: XorMark
  MASQUERADE: MasqueradeTarget
  NETMAP: NetmapTarget
  NFLOG: NflogTarget
  NOTRACK: object
  REDIRECT: RedirectTarget
  REJECT: RejectAnswer
  SET: SetTarget
  SNAT: SnatTarget
  TCPMSS: TcpmssTarget
  TOS: MaskedByte
  TRACE: object
  TTL: HopLimitTarget
}

export type TargetName = keyof TargetFields

/** A target of an extension: known, with typed options, or unknown, with its text. */
export type ExtensionTarget =
  | { [K in TargetName]: { readonly type: K } & TargetFields[K] }[TargetName]
  | UnknownTarget

type KnownTarget<K extends TargetName> = { readonly type: K } & TargetFields[K]

/** The modules, one for each entry of TargetFields; leaving one out does not compile. */
export const targetModules: { readonly [K in TargetName]: TargetModule<TargetFields[K]> } = {
  CHECKSUM: checksum,
  CLASSIFY: classify,
  CONNMARK: connmark,
  CT: ct,
  DNAT: dnat,
  DSCP: dscp,
  HL: hl,
  LOG: log,
  MARK: mark,
  MASQUERADE: masquerade,
  NETMAP: netmap,
  NFLOG: nflog,
  NOTRACK: notrack,
  REDIRECT: redirect,
  REJECT: reject,
  SET: set,
  SNAT: snat,
  TCPMSS: tcpmss,
  TOS: tos,
  TRACE: trace,
  TTL: ttl,
}

export function isTargetName(name: string): name is TargetName {
  return Object.hasOwn(targetModules, name)
}

/** Does what the target does. */
export function applyTarget<K extends TargetName>(target: KnownTarget<K>, context: MatchContext): Effect {
  return targetModules[target.type].apply(target, context)
}

/** The target's options as iptables-save prints them. */
export function formatTarget<K extends TargetName>(target: KnownTarget<K>, family: 4 | 6): string {
  return targetModules[target.type].format(target, family)
}

/** Whether a packet goes on after this target as if its rule were not there. */
export function isHarmless(target: Target): boolean {
  if (target.type === 'unknown')
    return Object.hasOwn(unmodelledTargets, target.name) && unmodelledTargets[target.name]?.harmless === true
  return isTargetName(target.type) && targetModules[target.type].harmless === true
}
