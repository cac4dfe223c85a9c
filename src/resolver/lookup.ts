import type { Ip } from '../base/ip.ts'
import type { ResolvConf } from './resolv-conf.ts'

/** The resolver libraries: glibc's and musl's getaddrinfo, and `as-is` for what uses no search list (c-ares, dig). */
export type Libc = 'glibc' | 'musl' | 'as-is'

/** What one question got back. */
export type LookupAnswer =
  /** Records: the addresses of the asked type; none, if the answer is a CNAME that leads nowhere. */
  | { readonly type: 'data'; readonly addresses: readonly Ip[]; readonly canonical?: string }
  | { readonly type: 'nodata' }
  | { readonly type: 'nxdomain' }
  | { readonly type: 'servfail' }
  | { readonly type: 'refused' }
  /** A reply that is too long for its datagram: it is asked for again over TCP. */
  | { readonly type: 'truncated' }
  /** No reply arrives in any way. */
  | { readonly type: 'timeout' }
  /**
   * An ICMP error comes back, or the host has no route itself: glibc goes on at once, and so does c-ares, unless it is
   * `soft` (network or host unreachable), of which only a socket hears that asks for it; musl hears of none and waits.
   */
  | { readonly type: 'unreachable'; readonly soft?: true }

/** One question put to one name server. */
export interface LookupQuestion {
  /** Absolute, with its trailing dot. */
  readonly name: string
  readonly type: 'A' | 'AAAA'
  readonly server: Ip
}

/** One round: the questions that are sent together (A and AAAA from one socket), with the servers they go to. */
export interface LookupRound {
  readonly questions: readonly LookupQuestion[]
  /** Whether all servers are asked at once, as musl does. */
  readonly parallel: boolean
  /** The questions go over TCP, in one connection to each server: after a truncated reply, or with `options use-vc`. */
  readonly tcp?: true
}

/** Where a lookup stands: it asks a round and goes on with the answers, or it is done. Steps can be replayed. */
export type LookupStep =
  | {
      readonly type: 'ask'
      readonly round: LookupRound
      /** Goes on with the answers, in the order of the questions. */
      next(answers: readonly LookupAnswer[]): LookupStep
    }
  | { readonly type: 'done'; readonly result: LookupResult }

export type LookupResult =
  /** `name` is the absolute name that was answered. `seconds` were spent on waiting, if any. */
  | {
      readonly type: 'found'
      readonly name: string
      readonly addresses: readonly Ip[]
      readonly seconds?: number
    }
  /** EAI_NONAME, EAI_NODATA or EAI_AGAIN; `seconds` is how long the person waited for it, if they did. */
  | {
      readonly type: 'failed'
      readonly error: 'not-found' | 'no-data' | 'try-again'
      readonly seconds?: number
    }

export interface Lookup {
  /** As the person wrote it. */
  readonly name: string
  /** The family that was asked for; `undefined` asks for both. */
  readonly family: 4 | 6 | undefined
  readonly conf: ResolvConf
  /** The host's own addresses, which decide the order of what is found; some IPv4 address, if left out. */
  readonly sources?: readonly Ip[]
}

/** Stands for the addresses of a host that has IPv4 alone. */
export const ipv4Sources: readonly Ip[] = [0]

/** The types that this lookup asks for. */
export function typesOf({ family }: Lookup): readonly LookupQuestion['type'][] {
  return family === undefined ? ['A', 'AAAA'] : family === 4 ? ['A'] : ['AAAA']
}

/** The end of a lookup that found something. */
export function found(name: string, addresses: readonly Ip[], seconds: number): LookupStep {
  return { type: 'done', result: { type: 'found', name, addresses, ...(seconds > 0 && { seconds }) } }
}

/** The end of a lookup that found nothing. */
export function failed(error: 'not-found' | 'no-data' | 'try-again', seconds: number): LookupStep {
  return { type: 'done', result: { type: 'failed', error, ...(seconds > 0 && { seconds }) } }
}
