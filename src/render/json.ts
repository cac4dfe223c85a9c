import type { Ip } from '../base/ip.ts'
import { formatIp } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { formatFlow, hasPorts, protocolName } from '../base/packet.ts'
import type { ObjectRef } from '../base/source.ts'
import type { Finding, HttpAnswer, Journey, JourneyOutcome, ResolutionAnswer } from '../model/journey.ts'
import { formatRoute } from '../model/route-text.ts'
import type { Hop, Leg, ListenerRef, PathMtuLesson, RuleStep, Socket, Step } from '../model/trace.ts'
import { formatRule } from '../netfilter/save-format/format.ts'
import { policyCheckJson } from './policy-json.ts'

/** A journey as `-o json` prints it: plain data, addresses as text, rules as iptables-save writes them. */
export function journeyJson(journey: Journey): unknown {
  const { apiVersion, kind, request, outcomes, findings, resolved } = journey
  return {
    apiVersion,
    kind,
    request,
    outcomes: outcomes.map(outcomeJson),
    findings: findings.map(findingJson),
    ...(resolved && { resolved }),
  }
}

/** Journeys made one after the other: a list, as the Kubernetes API makes lists. */
export function sessionJson(journeys: readonly Journey[]): unknown {
  return { apiVersion: 'kubewalk.dev/v1alpha1', kind: 'JourneyList', items: journeys.map(journeyJson) }
}

/** The answer to a question for a name, as `kubewalk dns -o json` prints it. */
export function resolutionJson(answer: ResolutionAnswer): unknown {
  return {
    ...answer,
    outcomes: answer.outcomes.map(({ legs, ...rest }) => ({ ...rest, legs: legs.map(legJson) })),
    findings: answer.findings.map(findingJson),
  }
}

function findingJson({ objects, ...rest }: Finding): unknown {
  return { ...rest, objects: objects.map(objectJson) }
}

/** An object with its place beside its name: `file`, `line` and `column`. */
function objectJson({ at, ...ref }: ObjectRef): unknown {
  return { ...ref, ...at }
}

function outcomeJson(outcome: JourneyOutcome): unknown {
  const { legs, alternatives, from, http, policies, ...rest } = outcome
  return {
    ...rest,
    ...(policies && { policies: policies.map((one) => policyCheckJson(one, objectJson)) }),
    ...(http && { http: httpJson(http) }),
    ...(from && { from: objectJson(from) }),
    ...(alternatives && {
      alternatives: alternatives.map(({ assuming, outcomes }) => ({
        assuming,
        outcomes: outcomes.map(outcomeJson),
      })),
    }),
    legs: legs.map(legJson),
  }
}

function httpJson({ route, nearMisses, ...rest }: HttpAnswer): unknown {
  return {
    ...rest,
    ...(route && { route: { ...route, object: objectJson(route.object) } }),
    ...(nearMisses && {
      nearMisses: nearMisses.map((one) => ({ ...one, object: objectJson(one.object) })),
    }),
  }
}

function legJson({ purpose, about, forward, reply, later, lessons, transfers }: Leg): unknown {
  return {
    purpose,
    ...(about !== undefined && { about }),
    forward: forward.map(hopJson),
    reply: reply.map(hopJson),
    ...(later && {
      later: later.map(({ name, packet, hops }) => ({
        name,
        packet: packetJson(packet),
        hops: hops.map(hopJson),
      })),
    }),
    ...(lessons && { lessons: lessons.map(lessonJson) }),
    ...(transfers && { transfers }),
  }
}

function lessonJson({ from, hops, icmp, ...rest }: PathMtuLesson): unknown {
  return { ...rest, from: formatIp(from), hops: hops.map(hopJson), icmp: icmp.map(hopJson) }
}

function hopJson({ netns, steps }: Hop): unknown {
  return { netns, steps: steps.map(stepJson) }
}

function packetJson(packet: Packet): unknown {
  const { src, dst, protocol, sport, dport, ttl, mark, length, icmp, fragments, mss, tunnel } = packet
  const ports = hasPorts(protocol) ? { sport, dport } : {}
  const error = icmp
    ? { icmp: { type: icmp.type, code: icmp.code, ...(icmp.quoted && { quoted: formatFlow(icmp.quoted) }) } }
    : {}
  return {
    src: formatIp(src),
    dst: formatIp(dst),
    protocol: protocolName(protocol),
    ...ports,
    ...error,
    ttl,
    length,
    ...(fragments !== undefined && { fragments }),
    ...(mss !== undefined && { mss }),
    ...(tunnel && { inner: packetJson(tunnel.inner) }),
    ...(mark !== 0 && { mark: `0x${mark.toString(16)}` }),
  }
}

function ipJson(ip: Ip | undefined): string | undefined {
  return ip === undefined ? undefined : formatIp(ip)
}

function socketJson({ ip, port }: Socket): unknown {
  return { ip: formatIp(ip), port }
}

function ruleJson({ hook, table, chain, number, rule, matched }: RuleStep): Record<string, unknown> {
  const family = rule?.header.destination && typeof rule.header.destination.address === 'bigint' ? 6 : 4
  const subject = rule?.origin?.subject
  return {
    hook,
    table,
    chain,
    rule: number,
    ...(rule && { text: formatRule(rule, chain, family) }),
    matched,
    ...(rule?.origin && { component: rule.origin.component }),
    ...(subject && { object: objectJson(subject) }),
  }
}

function listenerJson({ owner, assumed, label }: ListenerRef): unknown {
  return {
    ...(owner && { owner: objectJson(owner) }),
    assumed,
    ...(label !== undefined && { label }),
  }
}

function stepJson(step: Step): unknown {
  switch (step.type) {
    case 'rule':
      return { type: 'rule', ...ruleJson(step) }
    case 'delivered': {
      const { packet, listener, ...rest } = step
      return { ...rest, packet: packetJson(packet), ...(listener && { listener: listenerJson(listener) }) }
    }
    case 'sent':
    case 'received':
      return { ...step, packet: packetJson(step.packet) }
    case 'nat': {
      const { from, to, by, ...rest } = step
      return { ...rest, from: socketJson(from), to: socketJson(to), ...(by && { by: ruleJson(by) }) }
    }
    case 'route': {
      const { route, via, source, device, again } = step
      const text = { route: formatRoute(route), device, via: ipJson(via), source: ipJson(source) }
      const object = route.origin?.subject
      return {
        type: 'route',
        ...text,
        ...(again && { again }),
        ...(object && { object: objectJson(object) }),
      }
    }
    case 'redirect':
      return { ...step, to: formatIp(step.to), via: formatIp(step.via) }
    case 'filtered': {
      const { at, ...rest } = step
      return { ...rest, ...(at.type === 'hook' ? { hook: at.hook } : { device: at.device, side: at.side }) }
    }
    case 'neighbor':
      return { ...step, ip: formatIp(step.ip) }
    case 'encapsulated':
      return { ...step, outer: packetJson(step.outer) }
    case 'decapsulated':
      return { ...step, inner: packetJson(step.inner) }
    case 'assumed':
      return { ...step, by: ruleJson(step.by) }
    case 'ended':
      return { ...step, ...(step.by && { by: ruleJson(step.by) }) }
    default:
      return step
  }
}
