import type { Report } from '../../base/diagnostic.ts'
import type { Cidr } from '../../base/ip.ts'
import { covers, familyOf, parseCidrSloppy, parseIp } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import type {
  CiliumCidrGroup,
  CiliumCidrRule,
  CiliumEgressRule,
  CiliumIngressRule,
  CiliumPolicy,
  CiliumRule,
  CiliumServiceRef,
} from '../../model/cilium-policy-objects.ts'
import type { LabelSelector } from '../../model/objects.ts'
import { checkCiliumIcmps, checkCiliumPorts, checkNames } from './cilium-ports.ts'
import type { Examined, KindModule } from './kind.ts'
import { demand, isDnsName, refuse } from './kind.ts'
import { checkSelector } from './network-policy.ts'

type Path = readonly (string | number)[]

/** Mirrors the schema of the CRD and Rule.Sanitize of Cilium's pkg/policy/api (1.20). */
export const ciliumNetworkPolicy: KindModule<CiliumPolicy> = {
  apiVersions: ['cilium.io/v2'],
  schema: 'CiliumPolicy',
  namespaced: true,
  names: 'dns-name',
  validate: (located, report) => checkPolicy(located, report, false),
}

/** The same for the whole cluster, and for nodes. */
export const ciliumClusterwideNetworkPolicy: KindModule<CiliumPolicy> = {
  apiVersions: ['cilium.io/v2'],
  schema: 'CiliumPolicy',
  namespaced: false,
  names: 'dns-name',
  validate: (located, report) => checkPolicy(located, report, true),
}

/** Blocks by a name that policies refer to. */
export const ciliumCidrGroup: KindModule<CiliumCidrGroup> = {
  apiVersions: ['cilium.io/v2', 'cilium.io/v2alpha1'],
  schema: 'CiliumCIDRGroup',
  namespaced: false,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    checkBlocks(located, located.object.spec?.externalCIDRs, ['spec', 'externalCIDRs'], report)
  },
}

function checkPolicy(located: Examined<CiliumPolicy>, report: Report, clusterwide: boolean): void {
  const { spec, specs } = located.object
  if (!spec && !specs) demand(located, report, ['spec'], 'give it a spec, or a list of them as specs')
  if (spec) checkRule(located, spec, ['spec'], report, clusterwide)
  for (const [index, rule] of (specs ?? []).entries()) {
    checkRule(located, rule, ['specs', index], report, clusterwide)
  }
}

const sections = ['ingress', 'ingressDeny', 'egress', 'egressDeny'] as const

function checkRule(
  located: Examined<CiliumPolicy>,
  rule: CiliumRule,
  path: Path,
  report: Report,
  clusterwide: boolean,
): void {
  checkSubject(located, rule, path, report, clusterwide)
  if (sections.every((name) => (rule[name] ?? []).length === 0)) {
    const fix = 'to isolate the selected endpoints write a list with one empty rule: ingress: [{}]'
    refuse(located, report, path, `one of ${sections.join(', ')} must have a rule`, fix)
  }
  for (const section of ['ingress', 'ingressDeny'] as const) {
    for (const [index, one] of (rule[section] ?? []).entries()) {
      checkIngress(located, one, [...path, section, index], report)
    }
  }
  for (const section of ['egress', 'egressDeny'] as const) {
    for (const [index, one] of (rule[section] ?? []).entries()) {
      checkEgress(located, one, [...path, section, index], report)
    }
  }
}

function checkSubject(
  located: Examined<CiliumPolicy>,
  { endpointSelector, nodeSelector }: CiliumRule,
  path: Path,
  report: Report,
  clusterwide: boolean,
): void {
  if (!endpointSelector && !nodeSelector) {
    demand(located, report, [...path, 'endpointSelector'], 'for every endpoint write endpointSelector: {}')
  }
  if (nodeSelector && !clusterwide) {
    const fix = 'make it a CiliumClusterwideNetworkPolicy'
    refuse(located, report, [...path, 'nodeSelector'], 'a CiliumNetworkPolicy has no nodeSelector', fix)
  } else if (nodeSelector && endpointSelector) {
    const fix = 'make two rules of it, under specs'
    refuse(
      located,
      report,
      [...path, 'nodeSelector'],
      'endpointSelector and nodeSelector exclude each other',
      fix,
    )
  }
  checkSelector(located, endpointSelector, [...path, 'endpointSelector'], report)
  checkSelector(located, nodeSelector, [...path, 'nodeSelector'], report)
}

function checkIngress(
  located: Examined<CiliumPolicy>,
  rule: CiliumIngressRule,
  path: Path,
  report: Report,
): void {
  const { fromEndpoints, fromNodes, fromCIDR, fromCIDRSet, fromEntities, fromGroups } = rule
  const peers = { fromEndpoints, fromCIDR, fromCIDRSet, fromEntities, fromNodes, fromGroups }
  checkOneKindOfPeers(located, peers, path, report)
  checkGone(located, rule.fromRequires, [...path, 'fromRequires'], report)
  checkSelectors(located, fromEndpoints, [...path, 'fromEndpoints'], report)
  checkSelectors(located, fromNodes, [...path, 'fromNodes'], report)
  checkBlocks(located, fromCIDR, [...path, 'fromCIDR'], report)
  checkBlockSets(located, fromCIDRSet, [...path, 'fromCIDRSet'], report)
  checkEntities(located, fromEntities, [...path, 'fromEntities'], report)
  checkCiliumPorts(located, rule, 'ingress', path, report)
  checkCiliumIcmps(located, rule, path, report)
}

function checkEgress(
  located: Examined<CiliumPolicy>,
  rule: CiliumEgressRule,
  path: Path,
  report: Report,
): void {
  const { toEndpoints, toNodes, toCIDR, toCIDRSet, toEntities, toServices, toFQDNs, toGroups } = rule
  const peers = { toEndpoints, toCIDR, toCIDRSet, toEntities, toNodes, toServices, toFQDNs, toGroups }
  checkOneKindOfPeers(located, peers, path, report)
  checkGone(located, rule.toRequires, [...path, 'toRequires'], report)
  checkSelectors(located, toEndpoints, [...path, 'toEndpoints'], report)
  checkSelectors(located, toNodes, [...path, 'toNodes'], report)
  checkBlocks(located, toCIDR, [...path, 'toCIDR'], report)
  checkBlockSets(located, toCIDRSet, [...path, 'toCIDRSet'], report)
  checkEntities(located, toEntities, [...path, 'toEntities'], report)
  checkServices(located, toServices, [...path, 'toServices'], report)
  checkNames(located, toFQDNs, [...path, 'toFQDNs'], report)
  checkCiliumPorts(located, rule, 'egress', path, report)
  checkCiliumIcmps(located, rule, path, report)
}

/** Cilium refuses a rule that names its peers in two ways. */
function checkOneKindOfPeers(
  located: Examined<CiliumPolicy>,
  peers: Readonly<Record<string, readonly unknown[] | undefined>>,
  path: Path,
  report: Report,
): void {
  const [first, second] = Object.keys(peers).filter((name) => (peers[name] ?? []).length > 0)
  if (first === undefined || second === undefined) return
  const message = `a rule cannot have both ${first} and ${second}`
  refuse(located, report, [...path, second], message, 'make two rules of it')
}

function checkGone(
  located: Examined<CiliumPolicy>,
  list: readonly unknown[] | undefined,
  path: Path,
  report: Report,
): void {
  if (!list || list.length === 0) return
  const fix = 'deny what does not fulfil it, by ingressDeny or egressDeny'
  refuse(located, report, path, `${path.at(-1)} was removed in Cilium 1.19`, fix)
}

function checkSelectors(
  located: Examined<CiliumPolicy>,
  list: readonly LabelSelector[] | undefined,
  path: Path,
  report: Report,
): void {
  for (const [index, one] of (list ?? []).entries()) checkSelector(located, one, [...path, index], report)
}

const entities: readonly string[] = [
  'all',
  'world',
  'cluster',
  'cluster-mesh',
  'host',
  'init',
  'ingress',
  'unmanaged',
  'remote-node',
  'health',
  'none',
  'kube-apiserver',
]

function checkEntities(
  located: Examined<CiliumPolicy>,
  list: readonly string[] | undefined,
  path: Path,
  report: Report,
): void {
  for (const [index, one] of (list ?? []).entries()) {
    if (entities.includes(one)) continue
    const near = nearest(one, entities)
    const message = `entity "${one}" is not one of ${entities.join(', ')}`
    refuse(located, report, [...path, index], message, near && `write ${near}`)
  }
}

function checkBlocks(
  located: Examined<unknown>,
  list: readonly string[] | undefined,
  path: Path,
  report: Report,
): void {
  for (const [index, one] of (list ?? []).entries()) {
    if (parseCidrSloppy(one) || parseIp(one) !== undefined) continue
    refuse(located, report, [...path, index], `"${one}" is no block such as 10.0.0.0/8`)
  }
}

function checkBlockSets(
  located: Examined<CiliumPolicy>,
  list: readonly CiliumCidrRule[] | undefined,
  path: Path,
  report: Report,
): void {
  for (const [index, one] of (list ?? []).entries()) checkBlockSet(located, one, [...path, index], report)
}

function checkBlockSet(
  located: Examined<CiliumPolicy>,
  { cidr, cidrGroupRef, cidrGroupSelector, except = [] }: CiliumCidrRule,
  path: Path,
  report: Report,
): void {
  const stated = [cidr, cidrGroupRef, cidrGroupSelector].filter((one) => one !== undefined && one !== '')
  if (stated.length !== 1) {
    const message = 'it takes exactly one of cidr, cidrGroupRef and cidrGroupSelector'
    refuse(located, report, path, message)
    return
  }
  checkSelector(located, cidrGroupSelector, [...path, 'cidrGroupSelector'], report)
  if (cidrGroupRef && !isDnsName(cidrGroupRef)) {
    const message = `"${cidrGroupRef}" is not the name of a CiliumCIDRGroup`
    refuse(located, report, [...path, 'cidrGroupRef'], message)
  }
  const whole = cidr ? checkBlock(located, cidr, [...path, 'cidr'], report) : undefined
  for (const [index, one] of except.entries()) {
    const at = [...path, 'except', index]
    const part = checkBlock(located, one, at, report)
    if (!part || !whole || (familyOf(part.first) === familyOf(whole.first) && covers(whole, part))) continue
    refuse(located, report, at, `${one} is not a part of ${cidr}`, 'except takes parts of the block alone')
  }
}

/** A block with its prefix length: a single address is none here. */
function checkBlock(
  located: Examined<CiliumPolicy>,
  text: string,
  path: Path,
  report: Report,
): Cidr | undefined {
  const block = parseCidrSloppy(text)
  if (block) return block
  const ip = parseIp(text)
  const fix = ip === undefined ? undefined : `write ${text}/${familyOf(ip) === 4 ? 32 : 128}`
  refuse(located, report, path, `"${text}" is no block such as 10.0.0.0/8`, fix)
  return undefined
}

function checkServices(
  located: Examined<CiliumPolicy>,
  list: readonly CiliumServiceRef[] | undefined,
  path: Path,
  report: Report,
): void {
  for (const [index, { k8sService, k8sServiceSelector }] of (list ?? []).entries()) {
    const at = [...path, index]
    if (!k8sService && !k8sServiceSelector) {
      refuse(located, report, at, 'a service is named by k8sService or chosen by k8sServiceSelector')
    }
    if (k8sServiceSelector && !k8sServiceSelector.selector) {
      demand(located, report, [...at, 'k8sServiceSelector', 'selector'])
    }
    checkSelector(located, k8sServiceSelector?.selector, [...at, 'k8sServiceSelector', 'selector'], report)
  }
}
