import type { ObjectRef } from '../../base/source.ts'
import type { Finding } from '../../model/journey.ts'
import type { StopReason } from '../../model/trace.ts'
import { formatRule } from '../../netfilter/save-format/format.ts'
import type { World } from '../world.ts'
import type { FindingCode } from './catalog.ts'
import type { Failure, FindCause, Stop } from './failure.ts'
import { finding } from './failure.ts'
import { pluginPlaces } from './plugin-places.ts'
import { settingPlaces } from './setting-place.ts'

/** The machine where it stopped, and what stopped there. */
interface Place {
  readonly label: string
  readonly ref: ObjectRef | undefined
  readonly what: 'the packet' | 'the answer'
  readonly family: 4 | 6
  readonly stop: Stop
}

/** What the kernel of some machine did, where nothing of Kubernetes explains it better. */
export const findKernel: FindCause = (failure) => {
  const { stop } = failure
  if (!stop) return []
  const place: Place = {
    ...machine(failure, stop),
    what: stop.onReply ? 'the answer' : 'the packet',
    family: typeof failure.sent?.dst === 'bigint' ? 6 : 4,
    stop,
  }
  switch (stop.reason) {
    case 'forwarding-off':
    case 'reverse-path':
    case 'martian-source':
    case 'martian-destination':
      return [bySetting(failure.world, place, stop.reason)]
    case 'rule':
    case 'policy':
      return byRule(failure, place)
    case 'no-route':
      return [
        routeLocalnet(failure.world, place) ?? at(place, 'no-route', `look at the routes of ${place.label}`),
      ]
    case 'no-neighbor':
    case 'blackhole':
      return [at(place, 'no-route', `look at the routes of ${place.label}`)]
    case 'source-check':
      return [sourceCheck(failure.world, place)]
    case 'checksum':
      return [checksum(failure, place)]
    case 'device':
    case 'bridge-port':
      return [at(place, 'no-route', `look at the devices of ${place.label}`)]
    case 'too-big':
      return [at(place, 'packet-too-big', 'lower the MTU of the sender, or raise it on the way')]
    case 'ttl':
      return [at(place, 'routing-loop', 'look for routes that point at each other')]
    case 'nat-exhausted':
      return [at(place, 'no-free-port', 'use another source port, or more addresses')]
    case 'stray':
      return [at(place, 'reply-bypasses-translation', 'let the answer come from the address that was asked')]
    case 'filter':
    case 'no-listener':
    case 'not-modelled':
      return []
    default:
      return stop.reason satisfies never
  }
}

/** The fault is the sender's: a device that computes wrong checksums. */
function checksum({ world, outcome }: Failure, { stop }: Place): Finding {
  const hops = stop.onReply ? outcome.leg.reply : outcome.leg.forward
  const wrapping = hops.findLast(({ steps }) => steps.some((step) => step.type === 'encapsulated'))
  const step = wrapping?.steps.findLast((one) => one.type === 'encapsulated')
  const name = wrapping?.netns.slice(5) ?? ''
  const device = step?.type === 'encapsulated' ? step.device : 'the tunnel'
  const source = world.cluster.environmentSource
  const path = ['spec', 'nodes', name, 'interfaces', device, 'txChecksumOffload']
  return finding(
    'tunnel-checksum',
    `${name} leaves checksums to ${device}, and its kernel computes a wrong one for connections that it masquerades: the receiver throws the tunnel's packets away before it opens them`,
    {
      objects: [source && { ...source.ref, at: source.locate(path) }, world.nodes.get(name)?.ref],
      fix: `on ${name}: ethtool -K ${device} tx-checksum-ip-generic off, or a kernel from 5.7 on`,
    },
  )
}

/** What leaves by which interface is for the network plugin to say. */
function sourceCheck(world: World, { label, ref, stop }: Place): Finding {
  return finding('source-check', `${label}: ${stop.text}`, {
    objects: [...pluginPlaces(world), ref],
    fix: 'let it leave by the interface that has its source, or translate the source',
  })
}

function at({ label, ref, stop }: Place, code: FindingCode, fix: string): Finding {
  return finding(code, `${label}: ${stop.text}`, { objects: [ref], fix })
}

/** 127.0.0.0/8 does not leave a machine that was not told to let it. */
function routeLocalnet(world: World, { label, ref, stop }: Place): Finding | undefined {
  if (!stop.text.includes('route_localnet=0')) return undefined
  return finding('kernel-setting', `${label}: ${stop.text}`, {
    objects: [ref, ...settingPlaces(world, stop.netns, [/route_localnet$/])],
    fix: `set net.ipv4.conf.all.route_localnet=1 on ${label}, or ask for its own address`,
  })
}

function bySetting(world: World, place: Place, reason: StopReason): Finding {
  const { label, ref, what, family, stop } = place
  const say = (message: string, fix: string, ...keys: readonly RegExp[]) =>
    finding('kernel-setting', message, { objects: [ref, ...settingPlaces(world, stop.netns, keys)], fix })
  if (reason === 'forwarding-off') {
    const key = family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
    return say(`${label} does not forward packets (${key}=0)`, `set ${key}=1 on ${label}`, /forward/)
  }
  if (reason === 'reverse-path') {
    return say(
      `${label} drops ${what}: its way back would be another device (rp_filter)`,
      `set rp_filter=2 on ${label}, or mend its routes`,
      /rp_filter$/,
    )
  }
  return say(`${label} drops ${what}: ${stop.text}`, 'find out who sends from or to this address')
}

function machine(
  { sender }: Failure,
  { netns }: Stop,
): { readonly label: string; readonly ref: ObjectRef | undefined } {
  const found = sender.network.namespaces.get(netns)
  return { label: found?.label ?? netns, ref: found?.subject }
}

function byRule({ sent }: Failure, { stop: { by, netns }, label }: Place): readonly Finding[] {
  if (!by) return []
  const family = typeof sent?.dst === 'bigint' ? 6 : 4
  if (!by.rule) {
    const message = `${label} stops it in table ${by.table}: no rule of ${by.chain} lets it pass, and the chain's policy is DROP`
    const fix = `add a rule to ${by.chain} that lets this traffic pass on ${label}, or set the chain's policy to ACCEPT`
    return [finding('dropped-by-rule', message, { fix })]
  }
  const text = formatRule(by.rule, by.chain, family)
  const { origin } = by.rule
  const router = netns === 'router' ? ': no route leads there from outside the cluster' : ''
  return [
    finding(
      'dropped-by-rule',
      `${label} stops it in table ${by.table}, chain ${by.chain}: ${text}${router}`,
      {
        objects: [origin?.subject],
        fix:
          origin && origin.component !== 'iptables-save'
            ? `${origin.component} makes this rule: change what it makes it from`
            : `let this traffic pass before the rule, or remove it on ${label}`,
      },
    ),
  ]
}
