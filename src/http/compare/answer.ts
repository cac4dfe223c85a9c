import type { ObjectRef } from '../../base/source.ts'
import type { Filter, Route, StreamRoute } from '../proxy.ts'
import type { HttpRequest } from '../request.ts'
import type { RoutingDecision } from '../route.ts'
import { routeRequest } from '../route.ts'
import type { Share } from '../share.ts'
import type { UpstreamRequest } from '../upstream-request.ts'
import type { SampleRequest } from './samples.ts'
import { httpRequest } from './samples.ts'
import type { CompareSide } from './side.ts'
import { entryOf, proxyFor } from './side.ts'

/** What a client gets from one side, in words that are equal if the answers are. */
export interface SideAnswer {
  /** `shop/web:80`, `shop/web:80 as /x`, `404`, `308 https://…`. */
  readonly text: string
  readonly type: RoutingDecision['result']['type']
  readonly status?: number
  /** The rule that decided; absent where none fitted. */
  readonly rule?: { readonly name: string; readonly text: string; readonly object: ObjectRef }
  readonly decision: RoutingDecision
  readonly request: HttpRequest
}

const nowhere: RoutingDecision['result'] = { type: 'closed', code: 'no-listener', reason: 'nothing listens' }

/** How a side answers a request. */
export function sideAnswer(side: CompareSide, sample: SampleRequest): SideAnswer {
  const proxy = proxyFor(side, sample.host, sample.scheme)
  const entry = proxy && entryOf(proxy, sample.scheme)
  const request = httpRequest(sample, entry?.port ?? 0)
  const decision: RoutingDecision = proxy
    ? routeRequest(proxy, request)
    : { client: sample.client, filters: [], mirrors: [], notModelled: [], nearMisses: [], result: nowhere }
  const { result, route } = decision
  return {
    text: answerText(decision, request, side),
    type: result.type,
    ...((result.type === 'respond' || result.type === 'redirect') && { status: result.status }),
    ...(route && !isUnrouted(result) && { rule: ruleOf(route) }),
    decision,
    request,
  }
}

/** A server's own answer to what no rule takes may stand in it as a route. */
function isUnrouted(result: RoutingDecision['result']): boolean {
  return result.type === 'respond' && result.code === 'no-route'
}

function ruleOf(route: Route | StreamRoute): NonNullable<SideAnswer['rule']> {
  return { name: route.name, object: route.object, text: 'text' in route ? route.text : 'whole connections' }
}

function answerText(decision: RoutingDecision, request: HttpRequest, side: CompareSide): string {
  const { result, mirrors, filters } = decision
  const answer = resultText(decision, request, side)
  if (result.type === 'closed') return answer
  const copies = [...new Set(mirrors.map((one) => side.identify(one.backend)))].toSorted()
  const changes = filters.flatMap((one) =>
    one.type === 'header' && one.on === 'response' ? headerText(one) : [],
  )
  return [
    answer,
    ...copies.map((one) => `a copy to ${one}`),
    ...(changes.length > 0 ? [`response ${changes.toSorted().join(', ')}`] : []),
  ].join('; ')
}

function resultText({ result, filters }: RoutingDecision, request: HttpRequest, side: CompareSide): string {
  switch (result.type) {
    case 'respond':
      return String(result.status)
    case 'redirect':
      return `${result.status} ${withPath(result.location)}`
    case 'closed':
      return 'connection refused or closed'
    case 'stream':
      return `whole connection to ${sharesText(result.shares, side)}`
    case 'forward': {
      const common = upstreamText(result.request, request, filters)
      const own = result.shares.some((one) => one.request)
      return own
        ? `${sharesText(result.shares, side, request)}${common}`
        : `${sharesText(result.shares, side)}${common}`
    }
    default:
      return result satisfies never
  }
}

/** A Location without a path means the root. */
function withPath(location: string): string {
  return /^https?:\/\/[^/?#]+$/.test(location) ? `${location}/` : location
}

/** The backends and their parts, each once: `shop/a:80 90 %, shop/b:80 10 %`. */
function sharesText(shares: readonly Share[], side: CompareSide, request?: HttpRequest): string {
  const parts = new Map<string, number>()
  for (const share of shares) {
    const { backend } = share
    const own = request && share.request ? upstreamText(share.request, request, share.filters ?? []) : ''
    const name = `${backend.problem ? String(backend.problem.status) : side.identify(backend)}${own}`
    parts.set(name, (parts.get(name) ?? 0) + share.share)
  }
  const list = [...parts].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const [only] = list
  if (only && list.length === 1) return only[0]
  return list.map(([name, share]) => `${name} ${Math.round(share * 1000) / 10} %`).join(', ')
}

/** What the backend gets that the client did not send, as far as filters made it. */
function upstreamText(sent: UpstreamRequest, asked: HttpRequest, filters: readonly Filter[]): string {
  const query = sent.query === undefined ? '' : `?${sent.query}`
  const before = asked.query === undefined ? '' : `?${asked.query}`
  const path = `${sent.path}${query}` === `${asked.path}${before}` ? '' : ` as ${sent.path}${query}`
  const host = sent.host === asked.host ? '' : ` with Host ${sent.host}`
  const changes = filters.flatMap((one) =>
    one.type === 'header' && one.on === 'request' ? headerText(one) : [],
  )
  return `${path}${host}${changes.length > 0 ? ` with ${changes.toSorted().join(', ')}` : ''}`
}

function headerText({ action, name, value }: Extract<Filter, { type: 'header' }>): string {
  const lower = name.toLowerCase()
  return action === 'remove' ? `no ${lower}` : `${action} ${lower}: ${value}`
}
