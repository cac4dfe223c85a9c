import type { Ip } from '../base/ip.ts'
import type { ObjectRef } from '../base/source.ts'
import type { Outcome } from '../dataplane/flight.ts'
import type { NearMiss } from '../http/near-miss.ts'
import type { HttpProxy } from '../http/proxy.ts'
import type { HttpAnswer, Resolution, Symptom } from '../model/journey.ts'
import type { Disposition, Leg } from '../model/trace.ts'
import type { Dial } from './resolve-target.ts'
import type { Sender } from './sender.ts'

/** What the user asked for, in the words of the request: for what the person at the keyboard sees. */
export interface Asked {
  readonly host: string
  readonly port: number
  readonly protocol: number
}

/**
 * One raw result of a request: a way that it may go. `outcome` is the exchange that decided it: the last one, or the
 * one that failed; it may be the query for a name, or the connection of a proxy, and then `sender` and `dial` are its.
 */
export interface RawResult {
  readonly outcome: Outcome
  readonly sender: Sender
  readonly dial: Dial
  readonly addressed: Asked
  /** The legs before the one of `outcome`. */
  readonly before: readonly Leg[]
  /** How the journey ends, where that is not how its last exchange ends. */
  readonly ending?: { readonly disposition: Disposition; readonly symptom?: Symptom }
  readonly resolution?: Resolution
  readonly http?: HttpAnswer
  /** Why a proxy answered by itself: what its configuration says, and the objects that say so. */
  readonly refusal?: ProxyRefusal
  /** Who asked, where `sender` is a proxy or a name server. */
  readonly asker?: Sender
}

/** The code of a redirect that leads to itself. */
export const redirectLoop = 'redirect-loop'

/** Why a proxy did not hand a request on. */
export interface ProxyRefusal {
  readonly code: string
  readonly text: string
  readonly objects: readonly ObjectRef[]
  readonly fix?: string
  readonly proxy: HttpProxy
  readonly host: string
  readonly path: string
  /** The client as the proxy believes it, where it looked at it. */
  readonly client?: Ip
  /** Routes that the request would have taken, had it been a little different. */
  readonly nearMisses?: readonly NearMiss[]
  /** `shop/web:80`, where a backend is at fault. */
  readonly backend?: string
}
