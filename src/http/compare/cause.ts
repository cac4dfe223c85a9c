import { formatHostPattern } from '../host-match.ts'
import type { Route } from '../proxy.ts'
import type { SideAnswer } from './answer.ts'

/** Why two answers differ: a stable word, and what to know about it. */
export interface Cause {
  readonly code: CauseCode
  readonly text: string
}

export type CauseCode =
  | 'https-redirect'
  | 'slash-redirect'
  | 'redirect-status'
  | 'redirect'
  | 'letter-case'
  | 'regex'
  | 'host-fallback'
  | 'wildcard-depth'
  | 'host-missing'
  | 'path-match'
  | 'rewrite'
  | 'weights'
  | 'no-listener'
  | 'status'
  | 'backend'

const texts: Readonly<Record<CauseCode, string>> = {
  'https-redirect': 'one side sends plain HTTP on to HTTPS, the other does not',
  'slash-redirect': 'one side redirects to the path with a slash at its end, the other does not',
  'redirect-status': 'both redirect to the same place, with different statuses',
  redirect: 'one side redirects, or elsewhere',
  'letter-case': 'one side matches the path without regard to case',
  regex: 'one side matches the path as a regular expression',
  'host-fallback': 'one side has rules for every host, which take what the other leaves',
  'wildcard-depth': 'the sides do not agree on how many labels a wildcard host stands for',
  'host-missing': 'one side has no rules for this host',
  'path-match': 'the sides do not agree on which paths a rule takes',
  rewrite: 'the same backend gets another request',
  weights: 'the same backends get other shares',
  'no-listener': 'one side does not take the connection at all',
  status: 'the answers have different statuses',
  backend: 'the request goes to different backends',
}

/** The likeliest cause of a difference. */
export function causeOf(left: SideAnswer, right: SideAnswer): Cause {
  const code = codeOf(left, right)
  return { code, text: texts[code] }
}

function codeOf(left: SideAnswer, right: SideAnswer): CauseCode {
  const both = [left, right]
  if (both.some((one) => one.type === 'closed')) return 'no-listener'
  const redirect = both.find((one) => one.type === 'redirect')
  if (redirect) return redirectCode(left, right, redirect)
  const unrouted = both.find((one) => !one.rule)
  const routed = both.find((one) => one.rule)
  if (unrouted && routed) return unroutedCode(unrouted, routed)
  if (left.type === 'forward' && right.type === 'forward') return forwardCode(left, right)
  return 'status'
}

function redirectCode(left: SideAnswer, right: SideAnswer, redirect: SideAnswer): CauseCode {
  if (left.type === 'redirect' && right.type === 'redirect') {
    const place = ({ text }: SideAnswer) => text.slice(text.indexOf(' '))
    return place(left) === place(right) ? 'redirect-status' : 'redirect'
  }
  const { result } = redirect.decision
  if (result.type !== 'redirect') return 'redirect'
  const { scheme, path } = redirect.request
  if (scheme === 'http' && result.location.startsWith('https://')) return 'https-redirect'
  return result.location.split('?')[0]?.endsWith(`${path}/`) ? 'slash-redirect' : 'redirect'
}

/** One side knows the request and the other does not: by its host, or by its path. */
function unroutedCode(unrouted: SideAnswer, routed: SideAnswer): CauseCode {
  const known = hostOf(unrouted)
  const taking = hostOf(routed)
  if (known !== taking) {
    if (taking === '*') return 'host-fallback'
    if (taking.startsWith('*.') || known.startsWith('*.')) return 'wildcard-depth'
    return 'host-missing'
  }
  return pathCode(routed)
}

function hostOf({ decision }: SideAnswer): string {
  const own = decision.route && 'match' in decision.route ? decision.route.match.hosts?.[0] : undefined
  const pattern = own ?? decision.host?.pattern
  return pattern ? formatHostPattern(pattern) : '*'
}

function pathCode({ decision, request }: SideAnswer): CauseCode {
  const match = httpRoute(decision.route)?.match.path
  if (!match) return 'path-match'
  if (match.type === 'regex') {
    const exact = new RegExp(match.pattern.replace(/^\(\?i\)/, ''))
    return match.ignoreCase && !exact.test(request.path) ? 'letter-case' : 'regex'
  }
  return 'path-match'
}

function httpRoute(route: SideAnswer['decision']['route']): Route | undefined {
  return route && 'match' in route ? route : undefined
}

function forwardCode(left: SideAnswer, right: SideAnswer): CauseCode {
  const bare = ({ text }: SideAnswer) => text.replace(/ \d+(?:\.\d+)? %/g, '')
  if (bare(left) === bare(right)) return 'weights'
  const names = ({ decision }: SideAnswer) =>
    decision.result.type === 'forward' ? decision.result.shares.map((one) => one.backend.name).join() : ''
  if (names(left) === names(right)) return 'rewrite'
  if (hostOf(left) !== hostOf(right)) {
    const fell = [left, right].some((one) => hostOf(one) === '*')
    const wild = [left, right].some((one) => hostOf(one).startsWith('*.'))
    if (wild) return 'wildcard-depth'
    if (fell) return 'host-fallback'
  }
  const codes = [left, right].map(pathCode)
  return codes.find((one) => one === 'letter-case') ?? codes.find((one) => one === 'regex') ?? 'backend'
}
