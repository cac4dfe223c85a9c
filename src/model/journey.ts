import type { Severity } from '../base/diagnostic.ts'
import type { ObjectRef } from '../base/source.ts'
import type { Disposition, Leg, StoppedAt } from './trace.ts'

/** What was asked: who sends what to whom. The texts are the user's own. */
export interface JourneyRequest {
  /** `pod/[ns/]name`, `deploy/[ns/]name`, `node/name`, `external/address-or-name`, `internet`, or an address. */
  readonly from: string
  /** `svc/[ns/]name[:port]`, `pod/…`, `node/…`, `ip:port`, `name:port`, or a URL. */
  readonly to: string
  readonly protocol?: 'tcp' | 'udp' | 'sctp' | 'icmp'
  /** Source port; an ephemeral one if left out. */
  readonly sport?: number
  /** The namespace of names that do not say theirs. */
  readonly namespace?: string
  /** The address family to use; without it, the first that the destination has. */
  readonly family?: 4 | 6
}

/** What the person at the keyboard sees, in curl's words. */
export interface Symptom {
  readonly text: string
  /** curl's exit code; `null` where curl is not the tool. */
  readonly curlExitCode: number | null
  readonly httpStatus: number | null
}

/** Where a packet was delivered. */
export interface Destination {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly node?: string
  readonly ip: string
  readonly port: number
  /** Nothing stated that somebody listens there: it was assumed. */
  readonly assumed?: boolean
}

/** One way in which a journey may go, with its share of all. */
export interface JourneyOutcome {
  readonly probability: number
  readonly disposition: Disposition
  readonly symptom: Symptom
  readonly destination: Destination | null
  /** The source that the destination's socket sees; a port drawn at random is an example. */
  readonly seenSource: { readonly ip: string; readonly port: number; readonly randomPort?: boolean } | null
  readonly stoppedAt: StoppedAt | null
  readonly legs: readonly Leg[]
  /** The pod that sent, when the request named a workload. */
  readonly from?: ObjectRef
  /** The error that the sender's own kernel gave. */
  readonly errno?: string
  /** For `unknown`: both answers. */
  readonly alternatives?: readonly {
    readonly assuming: string
    readonly outcomes: readonly JourneyOutcome[]
  }[]
}

/** A cause, in one sentence, with what would mend it. */
export interface Finding {
  readonly code: string
  readonly severity: Severity
  readonly message: string
  readonly fix?: string
  readonly objects: readonly ObjectRef[]
}

/** How a name became an address. */
export interface NameAnswer {
  readonly asked: string
  /** The name that was found, of those that the search list makes of it. */
  readonly name: string
  readonly addresses: readonly string[]
  /** Nothing in the input states the address: it stands for any host outside the cluster. */
  readonly assumed?: true
}

/** The answer to a request. */
export interface Journey {
  readonly apiVersion: 'kubewalk.dev/v1alpha1'
  readonly kind: 'Journey'
  readonly request: JourneyRequest & { readonly protocol: 'tcp' | 'udp' | 'sctp' | 'icmp' }
  readonly outcomes: readonly JourneyOutcome[]
  readonly findings: readonly Finding[]
  readonly resolved?: NameAnswer
}
