import type { Checked, Report } from '../base/diagnostic.ts'
import { collectDiagnostics } from '../base/diagnostic.ts'
import { fnv1a } from '../base/hash.ts'
import { nearest } from '../base/nearest.ts'
import type { ObjectRef, SourceFile, SourceLocation } from '../base/source.ts'
import { formatRef } from '../base/source.ts'
import type { KindName, KindTypes, ObjectsByKind } from '../model/kinds.ts'
import type { Located } from '../model/objects.ts'
import type { RawDocument } from './document.ts'
import { readDocuments } from './document.ts'
import type { KindModule } from './kind/kind.ts'
import { isKindName, kindModules } from './kind/registry.ts'
import { checkSchema } from './schema/check.ts'

export interface Manifest {
  readonly objects: ObjectsByKind
  /** Kinds that are not read, with their number. */
  readonly otherKinds: ReadonlyMap<string, number>
}

type Path = readonly (string | number)[]
type RawObject = Readonly<Record<string, unknown>>

/** One object of a document: the document itself, or an item of a List. */
interface Entry {
  readonly value: unknown
  readonly document: RawDocument
  readonly path: Path
}

/** The collections while they are being filled. */
type Collected = { [K in KindName]: Located<KindTypes[K]>[] }

interface Loading {
  readonly collected: Collected
  readonly values: Map<string, RawObject>
  readonly refs: Map<string, ObjectRef>
  readonly otherKinds: Map<string, number>
  readonly report: Report
}

/**
 * Reads Kubernetes objects from texts: YAML or JSON, several documents, Lists, dumps. Everything that is wrong is
 * reported with its place; what is right is returned.
 */
export function loadManifest(files: readonly SourceFile[]): Checked<Manifest> {
  const { report, diagnostics } = collectDiagnostics()
  const collected = Object.fromEntries(
    Object.keys(kindModules).map((kind) => [kind, []]),
  ) as unknown as Collected
  const loading: Loading = { collected, values: new Map(), refs: new Map(), otherKinds: new Map(), report }
  for (const file of files) readFile(file, loading)
  for (const [name, keys] of embedded) readEmbedded(name, keys, loading)
  const { otherKinds } = loading
  if (otherKinds.size > 0) {
    const list = [...otherKinds].toSorted().map(([kind, count]) => `${kind} (${count})`)
    report('kind-not-read', `not read: ${list.join(', ')}`)
  }
  if (loading.refs.size === 0 && otherKinds.size === 0 && diagnostics.length === 0) {
    report(
      'empty-input',
      `no Kubernetes object in ${files.map((file) => file.name).join(', ') || 'the input'}`,
      {
        fix: 'give manifests with -f: files, folders, or - for standard input',
      },
    )
  }
  return { value: { objects: collected, otherKinds }, diagnostics }
}

/** Configuration files that clusters keep in ConfigMaps of kube-system, by the ConfigMap's name and its keys. */
const embedded: readonly (readonly [string, readonly string[]])[] = [
  ['kube-proxy', ['config.conf', 'config']],
  ['kubeadm-config', ['ClusterConfiguration']],
]

/** Reads configuration out of a ConfigMap; places are lines of the ConfigMap's own file. */
function readEmbedded(name: string, keys: readonly string[], loading: Loading): void {
  for (const { object, ref, locate } of loading.collected.ConfigMap) {
    if (ref.name !== name || ref.namespace !== 'kube-system') continue
    for (const key of keys) {
      const text = object.data?.[key]
      if (text === undefined) continue
      const { file, line } = locate(['data', key])
      // The text of a block scalar begins on the line after its key; blank lines keep the line numbers.
      readFile({ name: file, text: `${'\n'.repeat(line)}${text}` }, loading)
    }
  }
}

function readFile(file: SourceFile, loading: Loading): void {
  for (const document of readDocuments(file, loading.report)) {
    const entries = expand({ value: document.value, document, path: [] })
    const kept = entries.map((entry) => ({ entry, at: document.locate(entry.path) }))
    for (const { entry, at } of kept) readEntry(entry, at, loading)
    document.release()
  }
}

/** A List stands for its items; so does a plain array of objects. */
function expand(entry: Entry): Entry[] {
  const { value, document, path } = entry
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => expand({ value: item, document, path: [...path, index] }))
  }
  if (!isRecord(value) || typeof value['kind'] !== 'string') return [entry]
  const items = value['items']
  if (!value['kind'].endsWith('List') || !Array.isArray(items)) return [entry]
  const itemKind = value['kind'].slice(0, -4)
  return items.flatMap((item, index) =>
    expand({
      value: withKind(item, itemKind, value['apiVersion']),
      document,
      path: [...path, 'items', index],
    }),
  )
}

/** The API leaves kind and apiVersion out of the items of a typed list. */
function withKind(item: unknown, kind: string, apiVersion: unknown): unknown {
  if (!isRecord(item) || kind === '' || typeof item['kind'] === 'string') return item
  return { apiVersion, kind, ...item }
}

function isRecord(value: unknown): value is RawObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readEntry({ value, document, path }: Entry, at: SourceLocation, loading: Loading): void {
  const { report, otherKinds } = loading
  if (!isRecord(value)) {
    report('not-an-object', `expected a Kubernetes object, found ${describe(value)}`, { at })
    return
  }
  const { kind, apiVersion } = value
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') {
    const missing = typeof kind === 'string' ? 'apiVersion' : 'kind'
    report('not-an-object', `expected a Kubernetes object, but ${missing} is missing`, { at })
    return
  }
  const found = moduleFor(kind, apiVersion, at, report)
  if (found === 'other') {
    const name = `${kind}.${apiVersion}`
    otherKinds.set(name, (otherKinds.get(name) ?? 0) + 1)
  } else if (found) readObject(found.kind, found.module, value, { document, path, at }, loading)
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`
  return value === null ? 'nothing' : `${typeof value} ${String(value)}`
}

/** Groups of Kubernetes' own, in which a kind of ours under another version is a mistake and not a custom kind. */
const ownGroups = [
  '',
  'apps',
  'batch',
  'extensions',
  'discovery.k8s.io',
  'kubeproxy.config.k8s.io',
  'kubeadm.k8s.io',
  'kubewalk.dev',
]

function moduleFor(
  kind: string,
  apiVersion: string,
  at: SourceLocation,
  report: Report,
): { readonly kind: KindName; readonly module: KindModule<unknown> } | 'other' | undefined {
  if (!isKindName(kind)) {
    const near = apiVersion.includes('.') ? undefined : nearest(kind, Object.keys(kindModules))
    if (!near || kind === near) return 'other'
    report('unsupported-version', `there is no kind "${kind}" in ${apiVersion}; did you mean ${near}?`, {
      at,
    })
    return undefined
  }
  const module = kindModules[kind] as KindModule<unknown>
  if (module.apiVersions.includes(apiVersion)) return { kind, module }
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
  if (!ownGroups.includes(group)) return 'other'
  report('unsupported-version', `there is no kind "${kind}" in apiVersion "${apiVersion}"`, {
    at,
    fix: `write apiVersion: ${module.apiVersions[0]}`,
  })
  return undefined
}

interface Place {
  readonly document: RawDocument
  readonly path: Path
  readonly at: SourceLocation
}

function readObject(
  kind: KindName,
  module: KindModule<unknown>,
  value: RawObject,
  { document, path, at }: Place,
  loading: Loading,
): void {
  const { report } = loading
  const named = nameOf(kind, value, at, report)
  if (named === undefined) return
  const namespace = namespaceOf(module, value)
  const ref: ObjectRef = { kind, ...(namespace !== undefined && { namespace }), name: named, at }
  const locate = (inner: Path) => document.locate([...path, ...inner])
  if (isDuplicate(ref, value, loading)) return
  const before = countErrors(report)
  const target = { ref, locate, locateKey: (inner: Path) => document.locateKey([...path, ...inner]) }
  checkSchema(module.schema, value, target, before.report)
  const located: Located<unknown> = { object: withMetadata(value, named, namespace), ref, locate }
  if (before.errors() === 0) module.validate?.(located, report)
  const list = loading.collected[kind] as Located<unknown>[]
  list.push(located)
}

/** Validation relies on types, so it runs only where the schema found no fault. */
function countErrors(report: Report): { readonly report: Report; readonly errors: () => number } {
  let errors = 0
  return {
    report: (code, message, details) => {
      if (code === 'wrong-type') errors++
      report(code, message, details)
    },
    errors: () => errors,
  }
}

const nameless: readonly KindName[] = [
  'Cluster',
  'ClusterConfiguration',
  'KubeProxyConfiguration',
  'Environment',
]

function nameOf(kind: KindName, value: RawObject, at: SourceLocation, report: Report): string | undefined {
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {}
  const { name, generateName } = metadata
  if (typeof name === 'string' && name !== '') return name
  if (typeof generateName === 'string' && generateName !== '') return `${generateName}${suffixFor(at)}`
  if (nameless.includes(kind)) return typeof value['name'] === 'string' ? value['name'] : kind.toLowerCase()
  if (typeof name === 'number' || typeof name === 'boolean') {
    report('wrong-type', `metadata.name must be a text, not ${String(name)}`, {
      at,
      fix: `write it in quotes: "${name}"`,
    })
  } else report('missing-name', `this ${kind} has no metadata.name`, { at })
  return undefined
}

function suffixFor(at: SourceLocation): string {
  return fnv1a(`${at.file}:${at.line}`).toString(36).slice(0, 5)
}

function namespaceOf(module: KindModule<unknown>, value: RawObject): string | undefined {
  if (!module.namespaced) return undefined
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {}
  return typeof metadata['namespace'] === 'string' && metadata['namespace'] !== ''
    ? metadata['namespace']
    : 'default'
}

function withMetadata(value: RawObject, name: string, namespace: string | undefined): unknown {
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {}
  return { ...value, metadata: { ...metadata, name, ...(namespace !== undefined && { namespace }) } }
}

/** The same object twice is let pass; two different objects of one name are an error. */
function isDuplicate(ref: ObjectRef, value: RawObject, { refs, values, report }: Loading): boolean {
  const key = formatRef(ref)
  const earlier = refs.get(key)
  const earlierValue = values.get(key)
  if (!earlier || !earlierValue) {
    refs.set(key, ref)
    values.set(key, value)
    return false
  }
  if (canonical(earlierValue) !== canonical(value)) {
    const place = earlier.at ? ` (${earlier.at.file}:${earlier.at.line})` : ''
    report('duplicate-object', `${key} stands here a second time, and differently${place}`, {
      object: ref,
      fix: 'remove one, or give it another name',
    })
  }
  return true
}

function canonical(value: RawObject): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one))
}
