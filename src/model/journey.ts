import type { Severity } from '../base/diagnostic.ts'
import type { Judged, ObjectRef, SourceLocation } from '../base/source.ts'
import type { YamlValue } from '../base/yaml-text.ts'
import type { Rcode } from '../dns/message.ts'
import type { Header } from '../http/request.ts'
import type { MissType } from '../policy/miss.ts'
import type { Disposition, Leg, Stall, StoppedAt } from './trace.ts'

/** What was asked: who sends what to whom. The texts are the user's own. */
export interface JourneyRequest {
  /** `pod/[ns/]name`, `deploy/[ns/]name`, `node/name`, `external/address-or-name`, `internet`, or an address. */
  readonly from: string
  /** `svc/[ns/]name[:port]`, `pod/…`, `node/…`, `ip:port`, `name:port`, or a URL. */
  readonly to: string
  readonly protocol?: 'tcp' | 'udp' | 'sctp' | 'icmp'
  /** Source port; an ephemeral one if left out. */
  readonly sport?: number
  /** How many bytes are sent, without headers; small packets alone, if left out. */
  readonly size?: number
  /** How many bytes are answered; as many as are sent, if left out. */
  readonly responseSize?: number
  /** Of a datagram or echo: whether it may be cut on its way. A Linux socket's default, if left out. */
  readonly dontFragment?: boolean
  /** The namespace of names that do not say theirs. */
  readonly namespace?: string
  /** The address family to use; without it, the first that the destination has. */
  readonly family?: 4 | 6
  /** Whose resolver asks for names; without it, the Environment's, else glibc's. */
  readonly resolver?: ResolverName
  /** Names that are not asked for: addresses by name, as with curl's --resolve. */
  readonly resolve?: Readonly<Record<string, string>>
  /** Of dumped nodes alone: the device by which the sender's packets reach a node, if not the one of its route. */
  readonly in?: string
  /** For a URL: GET, if left out. */
  readonly method?: string
  /** For a URL: `Name: value`, as with curl's -H. */
  readonly headers?: readonly string[]
  /** For an https URL: do not check the certificate, as with curl's -k. */
  readonly insecure?: boolean
}

/** The resolvers that differ in what they ask: those of two C libraries, and tools that ask for a name as it stands. */
export type ResolverName = 'glibc' | 'musl' | 'as-is'

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

/** One place on the way at which the policies of an endpoint were asked, and what they said of the packet there. */
export interface PolicyCheck extends Judged {
  /** Which of the legs it was on, from 0. */
  readonly leg: number
  /** Where: the namespace whose rules or programs asked. */
  readonly netns: string
  /** What enforces policies. */
  readonly engine: string
  /** The packet as it was judged: after translation of its destination, before that of its source. */
  readonly packet: {
    readonly protocol: string
    readonly src: string
    readonly dst: string
    readonly dport: number
  }
  readonly verdict: 'allowed' | 'denied' | 'unknown'
  /** `rule`: one decided. `isolated`: no rule matched, and policies isolate the endpoint; `own-node`: but its own node sent it. `unselected`: none decided. */
  readonly by: 'rule' | 'isolated' | 'own-node' | 'unselected'
  /** The policies that are about the endpoint in this direction, in the order in which they are asked. */
  readonly policies: readonly ObjectRef[]
  /** The rule that decided. */
  readonly rule?: {
    readonly policy: ObjectRef
    readonly action: 'allow' | 'deny' | 'pass' | 'log'
    /** Its place in the policy. */
    readonly path: readonly (string | number)[]
    /** The peer and the port by which it matched, where it states any. */
    readonly peer?: PolicyPlace
    readonly port?: PolicyPlace
  }
  /** Of a packet that may not pass: of each policy that could have let it pass, the rule that came nearest. */
  readonly misses?: readonly PolicyNearMiss[]
  /** The smallest addition with which it may pass: it was tried. */
  readonly remedy?: PolicyRemedy
}

/** A place within a policy. */
export interface PolicyPlace {
  readonly path: readonly (string | number)[]
  readonly at?: SourceLocation
}

/** What is in the way of the rule that came nearest. */
export interface PolicyNearMiss {
  readonly policy: ObjectRef
  /** The rule; absent where the policy allows nothing in this direction. */
  readonly rule?: PolicyPlace
  readonly misses: readonly PolicyMiss[]
}

/** One thing that a rule wants otherwise, in words, and where the policy says so. */
export interface PolicyMiss extends PolicyPlace {
  readonly type: MissType
  readonly text: string
}

/** Something to add to an object. */
export interface PolicyRemedy {
  readonly type: 'port' | 'peer' | 'label' | 'rule'
  /** The object, with the place in it. */
  readonly object: ObjectRef
  /** As in a JSON patch, a last `-` stands for the end of a list. */
  readonly path: readonly (string | number)[]
  readonly value: YamlValue
  /** In a sentence. */
  readonly text: string
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
  /** Where policies were asked, in the order of the way; absent where none is about an end of it. */
  readonly policies?: readonly PolicyCheck[]
  /** How the name became an address, where one was asked for. */
  readonly resolution?: Resolution
  /** What came of an HTTP request. */
  readonly http?: HttpAnswer
  /** The pod that sent, when the request named a workload. */
  readonly from?: ObjectRef
  /** For `stalled`: the packet that is too large, and whether its sender hears of it. */
  readonly stall?: Stall
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

/** One query that a resolver sent, and what came back. */
export interface NameQuery {
  /** Absolute, with its final dot. */
  readonly name: string
  readonly type: string
  /** The name server's address. */
  readonly server: string
  /** `null` if no answer came. */
  readonly rcode: Rcode | null
  /** Records of the answer section: `web.shop.svc.cluster.local. 30 IN A 10.96.0.7`. */
  readonly answers: readonly string[]
  /** How the query's own packets fared. */
  readonly disposition: Disposition
  readonly answeredBy?: Destination
  /** What the server did with it: one text a plugin that mattered. */
  readonly steps: readonly string[]
  readonly truncated?: true
  /** The server answers for a zone of its own (AA). */
  readonly authoritative?: true
  readonly authority: readonly string[]
  readonly additional: readonly string[]
  /** Nothing in the input states the answer. */
  readonly assumed?: true
}

/** How a name was looked up. */
export interface Resolution {
  readonly asked: string
  /** Where the answer came from. */
  readonly source: 'dns' | 'hosts-file' | 'given' | 'not-walked'
  readonly resolver: ResolverName
  /** In the order in which they were sent. */
  readonly queries: readonly NameQuery[]
  /** The name that was found, of those that the search list makes of it; absent if none was. */
  readonly name?: string
  readonly addresses: readonly string[]
  /** Nothing in the input states the address. */
  readonly assumed?: true
  /** The addresses of the name as it was asked for, where a search domain answered for another one. */
  readonly meant?: readonly string[]
  /** How long it takes until the resolver gives up, where it had to wait. */
  readonly seconds?: number
}

/** What is asked of DNS: a name, by whom. */
export interface NameRequest {
  readonly name: string
  /** The type of records; the addresses of both families, as programs ask for them, if left out. */
  readonly type?: string
  /** Who asks, as in a request; any pod that uses the cluster's DNS, if left out. */
  readonly from?: string
  /** The namespace of a pod that does not say its own, and whose search list is used where nobody is named. */
  readonly namespace?: string
  readonly resolver?: ResolverName
  /** The server to ask instead of those of the resolv.conf. */
  readonly server?: string
}

/** One way in which a name may be looked up. */
export interface NameOutcome {
  readonly probability: number
  readonly disposition: Disposition
  readonly symptom: Symptom
  readonly resolution: Resolution
  readonly stoppedAt: StoppedAt | null
  readonly legs: readonly Leg[]
}

/** The answer to a question for a name: `kubewalk dns`. Its queries are those of the likeliest way. */
export interface ResolutionAnswer {
  readonly apiVersion: 'kubewalk.dev/v1alpha1'
  readonly kind: 'Resolution'
  readonly request: NameRequest & { readonly from: string; readonly resolver: ResolverName }
  readonly queries: readonly NameQuery[]
  /** Of the last query; `null` if it got no answer. */
  readonly rcode: Rcode | null
  readonly addresses: readonly string[]
  readonly resolvConf: ResolvConfText
  readonly outcomes: readonly NameOutcome[]
  readonly findings: readonly Finding[]
}

/** What the asker's resolv.conf says. */
export interface ResolvConfText {
  readonly nameservers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

/** What an HTTP client gets, and how it came about. */
export interface HttpAnswer {
  readonly status: number | null
  /** Of a redirect: where to. */
  readonly location?: string
  /** Who made the answer. */
  readonly by: 'proxy' | 'application'
  /** Nothing states the application's answer. */
  readonly assumed?: true
  /** Why the proxy answered itself, or what it did. */
  readonly reason?: string
  readonly proxy?: { readonly profile: string; readonly name: string }
  readonly certificate?: { readonly label: string; readonly names: readonly string[] | 'unknown' }
  readonly host?: string
  readonly route?: { readonly text: string; readonly object: ObjectRef }
  readonly nearMisses?: readonly {
    readonly text: string
    readonly why: string
    readonly object: ObjectRef
  }[]
  /** `shop/web:80`. */
  readonly backend?: string
  /** The request as the application gets it. */
  readonly received?: {
    readonly method: string
    readonly host: string
    readonly path: string
    readonly headers: readonly Header[]
  }
  /** Parts of the proxy's configuration that are not modelled, and that this request met. */
  readonly notModelled?: readonly string[]
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

/** Whether the request was served: it arrived, and for HTTP with a status that is no error. */
export function isServed({ disposition, http }: JourneyOutcome): boolean {
  return disposition === 'reached' && (http?.status == null || http.status < 400)
}

/** How it ends, in one word or two: `reached`, `dropped`, `HTTP 503`. */
export function endingOf({ disposition, http }: JourneyOutcome): string {
  return disposition === 'reached' && http?.status != null ? `HTTP ${http.status}` : disposition
}
