import { formatIp, parseIp } from '../../base/ip.ts'
import { hasNamespace } from '../../control/pod-namespace.ts'
import { reverseOf } from '../../dns/reverse-name.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { NameOutcome, NameRequest, ResolutionAnswer } from '../../model/journey.ts'
import type { ResolvConf } from '../../resolver/resolv-conf.ts'
import { findingsOf } from '../finding/registry.ts'
import type { TraceOptions } from '../options.ts'
import { parseSource, RequestError } from '../request.ts'
import type { RawResult } from '../result.ts'
import type { Sender } from '../sender.ts'
import { findSenders, podSender } from '../senders.ts'
import type { World } from '../world.ts'
import type { NameBranch } from './look-up-name.ts'
import { lookUpName } from './look-up-name.ts'
import { lookUpRecords } from './look-up-records.ts'
import { failedLookup, failedSymptom, resolverOf } from './look-up-target.ts'

/** Answers a question for a name. Throws a RequestError for one that cannot be asked. */
export function resolveName(world: World, request: NameRequest, options: TraceOptions): ResolutionAnswer {
  const asked = checkedRequest(request)
  const { sender, from } = askerOf(world, request)
  const resolver = resolverOf(world, request)
  const conf = confOf(world, sender, request)
  const branches = branchesOf({ world, sender, resolver, conf, options, ...asked })
  const failed = branches.flatMap((branch): readonly RawResult[] =>
    branch.disposition === undefined ? [] : [failedLookup({ sender, options }, { name: asked.name }, branch)],
  )
  const [likeliest] = branches.toSorted((a, b) => b.probability - a.probability)
  const queries = likeliest?.resolution.queries ?? []
  return {
    apiVersion: 'kubewalk.dev/v1alpha1',
    kind: 'Resolution',
    request: { ...request, from, resolver },
    queries,
    rcode: rcodeOf(likeliest),
    addresses: likeliest?.resolution.addresses ?? [],
    resolvConf: { ...conf, nameservers: conf.nameservers.map(formatIp) },
    outcomes: branches.map(outcomeOf),
    findings: findingsOf(world, failed),
  }
}

/** Of the query that found something, or of the last. */
function rcodeOf(branch: NameBranch | undefined): ResolutionAnswer['rcode'] {
  const { queries = [], name, source } = branch?.resolution ?? {}
  if (source === 'hosts-file' || source === 'given') return 'NOERROR'
  const found = queries.find((one) => one.rcode === 'NOERROR' && one.name.replace(/\.$/, '') === name)
  return (found ?? queries.at(-1))?.rcode ?? null
}

interface Checked {
  readonly name: string
  readonly type: string | undefined
}

/** An address is asked for by its reverse name (RFC 1035 section 3.5). */
function checkedRequest({ name, type }: NameRequest): Checked {
  const kind = type?.toUpperCase()
  if (kind !== undefined && !/^(?:[A-Z]+\d*|TYPE\d+)$/.test(kind)) {
    throw new RequestError('bad-request', `"${type}" is no type of record`, 'write A, AAAA, SRV, PTR, TXT, …')
  }
  const ip = parseIp(name)
  if (ip !== undefined) return { name: reverseOf(ip), type: kind ?? 'PTR' }
  const plain = name.replace(/\.$/, '')
  const labels = plain.split('.')
  if (plain.length > 253 || !labels.every((label) => label.length >= 1 && label.length <= 63)) {
    throw new RequestError(
      'bad-request',
      `"${name}" is no name`,
      'labels have 1 to 63 characters, and all of it at most 253',
    )
  }
  return { name, type: kind }
}

function askerOf(world: World, { from, namespace = 'default' }: NameRequest) {
  if (from !== undefined) {
    const [sender] = findSenders(world, parseSource(from, namespace))
    if (!sender) throw new RequestError('unknown-source', `nobody is called ${from}`)
    return { sender, from }
  }
  const pods = world.cluster.pods.filter(
    (pod) => usesClusterDns(pod) && !world.compiled.applications.isDnsPod(pod),
  )
  const pod = pods.find((one) => one.namespace === namespace)
  if (pod) return { sender: podSender(world, pod), from: `pod/${pod.namespace}/${pod.name}` }
  const nobody: Sender = {
    netns: '',
    network: world.compiled.network,
    pod: podOf(namespace),
  }
  return { sender: nobody, from: `a pod of namespace ${namespace}` }
}

function usesClusterDns(pod: ClusterPod): boolean {
  const { dnsPolicy = 'ClusterFirst', dnsConfig } = pod.object.spec
  return hasNamespace(pod) && dnsPolicy === 'ClusterFirst' && !dnsConfig
}

/** An ordinary pod of the namespace that is nowhere: it has the search list of one. */
function podOf(namespace: string): ClusterPod {
  return {
    namespace,
    name: 'any',
    ref: { kind: 'Pod', namespace, name: 'any' },
    labels: {},
    annotations: {},
    ips: [],
    phase: 'Running',
    ready: true,
    terminating: false,
    hostNetwork: false,
    ports: [],
    object: { metadata: { name: 'any', namespace }, spec: {} },
  }
}

function confOf(world: World, sender: Sender, { server }: NameRequest): ResolvConf {
  const { resolvConf } = world.nameFiles(sender)
  if (server === undefined) return resolvConf
  const ip = parseIp(server)
  if (ip === undefined) {
    throw new RequestError('bad-request', `"${server}" is not an IP address`, 'write one such as 10.96.0.10')
  }
  return { ...resolvConf, nameservers: [ip] }
}

interface Looking extends Checked {
  readonly world: World
  readonly sender: Sender
  readonly resolver: ResolutionAnswer['request']['resolver']
  readonly conf: ResolvConf
  readonly options: TraceOptions
}

function branchesOf(looking: Looking): readonly NameBranch[] {
  const { type, ...rest } = looking
  if (type === undefined || type === 'A' || type === 'AAAA') {
    const family = type === undefined ? undefined : type === 'A' ? 4 : 6
    return lookUpName({ ...rest, family })
  }
  return lookUpRecords({ ...rest, type })
}

function outcomeOf(branch: NameBranch): NameOutcome {
  const { probability, resolution, legs, disposition = 'reached', last } = branch
  return {
    probability,
    disposition,
    symptom:
      disposition === 'reached'
        ? { text: 'resolved', curlExitCode: 0, httpStatus: null }
        : failedSymptom(resolution.asked, branch),
    resolution,
    stoppedAt: disposition === 'reached' ? null : (last?.outcome.stoppedAt ?? null),
    legs,
  }
}
