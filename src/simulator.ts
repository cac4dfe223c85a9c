import type { Checked, Diagnostic } from './base/diagnostic.ts'
import { collectDiagnostics, formatDiagnostic, hasErrors } from './base/diagnostic.ts'
import type { SourceFile } from './base/source.ts'
import { compileApplications } from './control/applications.ts'
import { compileNetwork } from './control/compile.ts'
import type { CompleteOptions } from './control/complete/completion.ts'
import { completeCluster } from './control/complete.ts'
import { checkDumpedDevices, checkDumpedNodes } from './control/dumped/check-devices.ts'
import { dumpCluster } from './control/dumped/dump-cluster.ts'
import { nodeAddressesOf } from './control/dumped/uplink.ts'
import type { NodeRules } from './control/node-rules.ts'
import { readNodeRules } from './control/node-rules.ts'
import { auditPolicies } from './control/policy/audit/audit.ts'
import { storedObjects } from './control/stored.ts'
import { compareSides } from './diff/compare-sides.ts'
import type { DiffSide } from './diff/side.ts'
import { findDrift } from './drift/find-drift.ts'
import { commandOf } from './dump/file-names.ts'
import type { NodeDumpFiles } from './dump/read-node-dump.ts'
import type { NodeDumps } from './dump/read-node-dumps.ts'
import { readNodeDumps } from './dump/read-node-dumps.ts'
import type { BatchAnswer } from './journey/batch.ts'
import { answerLines } from './journey/batch.ts'
import { initialState } from './journey/initial-state.ts'
import { resolveName } from './journey/names/resolve.ts'
import { seededChoice } from './journey/sampling.ts'
import type { SessionOptions } from './journey/session.ts'
import { traceSession } from './journey/session.ts'
import { trace } from './journey/trace.ts'
import type { WorldsInput } from './journey/worlds.ts'
import { worldsOf } from './journey/worlds.ts'
import type { Manifest } from './manifest/load.ts'
import { loadManifest } from './manifest/load.ts'
import type { ReadOptions } from './manifest/read-files.ts'
import { readFiles, readNamedFiles } from './manifest/read-files.ts'
import type { Cluster } from './model/cluster.ts'
import type { ClusterDiff } from './model/cluster-diff.ts'
import type { Drift } from './model/drift.ts'
import type { Journey, JourneyRequest, NameRequest, ResolutionAnswer } from './model/journey.ts'
import type { Network } from './model/network.ts'
import type { Reach, ReachRequest } from './model/reach.ts'
import type { StoredObjects } from './model/stored.ts'
import type { Topology } from './model/topology.ts'
import { topologyOf } from './model/topology.ts'
import type { RuleSet } from './netfilter/rule.ts'
import { reachReport } from './reach/report.ts'
import type { ReachTable } from './reach/table.ts'
import { reachTable } from './reach/table.ts'
import { reachWorlds } from './reach/worlds.ts'

export interface LoadOptions extends CompleteOptions, ReadOptions {
  /** iptables-save texts that stand for the rules that a node would be given. */
  readonly nodeRules?: NodeRules
  /** What was collected on real nodes: those nodes are as it says. */
  readonly nodeDumps?: NodeDumps
  /** Is told which stage begins, for work that takes long. */
  readonly onStage?: (stage: string) => void
}

/** How one request is answered. */
export interface TraceRequestOptions {
  /** Samples one way instead of all, the same for the same seed. */
  readonly seed?: number
  /** Keep rules that were looked at and did not match. */
  readonly recordMisses?: boolean
}

/** How a request is made several times over. */
export type RepeatOptions = Omit<SessionOptions, 'state'>

/** Thrown when the input cannot be used; holds everything that is wrong with it. */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'))
    this.diagnostics = diagnostics
  }
}

/** A cluster that is ready to be asked. */
export interface LoadedCluster {
  readonly cluster: Cluster
  readonly network: Network
  /** Every object as an API server would hold it; made when it is first asked for. */
  readonly objects: StoredObjects
  /** Warnings and remarks about the input. */
  readonly diagnostics: readonly Diagnostic[]
  /** What is odd about the cluster without any packet: policies that select nothing, rules that never count. */
  audit(): readonly Diagnostic[]
  /** Answers one request against a network that has seen no packet yet. */
  trace(request: JourneyRequest, options?: TraceRequestOptions): Journey
  /** Looks a name up as a program in the cluster would. */
  resolve(request: NameRequest, options?: TraceRequestOptions): ResolutionAnswer
  /** Makes the request again and again; each connection finds what the ones before it left behind. */
  repeat(request: JourneyRequest, options: RepeatOptions): readonly Journey[]
  /** Answers requests that stand in a text, one JSON object a line, in order. */
  answerLines(text: string, options?: TraceRequestOptions): Iterable<BatchAnswer>
  /**
   * By what a dumped node is off from what it should have; `undefined` if there is no such node, or neither a dump of
   * it nor rules, or no objects to compare with.
   */
  drift(node: string): Drift | undefined
  /** The rule sets of a node; `undefined` if there is no such node. */
  ruleSets(node: string): readonly RuleSet[] | undefined
  /** Who can reach what, worked out as it is asked: for each pair what `trace` would say. Throws a RequestError for dumps alone. */
  reachTable(): ReachTable
  /** Who can reach what, as plain data: all, or what is asked for. Throws a RequestError for names that nobody has. */
  reach(request?: ReachRequest): Reach
  /** The cluster as a graph: ways in, Services, endpoints, nodes. */
  topology(): Topology
}

/** Reads files, folders and globs, and makes the cluster that they describe. Throws an InputError. */
export async function loadCluster(
  paths: readonly string[],
  options: LoadOptions = {},
): Promise<LoadedCluster> {
  const { report, diagnostics } = collectDiagnostics()
  const files = await readFiles(paths, options, report)
  return build(files, options, diagnostics)
}

/** Reads files as they are. Throws an InputError that names each one that cannot be read. */
export async function readTexts(
  paths: readonly string[],
  options: ReadOptions = {},
): Promise<readonly SourceFile[]> {
  const { report, diagnostics } = collectDiagnostics()
  const files = await readFiles(paths, options, report)
  if (hasErrors(diagnostics)) throw new InputError(diagnostics)
  return files
}

/** Reads the folders that were collected on nodes, by the nodes' names. Throws an InputError. */
export async function readDumpFolders(
  folders: readonly (readonly [node: string, path: string])[],
): Promise<NodeDumps> {
  const { report, diagnostics } = collectDiagnostics()
  const dumps = new Map<string, NodeDumpFiles>()
  for (const [node, path] of folders) {
    const { folder, files, unread } = await readNamedFiles(
      path,
      (name) => commandOf(name) !== undefined,
      report,
    )
    const before = dumps.get(node)
    dumps.set(node, {
      folder: before?.folder ?? folder,
      files: [...(before?.files ?? []), ...files],
      unread: [...(before?.unread ?? []), ...unread],
    })
  }
  if (hasErrors(diagnostics)) throw new InputError(diagnostics)
  return dumps
}

/** Makes a cluster from texts that are there already. Throws an InputError. */
export function parseCluster(files: readonly SourceFile[], options: LoadOptions = {}): LoadedCluster {
  return build(files, options, [])
}

/** Where a part of the input could not be read, what seems to be missing may stand in that part. */
function isCertain({ code }: Diagnostic): boolean {
  return code !== 'unknown-node' && code !== 'unknown-reference' && code !== 'unschedulable'
}

/** The input once it has been read and completed, and is free of errors. */
interface Prepared extends WorldsInput {
  readonly loaded: Checked<Manifest>
  readonly diagnostics: readonly Diagnostic[]
}

/** Loads and completes. Throws an InputError with all that is wrong. */
function prepare(
  files: readonly SourceFile[],
  options: LoadOptions,
  before: readonly Diagnostic[],
): Prepared {
  options.onStage?.('reading objects')
  const loaded = loadManifest(files)
  const dumped = collectDiagnostics()
  const dumps = readNodeDumps(
    options.nodeDumps ?? new Map(),
    new Set(options.nodeRules?.keys()),
    dumped.report,
  )
  checkDumpedDevices(dumps, dumped.report)
  const alone = files.length === 0 && dumps.length > 0
  options.onStage?.('completing the cluster')
  const nodeAddresses = new Map(dumps.map((dump) => [dump.node, nodeAddressesOf(dump)]))
  const completed = completeCluster(loaded.value.objects, { ...options, nodeAddresses })
  const cluster = alone ? dumpCluster(completed.value, dumps) : completed.value
  const nodeRules = readNodeRules(options.nodeRules ?? new Map(), cluster.nodes, dumped.report)
  checkDumpedNodes(dumps, cluster.nodes, dumped.report)
  const behind = collectDiagnostics()
  const applications = compileApplications(cluster, behind.report)
  const found = [...(alone ? [] : completed.diagnostics), ...dumped.diagnostics, ...behind.diagnostics]
  const certain = loaded.value.incomplete || hasErrors(before) ? found.filter(isCertain) : found
  // Where nothing could be read, that there is nothing is no second mistake; and dumps may stand alone.
  const nothing = files.length === 0 && hasErrors(before)
  const ofObjects = alone ? [] : loaded.diagnostics
  const diagnostics = nothing ? before : [...before, ...ofObjects, ...certain]
  if (hasErrors(diagnostics)) throw new InputError(diagnostics)
  const unreadKinds = [...loaded.value.otherKinds.keys()]
  return { loaded, diagnostics, cluster, dumps, alone, unreadKinds, options: { nodeRules, applications } }
}

/** The node as the cluster's agents would make it, against its dump or, failing that, its rules alone. */
function driftOf({ cluster, dumps, alone, options }: Prepared, node: string): Drift | undefined {
  const rules = options.nodeRules.get(node)
  const dump = dumps.find((one) => one.node === node) ?? (rules && { node, ruleSets: rules })
  if (!dump || alone) return undefined
  const { applications } = options
  const expected = compileNetwork(cluster, { applications }).network.namespaces.get(`node/${node}`)
  return expected && findDrift(expected, dump, cluster)
}

/** What becomes different for packets from one cluster to the other: nothing, where only the input is written otherwise. */
export function diffClusters(before: LoadedCluster, after: LoadedCluster): ClusterDiff {
  return compareSides({ before: sideOf(before), after: sideOf(after) })
}

function sideOf({ cluster, trace: ask, resolve, reachTable: table }: LoadedCluster): DiffSide {
  return {
    cluster,
    get table() {
      return table()
    },
    trace: (request) => ask(request),
    resolve: (request) => resolve(request),
  }
}

/** Every stage in order: load, complete, compile. */
function build(
  files: readonly SourceFile[],
  options: LoadOptions,
  before: readonly Diagnostic[],
): LoadedCluster {
  const prepared = prepare(files, options, before)
  const { loaded, diagnostics, dumps } = prepared
  options.onStage?.('compiling the network')
  const { compiled, world, worldFor, assumptions } = worldsOf(prepared)
  const more = assumptions.map((text) => ({ text }))
  const cluster = { ...prepared.cluster, assumptions: [...prepared.cluster.assumptions, ...more] }
  const state = initialState(cluster, dumps)
  const answer = (request: JourneyRequest, { seed, recordMisses = false }: TraceRequestOptions = {}) => {
    const choose = seed === undefined ? {} : { choose: seededChoice(seed) }
    return trace(worldFor(request), request, { state, now: 0, recordMisses, ...choose }).journey
  }
  let objects: StoredObjects | undefined
  let table: ReachTable | undefined
  const tableOf = () => {
    table ??= reachTable(reachWorlds(prepared, world, state))
    return table
  }
  return {
    cluster,
    network: compiled.network,
    get objects() {
      objects ??= storedObjects(loaded.value.objects, cluster)
      return objects
    },
    diagnostics,
    trace: answer,
    resolve: (request, { seed, recordMisses = false } = {}) => {
      const choose = seed === undefined ? {} : { choose: seededChoice(seed) }
      return resolveName(world, request, { state, now: 0, recordMisses, ...choose })
    },
    repeat: (request, how) => traceSession(worldFor(request), request, { state, ...how }),
    answerLines: (text, how) => answerLines(text, (request) => answer(request, how)),
    audit: () => auditPolicies(prepared.cluster),
    reachTable: tableOf,
    reach: (request = {}) => reachReport(tableOf(), request),
    topology: () => topologyOf(cluster),
    drift: (node) => driftOf(prepared, node),
    ruleSets: (node) => compiled.network.namespaces.get(`node/${node}`)?.ruleSets,
  }
}
