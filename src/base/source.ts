/** A text that somebody gave: a manifest, a dump, standard input. `name` is what messages call it. */
export interface SourceFile {
  readonly name: string
  readonly text: string
}

/** A place in a text; line and column count from 1. */
export interface SourceLocation {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Names one Kubernetes object, and where it was read from if it was read and not made. */
export interface ObjectRef {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly at?: SourceLocation
}

/** Why a rule, a route or a link exists: the component that made it, and the object it was made from. */
export interface Origin {
  readonly component: string
  readonly subject?: ObjectRef
  /**
   * Where it sends packets to be judged by the policies of an endpoint. What is left out follows from the packet: the
   * endpoint of ingress has its destination's address and that of egress its source's, and the other way round.
   */
  readonly judges?: Partial<Judged>
}

/** An endpoint whose policies are asked, and for which direction of its connections. */
export interface Judged {
  /** The id of its namespace in the network: `pod/shop/web-0`. */
  readonly endpoint: string
  readonly direction: 'ingress' | 'egress'
  /** Who the other end was taken for where its address does not tell: the id of its namespace, or `world`. */
  readonly peer?: string
}

/** `file:line:column`, as compilers print it. */
export function formatLocation(at: SourceLocation): string {
  return `${at.file}:${at.line}:${at.column}`
}

/** `Kind/namespace/name`; the short form in which messages name an object. */
export function formatRef(ref: ObjectRef): string {
  return ref.namespace === undefined ? `${ref.kind}/${ref.name}` : `${ref.kind}/${ref.namespace}/${ref.name}`
}
