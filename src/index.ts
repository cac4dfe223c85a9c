export type { Diagnostic, Severity } from './base/diagnostic.ts'
export { formatDiagnostic, hasErrors } from './base/diagnostic.ts'
export { nearest } from './base/nearest.ts'
export type { ObjectRef, SourceFile, SourceLocation } from './base/source.ts'
export { cniEntries, cniEntry, runningCni } from './control/cni/report.ts'
export type { CompareOptions } from './control/compare/compare-routes.ts'
export { compareRoutes, NothingToCompareError } from './control/compare/compare-routes.ts'
export type { HostFirewallOption, SysctlOption } from './control/complete/node-settings.ts'
export { isPreset as isHostFirewall } from './control/host-rules/registry.ts'
export type { IngressProfileName } from './control/ingress/profile.ts'
export { ingressProfiles } from './control/ingress/registry.ts'
export { collectScript } from './dump/collect-script.ts'
export type { NodeDumpFiles } from './dump/read-node-dump.ts'
export type { NodeDumps } from './dump/read-node-dumps.ts'
export type { RouteComparison, RouteDifference } from './http/compare/compare.ts'
export type { BatchAnswer } from './journey/batch.ts'
export { RequestError } from './journey/request.ts'
export type {
  ClusterDiff,
  ConnectionChange,
  ConnectionState,
  NameChange,
  ObjectChange,
} from './model/cluster-diff.ts'
export type { CniFacts, CniSetting } from './model/cni-facts.ts'
export type { CniChoice, CniEntry, RunningCni } from './model/cni-report.ts'
export type {
  Drift,
  DriftArea,
  DriftEntry,
  DriftType,
  ForeignChains,
} from './model/drift.ts'
export type {
  Destination,
  Finding,
  HttpAnswer,
  Journey,
  JourneyOutcome,
  JourneyRequest,
  NameRequest,
  ResolutionAnswer,
  Symptom,
} from './model/journey.ts'
export { isServed } from './model/journey.ts'
export { groupedJourney, groupOutcomes } from './model/journey-groups.ts'
export type { LabelRequirement, SelectorError } from './model/label-selector.ts'
export { parseLabelSelector, selectsLabels } from './model/label-selector.ts'
export type { ObjectGroup, ObjectQuery } from './model/object-query.ts'
export { findObjects } from './model/object-query.ts'
export type {
  Reach,
  ReachCell,
  ReachGroup,
  ReachRequest,
  ReachRow,
  ReachShare,
  ReachTarget,
} from './model/reach.ts'
export type { ApiResource, StoredKind } from './model/resources.ts'
export { apiResources, findResource, kindPrefix, namesOf } from './model/resources.ts'
export type { StoredObjects } from './model/stored.ts'
export type { Link, Topology, Vertex } from './model/topology.ts'
export type { TopologyScope, TopologyView } from './model/topology-view.ts'
export { viewTopology } from './model/topology-view.ts'
export type { Disposition } from './model/trace.ts'
export type { RuleSet, Table } from './netfilter/rule.ts'
export { formatRuleSet, formatTableSpec } from './netfilter/save-format/format.ts'
export { cniJson, cniTable, cniText } from './render/cni.ts'
export { comparisonJson, comparisonText } from './render/comparison.ts'
export { describeService } from './render/describe/service.ts'
export { diffMarkdown } from './render/diff-markdown.ts'
export type { DiffTextOptions } from './render/diff-text.ts'
export { diffText } from './render/diff-text.ts'
export { digText } from './render/dig.ts'
export { driftJson } from './render/drift-json.ts'
export type { DriftTextOptions } from './render/drift-text.ts'
export { driftText } from './render/drift-text.ts'
export { humanDuration } from './render/get/age.ts'
export { objectList } from './render/get/object-list.ts'
export type { TableOptions } from './render/get/objects-table.ts'
export { objectNames, objectsTable } from './render/get/objects-table.ts'
export type { TopologyFormat } from './render/graph/registry.ts'
export { drawTopology, topologyFormats } from './render/graph/registry.ts'
export { journeyJson, resolutionJson, sessionJson } from './render/json.ts'
export type { NodePart } from './render/node-state/parts.ts'
export { nodeParts } from './render/node-state/parts.ts'
export type { ReachTextOptions } from './render/reach/options.ts'
export type { ReachFormat } from './render/reach/registry.ts'
export { drawReach, reachFormats } from './render/reach/registry.ts'
export { sessionText } from './render/session-text.ts'
export type { Style } from './render/style.ts'
export { colored, plain } from './render/style.ts'
export type { Detail } from './render/text.ts'
export { journeySummary, journeyText } from './render/text.ts'

export type { LoadedCluster, LoadOptions, RepeatOptions, TraceRequestOptions } from './simulator.ts'
export {
  diffClusters,
  InputError,
  loadCluster,
  parseCluster,
  readDumpFolders,
  readTexts,
} from './simulator.ts'
