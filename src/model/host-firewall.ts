/** What a node's own firewalls are told to do, as the Environment states it. docs/environment.md describes each field. */
export interface HostFirewalls {
  /** Hand-written chains of table filter; `nft` and `legacy` say in which of iptables' backends they stand. */
  readonly filter?: FilterChains & { readonly nft?: FilterChains; readonly legacy?: FilterChains }
  /** The same as `filter`, without backends. */
  readonly firewall?: FilterChains
  readonly nat?: NatChains
  readonly iptables?: IptablesUse
  readonly docker?: DockerFirewall
  readonly ufw?: UfwFirewall
  readonly firewalld?: FirewalldFirewall
}

export type FilterHook = 'INPUT' | 'FORWARD' | 'OUTPUT'
export type FilterChains = { readonly [H in FilterHook]?: HandWrittenChain }

/** What a hand-written base chain does; its lists count in the order in which they stand. */
export interface HandWrittenChain {
  /** `ACCEPT`, `DROP`, or `REJECT` with an answer: a last rule of the chain, since no policy rejects. */
  readonly policy?: string
  readonly accept?: readonly HandWrittenEntry[]
  readonly drop?: readonly HandWrittenEntry[]
  readonly reject?: readonly HandWrittenEntry[]
  /** iptables' own words, such as `-A INPUT -p tcp --dport 22 -j ACCEPT`. */
  readonly rules?: readonly string[]
}

/** `udp dport 8472 from 10.0.0.0/24`, or the same as a map. */
export type HandWrittenEntry = string | Readonly<Record<string, unknown>>

export type NatHook = 'PREROUTING' | 'INPUT' | 'OUTPUT' | 'POSTROUTING'
export type NatChains = {
  readonly [H in NatHook]?: {
    readonly rules?: readonly string[]
    /** Of POSTROUTING: false says that the network plugin's rule for pods is missing on this node. */
    readonly podMasquerade?: boolean
  }
}

/** Which backend of iptables writes whose rules, `nft` or `legacy`, and rules as iptables-save prints them. */
export interface IptablesUse {
  readonly host?: string
  readonly cniImage?: string
  readonly kubeProxy?: string
  readonly rules?: string
  readonly rules6?: string
}

export interface DockerFirewall {
  readonly running?: boolean
  /** The release of Docker Engine: `20.10` to `29`. */
  readonly version?: string
  readonly forwardPolicy?: string
  /** Rules that an administrator put into DOCKER-USER. */
  readonly user?: readonly string[]
}

export interface UfwFirewall {
  readonly enabled?: boolean
  /** `allow`, `deny` or `reject`. */
  readonly incoming?: string
  readonly outgoing?: string
  readonly routed?: string
  /** What may come in, in the words of `ufw allow`. */
  readonly allow?: readonly string[]
  /** Whole commands, without `ufw` in front. */
  readonly rules?: readonly string[]
  /** `off` or `low`. */
  readonly logging?: string
}

export interface FirewalldFirewall {
  readonly running?: boolean
  /** `nftables` or `iptables`. */
  readonly backend?: string
  readonly defaultZone?: string
  readonly trustedInterfaces?: readonly string[]
  readonly trustedSources?: readonly string[]
  /** What the default zone lets in, beside what it has as it is released. */
  readonly services?: readonly string[]
  /** `8472/udp`, `30000-32767/tcp`. */
  readonly ports?: readonly string[]
  /** What becomes of packets that are forwarded out of no trusted zone: `REJECT` with an answer, `DROP`, `ACCEPT`. */
  readonly forwardDefault?: string
  /** The same for packets to the node itself. */
  readonly inputDefault?: string
  readonly zones?: Readonly<Record<string, FirewalldZone>>
}

export interface FirewalldZone {
  readonly interfaces?: readonly string[]
  readonly sources?: readonly string[]
  readonly services?: readonly string[]
  readonly ports?: readonly string[]
  /** `default`, `ACCEPT`, `DROP` or `%%REJECT%%`. */
  readonly target?: string
  /** Whether packets pass between the zone's own devices; true in firewalld 1.0 and later. */
  readonly forward?: boolean
}
