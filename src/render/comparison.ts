import { formatIp } from '../base/ip.ts'
import type { ObjectRef } from '../base/source.ts'
import type { SideAnswer } from '../http/compare/answer.ts'
import type { RouteComparison, RouteDifference } from '../http/compare/compare.ts'
import type { SampleRequest } from '../http/compare/samples.ts'

/** The names of the two sides. */
export interface ComparedNames {
  readonly left: string
  readonly right: string
}

/** The comparison in words: the smallest request that differs, and as many further differences as are asked for. */
export function comparisonText(comparison: RouteComparison, names: ComparedNames, further: number): string {
  const { differences, requests, classes, notes } = comparison
  const [first, ...rest] = differences
  const counted = `${requests} requests of ${classes} classes compared`
  const noted = notes.map((note) => `note: ${note}\n`).join('')
  if (!first)
    return `alike: ${names.left} and ${names.right} route every request compared alike (${counted})\n${noted}`
  const shown = rest.slice(0, further)
  const left = rest.length - shown.length
  return [
    `different: the smallest request that is not answered alike (${counted})\n`,
    differenceText(first, names),
    ...shown.map((one) => `\n${differenceText(one, names)}`),
    left > 0
      ? `\n${left} further difference${left === 1 ? '' : 's'} of other causes or rules; --all lists them\n`
      : '',
    noted === '' ? '' : `\n${noted}`,
  ].join('')
}

function differenceText(
  { request, left, right, cause, more }: RouteDifference,
  names: ComparedNames,
): string {
  const width = Math.max(names.left.length, names.right.length)
  const lines = [
    `  ${requestText(request)}`,
    ...sideText(names.left.padEnd(width), left),
    ...sideText(names.right.padEnd(width), right),
    `    ${cause.text} [${cause.code}]`,
    ...(more > 0 ? [`    and ${more} more request${more === 1 ? '' : 's'} of the same kind`] : []),
  ]
  return `${lines.join('\n')}\n`
}

function sideText(name: string, { text, rule, decision }: SideAnswer): readonly string[] {
  const { result } = decision
  const why =
    rule !== undefined
      ? `${rule.name}: ${rule.text}${placeText(rule.object)}`
      : 'reason' in result
        ? result.reason
        : 'no rule fits'
  return [`    ${name}  ${text}`, `    ${' '.repeat(name.length)}  ${why}`]
}

function placeText({ at }: ObjectRef): string {
  return at ? ` (${at.file}:${at.line})` : ''
}

/** `GET http://a.test/x?y=z  Header: value`. */
function requestText({ method, scheme, host, path, query, headers, cookies, client }: SampleRequest): string {
  const search = new URLSearchParams(query).toString()
  const named = [
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...Object.entries(cookies).map(([name, value]) => `Cookie: ${name}=${value}`),
  ]
  const from = formatIp(client) === '198.51.100.7' ? [] : [`from ${formatIp(client)}`]
  const url = `${method} ${scheme}://${host}${path}${search === '' ? '' : `?${search}`}`
  return [url, ...named, ...from].join('  ')
}

/** The comparison for programs. */
export function comparisonJson(
  { differences, requests, classes, notes }: RouteComparison,
  names: ComparedNames,
): unknown {
  return {
    alike: differences.length === 0,
    left: names.left,
    right: names.right,
    requests,
    classes,
    differences: differences.map(({ request, left, right, cause, more }) => ({
      request: { ...request, client: formatIp(request.client) },
      left: answerJson(left),
      right: answerJson(right),
      cause: cause.code,
      text: cause.text,
      more,
    })),
    notes,
  }
}

function answerJson({ text, type, status, rule }: SideAnswer): unknown {
  return { answer: text, type, ...(status !== undefined && { status }), ...(rule && { rule }) }
}
