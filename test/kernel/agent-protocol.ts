/** What an agent can be asked to do; a line of JSON each, answered by a line with the same id. */
export type AgentRequest =
  | { readonly op: 'run'; readonly command: readonly string[]; readonly input: string }
  | { readonly op: 'write'; readonly files: readonly (readonly [path: string, text: string])[] }
  | { readonly op: 'listen'; readonly sockets: readonly ListenSocket[] }
  | { readonly op: 'dial'; readonly dial: Dial }
  | { readonly op: 'counters' }
  | { readonly op: 'forget-affinity' }
  /** From now on answers tell the time to live with which the request came to one of the ports. */
  | { readonly op: 'note-ttl'; readonly backend: string; readonly ports: readonly number[] }

export interface ListenSocket {
  readonly protocol: 'tcp' | 'udp'
  readonly address: string
  readonly port: number
}

/** The same connection or datagram, so many times, so many of them at once. */
export interface Dial {
  readonly protocol: 'tcp' | 'udp'
  readonly address: string
  readonly port: number
  readonly count: number
  readonly atOnce: number
  /** Milliseconds after which no answer is silence. */
  readonly timeout: number
}

/** How one attempt ended. */
export type Attempt =
  | {
      readonly type: 'answered'
      /** The namespace, address and port of the socket that answered. */
      readonly by: string
      /** The source address which that socket saw. */
      readonly seen: string
      /** The time to live with which the request came, if that is taken note of. */
      readonly ttl?: number
    }
  | { readonly type: 'silence' }
  /** The name of the error that the socket got. */
  | { readonly type: 'error'; readonly errno: string }

/** What a namespace has sent to turn somebody away, since it was made. */
export interface Counters {
  /** Resets of its TCP for ports where nobody listens. */
  readonly resets: number
  /** Datagrams that came to ports where nobody listens. */
  readonly noPorts: number
  /** ICMP and ICMPv6 destination-unreachable messages. */
  readonly unreachables: number
}

/** An agent's answers, by request. */
export interface AgentAnswers {
  readonly run: { readonly status: number | null; readonly stderr: string }
  /** The files that are not there. */
  readonly write: readonly string[]
  readonly listen: null
  readonly dial: readonly Attempt[]
  readonly counters: Counters
  readonly 'forget-affinity': null
  readonly 'note-ttl': null
}

/** One line that an agent writes. */
export type AgentLine =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string }
