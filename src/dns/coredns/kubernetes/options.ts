import { isReverse } from '../../reverse-name.ts'
import type { Dispenser } from '../corefile/dispenser.ts'
import { atoi, parseDuration, quote } from '../go-text.ts'
import type { Selector } from '../label-selector.ts'
import { parseSelector } from '../label-selector.ts'
import type { Directive } from '../plugin/directive.ts'
import { eachOnce, fallthroughZones, unknownProperty, zonesOrBlock } from '../plugin/directive.ts'
import { zonesOf } from '../zones.ts'

/** What the kubernetes plugin was told in the Corefile. */
export interface KubernetesOptions {
  readonly zones: readonly string[]
  /** The first zone that is not a reverse one: the targets of PTR records end in it. */
  readonly primaryZone: string
  /** Only these are served, if there are any. */
  readonly namespaces: readonly string[]
  readonly namespaceLabels?: Selector
  readonly labels?: Selector
  readonly pods: 'disabled' | 'insecure' | 'verified'
  readonly endpointPodNames: boolean
  readonly noEndpoints: boolean
  readonly ignoreEmptyService: boolean
  readonly zonal: boolean
  /** Seconds. */
  readonly ttl: number
  /** A name that is not found in these zones goes to the next plugin. */
  readonly fallthrough: readonly string[]
  readonly multicluster: readonly string[]
}

type Draft = { -readonly [K in keyof KubernetesOptions]: KubernetesOptions[K] }

/** Mirrors kubernetesParse. */
export function parseKubernetes(directive: Directive): KubernetesOptions {
  let options: KubernetesOptions | undefined
  eachOnce(directive, () => {
    options = parseStanza(directive)
  })
  if (options === undefined) throw directive.c.argErr()
  return options
}

/** Mirrors ParseStanza. */
function parseStanza(directive: Directive): KubernetesOptions {
  const { c } = directive
  const zones = zonesOrBlock(c.remainingArgs(), directive)
  const primaryZone = zones.find((zone) => !isReverse(zone))
  if (primaryZone === undefined) throw c.plain('non-reverse zone name must be used')
  const draft: Draft = {
    zones,
    primaryZone,
    namespaces: [],
    pods: 'disabled',
    endpointPodNames: false,
    noEndpoints: false,
    ignoreEmptyService: false,
    zonal: false,
    ttl: 5,
    fallthrough: [],
    multicluster: [],
  }
  while (c.nextBlock()) {
    const read = properties[c.val]
    if (read === undefined) throw unknownKubernetesProperty(directive)
    read(draft, c)
  }
  checkTogether(draft, c)
  return draft
}

function unknownKubernetesProperty(directive: Directive): Error {
  if (!['upstream', 'resyncperiod'].includes(directive.c.val)) return unknownProperty(directive)
  return directive.c.err(
    `unknown property '${directive.c.val}'`,
    'delete the line: CoreDNS has not known this property since 1.7.0',
  )
}

function checkTogether(draft: Draft, c: Dispenser): void {
  if (draft.namespaces.length > 0 && draft.namespaceLabels !== undefined) {
    throw c.err('namespaces and namespace_labels cannot both be set')
  }
  const foreign = draft.multicluster.find((zone) => !draft.zones.includes(zone))
  if (foreign !== undefined) {
    throw c.err(
      `is not authoritative for the multicluster zone ${foreign} (authoritative zones: [${draft.zones.join(' ')}])`,
    )
  }
  if (draft.zonal && draft.noEndpoints) {
    throw c.err('zonal requires the endpoint cache; remove noendpoints')
  }
}

type ReadProperty = (draft: Draft, c: Dispenser) => void

/** Takes arguments of which there must be a certain number; at least one, if it is left out. */
function args(c: Dispenser, count?: number): string[] {
  const found = c.remainingArgs()
  if (count === undefined ? found.length === 0 : found.length !== count) throw c.argErr()
  return found
}

function selectorOf(c: Dispenser, what: string): Selector {
  const text = args(c).join(' ')
  const selector = parseSelector(text)
  if (selector === undefined) throw c.plain(`unable to parse ${what} value: '${text}'`)
  return selector
}

function readPods(draft: Draft, c: Dispenser): void {
  const mode = args(c, 1)[0] ?? ''
  if (mode !== 'disabled' && mode !== 'insecure' && mode !== 'verified') {
    throw c.plain(`wrong value for pods: ${mode},  must be one of: disabled, verified, insecure`)
  }
  draft.pods = mode
}

function readTtl(draft: Draft, c: Dispenser): void {
  const ttl = atoi(args(c)[0] ?? '')
  if (typeof ttl !== 'number') throw c.plain(ttl.error)
  if (ttl < 0 || ttl > 3600) throw c.err(`ttl must be in range [0, 3600]: ${ttl}`)
  draft.ttl = ttl
}

function readIgnore(draft: Draft, c: Dispenser): void {
  const [what] = c.remainingArgs()
  if (what === undefined) return
  if (what !== 'empty_service') throw c.plain(`unable to parse ignore value: '${what}'`)
  draft.ignoreEmptyService = true
}

/** A number that steers how the API server is asked; it changes no answer. */
function rateLimit(_draft: Draft, c: Dispenser): void {
  const property = c.val
  const text = args(c, 1)[0] ?? ''
  const value = property === 'apiserver_qps' ? Number(text) : atoi(text)
  if (typeof value !== 'number') throw c.err(`invalid ${property} ${quote(text)}: ${value.error}`)
  if (Number.isNaN(value)) {
    throw c.err(
      `invalid ${property} ${quote(text)}: strconv.ParseFloat: parsing ${quote(text)}: invalid syntax`,
    )
  }
  if (value < 0) throw c.err(`${property} must be >= 0`)
}

const properties: Readonly<Record<string, ReadProperty>> = {
  endpoint_pod_names: (draft, c) => {
    args(c, 0)
    draft.endpointPodNames = true
  },
  pods: readPods,
  namespaces: (draft, c) => {
    draft.namespaces = [...draft.namespaces, ...args(c)]
  },
  endpoint: (_draft, c) => {
    args(c)
  },
  tls: (_draft, c) => {
    args(c, 3)
  },
  labels: (draft, c) => {
    draft.labels = selectorOf(c, 'label selector')
  },
  namespace_labels: (draft, c) => {
    draft.namespaceLabels = selectorOf(c, 'namespace_label selector')
  },
  fallthrough: (draft, c) => {
    draft.fallthrough = fallthroughZones(c.remainingArgs())
  },
  ttl: readTtl,
  noendpoints: (draft, c) => {
    args(c, 0)
    draft.noEndpoints = true
  },
  zonal: (draft, c) => {
    args(c, 0)
    draft.zonal = true
  },
  ignore: readIgnore,
  kubeconfig: (_draft, c) => {
    const found = c.remainingArgs()
    if (found.length !== 1 && found.length !== 2) throw c.argErr()
  },
  multicluster: (draft, c) => {
    draft.multicluster = c.remainingArgs().flatMap(zonesOf)
  },
  startup_timeout: (_draft, c) => {
    const text = args(c)[0] ?? ''
    const duration = parseDuration(text)
    if (typeof duration !== 'number') {
      throw c.plain(`failed to parse startup_timeout: ${text}, ${duration.error}`)
    }
  },
  apiserver_qps: rateLimit,
  apiserver_burst: rateLimit,
  apiserver_max_inflight: rateLimit,
}
