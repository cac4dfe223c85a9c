import { forwardedHeaders } from './forwarded-headers.ts'
import { encodePath } from './path-normalization.ts'
import type { RequestTarget } from './path-rewrite.ts'
import { rewriteTarget } from './path-rewrite.ts'
import type { Filter, HttpProxy } from './proxy.ts'
import type { Header, HttpRequest } from './request.ts'

/** A request as a backend gets it. */
export interface UpstreamRequest {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query?: string
  readonly headers: readonly Header[]
}

/** What the filters of a way make of a request. */
export function upstreamRequest(
  proxy: HttpProxy,
  request: HttpRequest,
  settledPath: string,
  filters: readonly Filter[],
): UpstreamRequest {
  const target = targetOf(proxy, request, settledPath, filters)
  const host = filters.findLast((one) => one.type === 'rewrite-host')?.host ?? request.host
  let headers = forwardedHeaders(proxy.forwarding, request)
  for (const filter of filters) {
    if (filter.type === 'header' && filter.on === 'request') headers = changeHeaders(filter, headers)
  }
  return { method: request.method, host, ...target, headers }
}

/** What a response's headers become on their way back. */
export function responseHeaders(filters: readonly Filter[], given: readonly Header[]): readonly Header[] {
  return filters.reduce<readonly Header[]>(
    (headers, filter) =>
      filter.type === 'header' && filter.on === 'response' ? changeHeaders(filter, headers) : headers,
    given,
  )
}

/** A rewrite works on the settled path; without one the path goes on as it stands in the request line. */
function targetOf(
  { normalization }: HttpProxy,
  request: HttpRequest,
  settledPath: string,
  filters: readonly Filter[],
): RequestTarget {
  const query = request.query === undefined ? {} : { query: request.query }
  const start: RequestTarget = { path: settledPath, ...query }
  let target = start
  for (const filter of filters) {
    if (filter.type === 'rewrite-path') target = rewriteTarget(filter.rewrite, target)
  }
  const kept = target === start || (target.path === start.path && target.query === start.query)
  if (kept && !normalization?.forwarded) return { path: request.path, ...query }
  return { ...target, path: encodePath(target.path, normalization) }
}

type HeaderFilter = Extract<Filter, { type: 'header' }>

function changeHeaders({ action, name, value }: HeaderFilter, headers: readonly Header[]): readonly Header[] {
  if (action === 'add') return [...headers, [name, value]]
  const others = headers.filter(([one]) => one.toLowerCase() !== name.toLowerCase())
  return action === 'set' ? [...others, [name, value]] : others
}
