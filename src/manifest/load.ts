import type { Checked, Diagnostic, Report } from '../base/diagnostic.ts'
import { collectDiagnostics, hasErrors } from '../base/diagnostic.ts'
import type { DiagnosticCode } from '../base/diagnostic-catalog.ts'
import { fnv1a } from '../base/hash.ts'
import { nearest } from '../base/nearest.ts'
import type { ObjectRef, SourceFile, SourceLocation } from '../base/source.ts'
import { formatRef } from '../base/source.ts'
import type { KindName, KindTypes, ObjectsByKind } from '../model/kinds.ts'
import type { ConfigMap, Located } from '../model/objects.ts'
import type { Path, RawDocument } from './document.ts'
import { readDocuments } from './document.ts'
import type { EmbeddedText } from './embedded.ts'
import { embeddedTexts, readEmbedded } from './embedded.ts'
import type { Entry, RawObject } from './expand.ts'
import { expand, isRecord } from './expand.ts'
import { foldNotes } from './fold-notes.ts'
import type { Examined, KindModule } from './kind/kind.ts'
import { kindModules, kindsNamed } from './kind/registry.ts'
import { checkMetadata } from './metadata.ts'
import type { SchemaTarget } from './schema/check.ts'
import { checkSchema } from './schema/check.ts'
import { describeValue } from './schema/scalars.ts'

export interface Manifest {
  readonly objects: ObjectsByKind
  /** Kinds that are not read, with their number. */
  readonly otherKinds: ReadonlyMap<string, number>
  /** Whether something could not be read at all, so that what seems to be missing may be in it. */
  readonly incomplete: boolean
}

/** The collections while they are being filled. */
type Collected = { [K in KindName]: Located<KindTypes[K]>[] }

interface Loading {
  readonly collected: Collected
  readonly values: Map<string, RawObject>
  readonly refs: Map<string, ObjectRef>
  readonly otherKinds: Map<string, number>
  readonly embedded: EmbeddedText[]
  readonly report: Report
}

/**
 * Reads Kubernetes objects from texts: YAML or JSON, several documents, Lists, dumps. Everything that is wrong is
 * reported with its place; what is right is returned.
 */
export function loadManifest(files: readonly SourceFile[]): Checked<Manifest> {
  const { report: collect, diagnostics } = collectDiagnostics()
  const report = limited(collect)
  const collected = Object.fromEntries(
    Object.keys(kindModules).map((kind) => [kind, []]),
  ) as unknown as Collected
  const otherKinds = new Map<string, number>()
  const loading: Loading = {
    collected,
    values: new Map(),
    refs: new Map(),
    otherKinds,
    embedded: [],
    report,
  }
  for (const file of files) readAll(readDocuments(file, report), loading)
  for (const text of loading.embedded) readAll(readEmbedded(text, report), loading)
  if (otherKinds.size > 0) {
    const list = [...otherKinds].toSorted().map(([kind, count]) => `${kind} (${count})`)
    report('kind-not-read', `not read: ${list.join(', ')}`)
  }
  if (loading.refs.size === 0 && otherKinds.size === 0 && !hasErrors(diagnostics)) reportEmpty(files, report)
  const incomplete = diagnostics.some((one) => lossCodes.includes(one.code))
  return {
    value: { objects: collected, otherKinds, incomplete },
    diagnostics: inTextOrder(foldNotes(diagnostics), files),
  }
}

/** As many of one code are kept; a text of noise could give millions. */
const maxOfOneCode = 1000

function limited(report: Report): Report {
  const counts = new Map<DiagnosticCode, number>()
  return (code, message, details) => {
    const count = (counts.get(code) ?? 0) + 1
    counts.set(code, count)
    if (count <= maxOfOneCode) report(code, message, details)
  }
}

/** Diagnostics in the order in which a reader of the files comes upon their places. */
function inTextOrder(
  diagnostics: readonly Diagnostic[],
  files: readonly SourceFile[],
): readonly Diagnostic[] {
  const order = new Map(files.map((file, index) => [file.name, index]))
  const rank = ({ at }: Diagnostic) => (at ? (order.get(at.file) ?? 0) : files.length)
  return diagnostics.toSorted(
    (a, b) =>
      rank(a) - rank(b) || (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0),
  )
}

/** Faults by which whole objects are lost. */
const lossCodes: readonly DiagnosticCode[] = [
  'not-text',
  'yaml-syntax',
  'not-an-object',
  'unsupported-version',
  'missing-name',
  'wrong-type',
]

function reportEmpty(files: readonly SourceFile[], report: Report): void {
  const [first] = files
  const names = files.slice(0, 5).map((file) => file.name)
  const more = files.length > names.length ? ` and ${files.length - names.length} more` : ''
  report('empty-input', `no Kubernetes object in ${names.join(', ') || 'the input'}${more}`, {
    ...(first && { at: { file: first.name, line: 1, column: 1 } }),
    fix: 'give manifests with -f: files, folders, or - for standard input',
  })
}

function readAll(documents: readonly RawDocument[], loading: Loading): void {
  for (const document of documents) {
    const entries = expand({ value: document.value, document, path: [] }, loading.report)
    const kept = entries.map((entry) => ({ entry, at: document.locate(entry.path) }))
    for (const { entry, at } of kept) readEntry(entry, at, loading)
    document.release()
  }
}

function readEntry({ value, document, path }: Entry, at: SourceLocation, loading: Loading): void {
  const { report, otherKinds } = loading
  if (!isRecord(value)) {
    const table = typeof value === 'string' && /^NAME(?:SPACE)?\s/.test(value)
    report('not-an-object', `expected a Kubernetes object, found ${describeValue(value)}`, {
      at,
      ...(table && { fix: 'this is a table for people; ask kubectl for -o yaml' }),
    })
    return
  }
  const place: Place = { document, path, at }
  const header = headerOf(value, place, report)
  if (!header) return
  const { kind, apiVersion } = header
  const found = moduleFor(kind, apiVersion, place, report)
  if (found === 'other') {
    const name = `${kind}.${apiVersion}`
    otherKinds.set(name, (otherKinds.get(name) ?? 0) + 1)
  } else if (found) readObject(found.kind, found.module, value, place, loading)
}

/** `kind` and `apiVersion`, without which nothing can be said of an object. */
function headerOf(
  value: RawObject,
  { document, path, at }: Place,
  report: Report,
): { readonly kind: string; readonly apiVersion: string } | undefined {
  const { kind, apiVersion } = value
  if (isText(kind) && isText(apiVersion)) return { kind, apiVersion }
  const fields = (['kind', 'apiVersion'] as const).filter((field) => !isText(value[field]))
  const wrong = fields.find(
    (field) => value[field] !== undefined && value[field] !== null && value[field] !== '',
  )
  if (wrong) {
    report('wrong-type', `${wrong} must be a text, not ${describeValue(value[wrong])}`, {
      at: document.locate([...path, wrong]),
    })
    return undefined
  }
  const near = fields.map((field) => nearest(field, Object.keys(value))).find((one) => one !== undefined)
  const missing = `${fields.join(' and ')} ${fields.length > 1 ? 'are' : 'is'} missing`
  report('not-an-object', `expected a Kubernetes object, but ${missing}`, {
    at: near === undefined ? at : document.locateKey([...path, near]),
    ...(near !== undefined && {
      fix: `write ${fields.find((one) => nearest(one, [near]))} instead of ${near}`,
    }),
  })
  return undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Groups of Kubernetes' own, in which a kind of ours under another version is a mistake and not a custom kind. */
const ownGroups = [
  '',
  'apps',
  'batch',
  'extensions',
  'discovery.k8s.io',
  'networking.k8s.io',
  'gateway.networking.k8s.io',
  'gateway.networking.x-k8s.io',
  'kubeproxy.config.k8s.io',
  'kubeadm.k8s.io',
  'policy.networking.k8s.io',
  'kubewalk.dev',
]

function moduleFor(
  kind: string,
  apiVersion: string,
  { document, path }: Place,
  report: Report,
): { readonly kind: KindName; readonly module: KindModule<unknown> } | 'other' | undefined {
  const named = kindsNamed(kind)
  const [first] = named
  if (first === undefined) {
    const near = apiVersion.includes('.') ? undefined : nearest(kind, Object.keys(kindModules))
    if (!near || kind === near) return 'other'
    report('unsupported-version', `there is no kind "${kind}" in ${apiVersion}; did you mean ${near}?`, {
      at: document.locate([...path, 'kind']),
      fix: `write kind: ${near}`,
    })
    return undefined
  }
  for (const name of named) {
    const module = kindModules[name] as KindModule<unknown>
    if (module.apiVersions.includes(apiVersion)) return { kind: name, module }
  }
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
  if (!ownGroups.includes(group)) return 'other'
  report('unsupported-version', `there is no kind "${kind}" in apiVersion "${apiVersion}"`, {
    at: document.locate([...path, 'apiVersion']),
    fix: `write apiVersion: ${kindModules[first].apiVersions[0]}`,
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
  const report = document.ambiguous ? withoutMissing(loading.report) : loading.report
  const name = nameOf(kind, value)
  const namespace = namespaceOf(module, value)
  const ref: ObjectRef = {
    kind: headName(kind, module),
    ...(namespace !== undefined && { namespace }),
    name: name ?? '(without a name)',
    at,
  }
  if (name !== undefined && isDuplicate(kind, ref, value, loading)) return
  const locate = (inner: Path) => document.locate([...path, ...inner])
  const target: SchemaTarget = {
    ref,
    locate,
    locateKey: (inner) => document.locateKey([...path, ...inner]),
    sourceAt: (inner) => document.sourceAt([...path, ...inner]),
  }
  const { value: clean, faulty } = checkSchema(schemaOf(module, value), value, target, report)
  const read: Examined<unknown> = {
    object: withMetadata(clean, name ?? '', namespace),
    ref,
    locate,
    faulty,
  }
  const examined = module.convert?.(read) ?? read
  if (name === undefined) {
    if (!faulty(['metadata', 'name']))
      report('missing-name', `this ${kind} has no metadata.name`, { at: locate(['metadata']), object: ref })
  } else checkMetadata(examined, module, report)
  module.validate?.(examined, report)
  if (name === undefined || (module.needsSpec && !hasSpec(examined.object))) return
  const located: Located<unknown> = {
    object: examined.object,
    ref,
    locate: examined.locate,
    locateText: (inner, line, column) => {
      const at = examined.locate(inner)
      const indent = document.blockIndent([...path, ...inner])
      return indent === undefined ? at : { ...at, line: at.line + line, column: column + indent }
    },
  }
  const list = loading.collected[kind] as Located<unknown>[]
  list.push(located)
  if (kind === 'ConfigMap')
    loading.embedded.push(
      ...embeddedTexts(located as Located<ConfigMap>, (key) => document.blockIndent([...path, 'data', key])),
    )
}

/** The word after `kind:`. */
function headName(kind: KindName, module: KindModule<unknown>): string {
  return module.kind ?? kind
}

function schemaOf({ schema, schemaOf: others = {} }: KindModule<unknown>, value: RawObject): string {
  return others[String(value['apiVersion'])] ?? schema
}

function hasSpec(object: unknown): boolean {
  return isRecord(object) && object['spec'] !== undefined
}

/** What is missing may be in the half that a key given twice has lost. */
function withoutMissing(report: Report): Report {
  return (code, message, details) => {
    if (code !== 'missing-field' && code !== 'missing-name') report(code, message, details)
  }
}

const nameless: readonly KindName[] = [
  'Cluster',
  'ClusterConfiguration',
  'KubeProxyConfiguration',
  'Environment',
]

function nameOf(kind: KindName, value: RawObject): string | undefined {
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {}
  const { name, generateName } = metadata
  if (typeof name === 'string' && name !== '') return name
  if (typeof generateName === 'string' && generateName !== '') return `${generateName}${suffixFor(value)}`
  if (nameless.includes(kind)) return typeof value['name'] === 'string' ? value['name'] : kind.toLowerCase()
  return undefined
}

/** Five letters that depend on the object alone, so that others may come and go. */
function suffixFor(value: RawObject): string {
  return fnv1a(canonical(value)).toString(36).padStart(5, '0').slice(0, 5)
}

function namespaceOf(module: KindModule<unknown>, value: RawObject): string | undefined {
  if (!module.namespaced) return undefined
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {}
  return typeof metadata['namespace'] === 'string' && metadata['namespace'] !== ''
    ? metadata['namespace']
    : 'default'
}

function withMetadata(value: unknown, name: string, namespace: string | undefined): unknown {
  const object = isRecord(value) ? value : {}
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {}
  return { ...object, metadata: { ...metadata, name, ...(namespace !== undefined && { namespace }) } }
}

/** The same object twice is let pass; two different objects of one name are an error. */
function isDuplicate(
  kind: KindName,
  ref: ObjectRef,
  value: RawObject,
  { refs, values, report }: Loading,
): boolean {
  const configures = nameless.some((kind) => kind === ref.kind)
  const key = configures ? kind : formatRef({ ...ref, kind })
  const earlier = refs.get(key)
  const earlierValue = values.get(key)
  if (!earlier || !earlierValue) {
    refs.set(key, ref)
    values.set(key, value)
    return false
  }
  if (canonical(earlierValue) === canonical(value)) return true
  const place = earlier.at ? `${earlier.at.file}:${earlier.at.line}` : 'above'
  if (configures) {
    const fields = differences(earlierValue, value).slice(0, 5).join(', ')
    report(
      'configuration-conflict',
      `this ${key} is not read: that of ${place} counts; they differ in ${fields}`,
      {
        object: ref,
        fix: 'keep one of the two',
      },
    )
  } else {
    report('duplicate-object', `${key} stands here a second time, and differently (${place})`, {
      object: ref,
      fix: 'remove one, or give it another name',
    })
  }
  return true
}

/** Paths of the fields in which two objects differ. */
function differences(a: unknown, b: unknown, path = ''): readonly string[] {
  if (!isRecord(a) || !isRecord(b)) return canonical(a) === canonical(b) ? [] : [path]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], path === '' ? key : `${path}.${key}`),
  )
}

function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one))
}
