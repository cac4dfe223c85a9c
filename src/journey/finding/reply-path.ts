import { formatEndpoint } from '../../base/ip.ts'
import type { Finding } from '../../model/journey.ts'
import type { Failure, FindCause } from './failure.ts'
import { finding } from './failure.ts'
import { settingPlaces } from './setting-place.ts'

/** The request arrived and was answered, but the answer reaches the client untranslated. */
export const findReplyPath: FindCause = (failure) => {
  const { stop, outcome } = failure
  if (!stop?.onReply || stop.reason !== 'stray') return []
  const translator = translatingNode(failure)
  if (translator === undefined) return []
  const { leg, destination } = outcome
  const from = destination ? formatEndpoint(destination.ip, destination.port) : 'the endpoint'
  const passes = leg.reply.some((hop) => hop.netns === `node/${translator}`)
  return [...(passes ? bridged(failure, translator, from) : []), bypassed(failure, translator, from)].slice(
    0,
    1,
  )
}

/** The node that changed the request's destination. */
function translatingNode({ outcome }: Failure): string | undefined {
  for (const hop of outcome.leg.forward) {
    const translates = hop.steps.some(
      (step) => step.type === 'nat' && step.side === 'destination' && step.action === 'dnat',
    )
    if (translates && hop.netns.startsWith('node/')) return hop.netns.slice(5)
  }
  return undefined
}

function bridged({ sender, world, sent }: Failure, node: string, from: string): readonly Finding[] {
  const netns = sender.network.namespaces.get(`node/${node}`)
  const key = `net.bridge.bridge-nf-call-ip${typeof sent?.dst === 'bigint' ? '6' : ''}tables`
  if (netns?.sysctls[key] !== 0) return []
  return [
    finding(
      'bridge-netfilter-off',
      `the answer of ${from} crosses the bridge of ${node} without being translated back: ${key} is 0`,
      {
        objects: [...settingPlaces(world, `node/${node}`, [/bridge-nf-call/]), world.nodes.get(node)?.ref],
        fix: `load br_netfilter on ${node} and set ${key}=1`,
      },
    ),
  ]
}

function bypassed({ world, sent, asked }: Failure, node: string, from: string): Finding {
  const { kubeProxy } = world.cluster.settings
  const expected = sent ? formatEndpoint(sent.dst, sent.dport) : 'the Service'
  const unmasqueraded =
    kubeProxy.clusterCidrs.length === 0 && !kubeProxy.masqueradeAll && asked?.by === 'cluster IP'
  const why = unmasqueraded ? '; without clusterCIDR kube-proxy does not masquerade clients from outside' : ''
  return finding(
    'reply-bypasses-translation',
    `${node} translated the request, but the answer goes past it: the client gets it from ${from} and waits for ${expected}${why}`,
    {
      objects: [kubeProxy.configuredBy, asked?.service.ref],
      fix: unmasqueraded
        ? "set clusterCIDR (or masqueradeAll) in kube-proxy's configuration"
        : 'let the request be masqueraded, or the answer come back by the same node',
    },
  )
}
