import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parse } from 'yaml'
import type { Finding, HttpAnswer, Journey, LoadedCluster, TraceRequestOptions } from '../../src/index.ts'
import { InputError, parseCluster } from '../../src/index.ts'

/** A file of test/cases: a real failure as cluster, probe and expected answer. */
export interface Case {
  readonly id: string
  readonly title: string
  readonly cluster: readonly KubeObject[]
  readonly extra?: Values
  readonly probe: Values
  readonly expected: {
    readonly verdict: string
    readonly fixPatch?: readonly PatchStep[]
    readonly afterFix?: { readonly verdict: string }
  }
  readonly variants?: readonly (Partial<State> & {
    readonly patch?: readonly PatchStep[]
    readonly verdict: string
  })[]
}

type Values = Readonly<Record<string, unknown>>
type KubeObject = Values & {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

interface PatchStep {
  readonly op: 'add' | 'replace' | 'remove' | 'addObject' | 'removeObject'
  readonly target?: string
  readonly path?: string
  readonly value?: unknown
  readonly object?: KubeObject
}

/** What a probe is made against. */
export interface State {
  readonly cluster: readonly KubeObject[]
  readonly extra: Values
  readonly probe: Values
}

/** One run of a case: as it was found, after its fix, or as a variant. */
export interface Run {
  readonly name: string
  readonly state: State
  readonly verdict: string
}

export function readCase(path: string): Case {
  // The file's name begins with the id; as a plain YAML scalar 019 is a number.
  return { ...parse(readFileSync(path, 'utf8')), id: basename(path).slice(0, 3) }
}

/** The case itself, the fixed state, and the variants. */
export function runsOf(one: Case): readonly Run[] {
  const found: State = { cluster: one.cluster, extra: one.extra ?? {}, probe: one.probe }
  const { verdict, fixPatch, afterFix } = one.expected
  const fixed = fixPatch
    ? [{ name: 'after the fix', state: patched(found, fixPatch), verdict: afterFix?.verdict ?? 'reached' }]
    : []
  const variants = (one.variants ?? []).map((variant, index) => ({
    name: `variant ${index + 1}`,
    state: patched(
      { ...found, extra: merged(found.extra, variant.extra), probe: merged(found.probe, variant.probe) },
      variant.patch ?? [],
    ),
    verdict: variant.verdict,
  }))
  return [{ name: 'as found', state: found, verdict }, ...fixed, ...variants]
}

function merged(base: Values, over: Values | undefined): Values {
  const result: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over ?? {})) {
    const old = result[key]
    result[key] = isValues(old) && isValues(value) ? merged(old, value) : value
  }
  return result
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Applies the steps of a fixPatch: JSON patch, with a target beside the pointer. */
function patched(state: State, steps: readonly PatchStep[]): State {
  const copy = structuredClone(state) as { cluster: KubeObject[]; extra: Values; probe: Values }
  for (const step of steps) {
    if (step.op === 'addObject' && step.object) copy.cluster.push(step.object)
    else if (step.op === 'removeObject')
      copy.cluster = copy.cluster.filter((object) => refOf(object) !== step.target)
    else applyStep(rootOf(copy, step.target ?? ''), step)
  }
  return copy
}

function refOf({ kind, metadata }: KubeObject): string {
  return [kind, ...(metadata.namespace === undefined ? [] : [metadata.namespace]), metadata.name].join('/')
}

function rootOf(state: State, target: string): unknown {
  if (target === 'extra' || target === 'probe') return state[target]
  const found = state.cluster.find((object) => refOf(object) === target)
  if (!found) throw new Error(`the patch names ${target}, which is not there`)
  return found
}

function applyStep(root: unknown, { op, path = '', value }: PatchStep): void {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop() ?? ''
  let at = root as Record<string, unknown>
  for (const key of keys) {
    at[key] ??= {}
    at = at[key] as Record<string, unknown>
  }
  if (Array.isArray(at)) {
    if (op === 'remove') at.splice(Number(last), 1)
    else if (op === 'add') at.splice(last === '-' ? at.length : Number(last), 0, value)
    else at[Number(last)] = value
  } else if (op === 'remove') delete at[last]
  else at[last] = value
}

/** What kubewalk says: the verdict in the cases' words, the journey, and all that was said about the input. */
export interface Answer {
  readonly verdict: string
  readonly journey?: Journey
  readonly findings?: readonly Finding[]
  readonly cluster?: LoadedCluster
  readonly codes: readonly string[]
}

export function ask({ cluster, extra, probe }: State, options: TraceRequestOptions = {}): Answer {
  const environment = {
    apiVersion: 'kubewalk.dev/v1alpha1',
    kind: 'Environment',
    metadata: { name: 'extra' },
    spec: extra,
  }
  const text = JSON.stringify(
    { apiVersion: 'v1', kind: 'List', items: [...cluster, environment] },
    undefined,
    1,
  )
  let loaded: LoadedCluster
  try {
    loaded = parseCluster([{ name: 'case.json', text }])
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { verdict: 'api-rejected', codes: error.diagnostics.map((one) => one.code) }
  }
  const answered =
    probe['protocol'] === 'DNS'
      ? loaded.resolve({ name: String(probe['to']), from: String(probe['from']) }, options)
      : loaded.trace(requestOf(probe, cluster), options)
  const kinds = new Set<string>(answered.outcomes.map(verdictOf))
  const [only] = kinds
  return {
    verdict: kinds.size === 1 && only ? only : 'intermittent',
    ...(answered.kind === 'Journey' && { journey: answered }),
    findings: answered.findings,
    cluster: loaded,
    codes: [...loaded.diagnostics, ...answered.findings].map((one) => one.code),
  }
}

/** How one way ends, in the cases' words. */
function verdictOf(outcome: { readonly disposition: string; readonly http?: HttpAnswer }): string {
  const { disposition, http } = outcome
  if (disposition !== 'reached' || http?.status == null || http.status < 300) return disposition
  if (http.reason?.includes('back to the same address')) return `http-${http.status}-loop`
  return `http-${http.status}`
}

function requestOf(probe: Values, cluster: readonly KubeObject[]): Parameters<LoadedCluster['trace']>[0] {
  const { from, to, protocol, sourcePort, ipFamily, headers, responseBytes } = probe
  const namespace = /^pod\/([^/]+)\//.exec(String(from))?.[1]
  const name = String(protocol ?? 'TCP').toLowerCase()
  return {
    from: String(from),
    to: String(to),
    protocol: (name === 'http' ? 'tcp' : name) as 'tcp' | 'udp' | 'icmp',
    ...(typeof responseBytes === 'number' && { size: 0, responseSize: responseBytes }),
    ...(typeof sourcePort === 'number' && { sport: sourcePort }),
    ...(ipFamily !== undefined && { family: ipFamily === 'IPv6' ? (6 as const) : (4 as const) }),
    ...(namespace !== undefined && { namespace }),
    ...(isValues(probe['resolve']) && { resolve: addressesOf(probe['resolve'], cluster) }),
    ...(isValues(headers) && {
      headers: Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`),
    }),
  }
}

/** What names stand for: an address, or the one that an Ingress has been given. */
function addressesOf(resolve: Values, cluster: readonly KubeObject[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(resolve).map(([name, value]) => {
      const ingress = /^ingress\((.+)\)$/.exec(String(value))?.[1]
      const found = cluster.find((object) => refOf(object) === `Ingress/${ingress}`)
      const status = JSON.stringify(found?.['status'] ?? '')
      return [name, ingress === undefined ? String(value) : (/"ip":"([^"]+)"/.exec(status)?.[1] ?? '')]
    }),
  )
}
