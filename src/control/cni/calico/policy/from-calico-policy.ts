import type { CalicoSelector } from '../../../../base/calico-selector.ts'
import { parseSelector } from '../../../../base/calico-selector.ts'
import { parseCidrSloppy } from '../../../../base/ip.ts'
import type {
  CalicoEntityRule,
  CalicoNetworkPolicy,
  CalicoPolicySpec,
  CalicoRule,
  GlobalNetworkPolicy,
} from '../../../../model/calico-policy-objects.ts'
import type { Located } from '../../../../model/objects.ts'
import type { Path, RuleAction } from '../../../../policy/policy.ts'
import { both, mapSelector, prefixLabels } from '../selector.ts'
import type { ApiPolicy, ApiPort, ApiRule, EntityRule, Protocol } from './api-policy.ts'
import { inNamespace, namespaceSelector } from './entity-selector.ts'
import { namespaceLabel, namespacePrefix, serviceAccountLabel, serviceAccountPrefix } from './label-names.ts'

/** Mirrors ConvertNetworkPolicyV3ToV1Value of libcalico-go/lib/backend/syncersv1/updateprocessors. */
export function fromCalicoPolicy(located: Located<CalicoNetworkPolicy>): ApiPolicy {
  const { object, ref } = located
  const spec = object.spec ?? {}
  const namespace = ref.namespace ?? 'default'
  return {
    kind: 'NetworkPolicy',
    namespace,
    selector: both(
      ...[read(spec.selector), inNamespace(namespace), accountCondition(spec)].filter(
        (one) => one !== undefined,
      ),
    ),
    ...common(located, spec, namespace),
  }
}

/** Mirrors ConvertGlobalNetworkPolicyV3ToV1Value. */
export function fromGlobalPolicy(located: Located<GlobalNetworkPolicy>): ApiPolicy {
  const spec = located.object.spec ?? {}
  const { doNotTrack, preDNAT, applyOnForward } = spec
  return {
    kind: 'GlobalNetworkPolicy',
    selector: globalSelector(spec),
    ...common(located, spec, undefined),
    ...(doNotTrack && { doNotTrack }),
    ...(preDNAT && { preDnat: preDNAT }),
    ...(applyOnForward && { applyOnForward }),
  }
}

/** Beside a condition on namespaces, `all()` means whatever is in one; beside one on service accounts, what has one. */
function globalSelector(spec: NonNullable<GlobalNetworkPolicy['spec']>): CalicoSelector {
  const namespaces = read(spec.namespaceSelector)
  const own = read(spec.selector)
  const inNamespaces =
    namespaces &&
    replaceAll(
      both(...[own, prefixLabels(namespaces, namespacePrefix)].filter((one) => one !== undefined)),
      namespaceLabel,
    )
  const accounts = accountCondition(spec)
  if (!accounts) return inNamespaces ?? own ?? { type: 'all' }
  const all = both(...[inNamespaces ?? own, accounts].filter((one) => one !== undefined))
  return replaceAll(all, serviceAccountLabel)
}

function replaceAll(selector: CalicoSelector, label: string): CalicoSelector {
  return mapSelector(selector, (leaf) => (leaf.type === 'all' ? { type: 'has', label } : leaf))
}

function accountCondition({ serviceAccountSelector }: CalicoPolicySpec): CalicoSelector | undefined {
  const selector = read(serviceAccountSelector)
  return selector && prefixLabels(selector, serviceAccountPrefix)
}

/** An empty selector says nothing; what the reader of manifests has refused already neither. */
function read(text: string | undefined): CalicoSelector | undefined {
  return text === undefined || text.trim() === '' ? undefined : parseSelector(text)
}

function common({ ref, locate }: Located<unknown>, spec: CalicoPolicySpec, namespace: string | undefined) {
  const { tier = 'default', order, types = [], ingress = [], egress = [] } = spec
  const rulesOf = (rules: readonly CalicoRule[], direction: string) =>
    rules.map((rule, index) => ruleOf(rule, ['spec', direction, index], namespace))
  const isStated = types.length > 0
  return {
    ref,
    name: ref.name,
    storedName: ref.name.startsWith(`${tier}.`) ? ref.name : `${tier}.${ref.name}`,
    tier,
    ...(order !== undefined && { order }),
    types: {
      ingress: isStated ? types.includes('Ingress') : egress.length === 0 || ingress.length > 0,
      egress: isStated ? types.includes('Egress') : egress.length > 0,
    },
    ingress: rulesOf(ingress, 'ingress'),
    egress: rulesOf(egress, 'egress'),
    locate,
  }
}

const actions: Readonly<Record<string, RuleAction>> = {
  Allow: 'allow',
  Deny: 'deny',
  Pass: 'pass',
  Log: 'log',
}

/** Mirrors RuleAPIV3ToBackend. */
function ruleOf(rule: CalicoRule, path: Path, namespace: string | undefined): ApiRule {
  const { action = 'Allow', ipVersion, protocol, notProtocol, icmp, notICMP, http, metadata } = rule
  const { source = {}, destination = {} } = rule
  return {
    action: actions[action] ?? 'allow',
    path,
    ...((ipVersion === 4 || ipVersion === 6) && { family: ipVersion }),
    ...(protocol !== undefined && { protocol: protocolOf(protocol) }),
    ...(notProtocol !== undefined && { notProtocol: protocolOf(notProtocol) }),
    ...(icmp && { icmp }),
    ...(notICMP && { notIcmp: notICMP }),
    source: entityOf(source, namespace),
    destination: entityOf(destination, namespace),
    ...(http !== undefined && { http: true }),
    ...(metadata?.annotations && { annotations: metadata.annotations }),
  }
}

function protocolOf(protocol: number | string): Protocol {
  return typeof protocol === 'number' ? protocol : protocol.toLowerCase()
}

function entityOf(entity: CalicoEntityRule, namespace: string | undefined): EntityRule {
  const { nets = [], notNets = [], ports = [], notPorts = [], notSelector, services } = entity
  const selector = selectorOf(entity, namespace)
  const without = read(notSelector)
  return {
    nets: nets.flatMap((text) => parseCidrSloppy(text) ?? []),
    notNets: notNets.flatMap((text) => parseCidrSloppy(text) ?? []),
    ...(selector && { selector }),
    ...(without && { notSelector: without }),
    ports: ports.map(portOf),
    notPorts: notPorts.map(portOf),
    ...(services?.name !== undefined && {
      service: { name: services.name, namespace: services.namespace ?? namespace ?? '' },
    }),
  }
}

/**
 * Within a policy that has a namespace, who is selected is in that namespace, unless another is selected. Mirrors
 * getEndpointSelector.
 */
function selectorOf(entity: CalicoEntityRule, namespace: string | undefined): CalicoSelector | undefined {
  const { selector, notSelector, namespaceSelector: where, serviceAccounts } = entity
  const wanted = [accountsOf(serviceAccounts), read(selector)].filter((one) => one !== undefined)
  const own = wanted.length > 0 ? both(...wanted) : undefined
  const namespaces = read(where)
  const place = namespaces
    ? namespaceSelector(namespaces)
    : namespace === undefined
      ? undefined
      : inNamespace(namespace)
  const isAsked = own !== undefined || namespaces !== undefined || read(notSelector) !== undefined
  if (!place || !isAsked) return own
  return own ? both(place, own) : place
}

/** Mirrors parseServiceAccounts. */
function accountsOf(accounts: CalicoEntityRule['serviceAccounts']): CalicoSelector | undefined {
  const { names = [], selector } = accounts ?? {}
  const labels = read(selector)
  const parts: readonly (CalicoSelector | undefined)[] = [
    labels && prefixLabels(labels, serviceAccountPrefix),
    names.length > 0
      ? { type: 'in', label: serviceAccountLabel, values: [...new Set(names)].toSorted() }
      : undefined,
  ]
  const stated = parts.filter((one) => one !== undefined)
  return stated.length > 0 ? both(...stated) : undefined
}

function portOf(port: number | string): ApiPort {
  const [, first, last = first] = /^(\d+)(?::(\d+))?$/.exec(String(port)) ?? []
  if (first === undefined) return { name: String(port) }
  return { first: Number(first), last: Number(last) }
}
