import type { HttpAnswer, JourneyOutcome } from '../model/journey.ts'
import type { ShowLocation } from './layout.ts'
import { blockLines } from './layout.ts'
import type { Style } from './style.ts'
import { padEnd } from './style.ts'

interface Options {
  readonly style: Style
  readonly columns: number
  readonly detail: 'brief' | 'matched' | 'all'
  readonly location: ShowLocation
  /** The columns of the walks' first column, in which machines are named. */
  readonly places: number
}

/** What the proxy between two legs made of the request: the rule that it took, and what it asks of whom. */
export function proxyText({ http }: JourneyOutcome, options: Options): readonly string[] {
  if (!http?.proxy) return []
  return labelled(
    proxyLabel(http.proxy),
    [...takenLines(http, options), ...askedLines(http, options)],
    options,
  )
}

/** What the client is answered, by whom and why; what nearly fitted, where nothing did. */
export function httpText({ http, legs, disposition }: JourneyOutcome, options: Options): readonly string[] {
  if (!http) return []
  if (disposition === 'tls-wrong-cert') return labelled('TLS', tlsLines(http), options)
  if (http.status === null) return []
  const forwarded = legs.some(({ purpose }) => purpose === 'proxy')
  const taken =
    forwarded || !http.proxy ? [] : labelled(proxyLabel(http.proxy), takenLines(http, options), options)
  const { good, bad } = options.style
  const label = (http.status < 400 ? good : bad)(`HTTP ${http.status}`)
  return [...taken, ...labelled(label, answerLines(http, options), options)]
}

/** A line of text, and what stands at its right. */
interface Line {
  readonly text: string
  readonly right?: string
}

/** The profile stands for an Ingress controller; a Gateway is known by its name. */
function proxyLabel({ name, profile }: NonNullable<HttpAnswer['proxy']>): string {
  return profile === 'gateway-api' ? name : profile
}

function takenLines({ route, host }: HttpAnswer, { location }: Options): readonly Line[] {
  if (!route) return []
  const text = host === undefined ? route.text : `${host} ${route.text}`
  return [{ text: `takes ${text}`, right: location(route.object.at) }]
}

function askedLines({ backend, received }: HttpAnswer, { detail }: Options): readonly Line[] {
  if (backend === undefined) return []
  if (!received) return [{ text: `hands the connection on to ${backend}` }]
  const { method, host, path, headers } = received
  const shown = detail === 'brief' ? [] : headers.map(([name, value]) => ({ text: `  ${name}: ${value}` }))
  return [{ text: `asks ${backend} for ${method} ${host}${path}` }, ...shown]
}

function tlsLines({ reason, certificate }: HttpAnswer): readonly Line[] {
  const names = certificate?.names ?? 'unknown'
  const known = names === 'unknown' || names.length === 0 ? '' : `, for ${names.join(', ')}`
  return [{ text: reason === undefined ? 'the handshake fails' : `${reason}${known}` }]
}

function answerLines(http: HttpAnswer, { location }: Options): readonly Line[] {
  const { status, location: to, nearMisses = [], notModelled = [], backend, by } = http
  const lost = by === 'proxy' && backend === undefined && (status ?? 0) >= 400
  return [
    ...(to === undefined ? [] : [{ text: `Location: ${to}` }]),
    { text: whyText(http) },
    ...notModelled.map((what) => ({ text: `not modelled: ${what}` })),
    ...(lost ? nearMisses : []).map(({ text, why, object }) => ({
      text: `nearly: ${text}, but ${why}`,
      right: location(object.at),
    })),
  ]
}

function whyText({ by, assumed, reason, proxy }: HttpAnswer): string {
  if (by === 'proxy') return reason ?? `${proxy?.name ?? 'the proxy'} answers by itself`
  if (assumed) return 'assumed: nothing in the input states what the application answers'
  return reason === undefined ? 'as the application answers' : `as the application answers: ${reason}`
}

/** Lines with a label before the first, where the walks name their machines. */
function labelled(
  label: string,
  lines: readonly Line[],
  { style, columns, places }: Options,
): readonly string[] {
  return lines.flatMap(({ text, right = '' }, index) => {
    const left = `  ${style.name(padEnd(index === 0 ? label : '', places))}  `
    const indent = /^ */.exec(text)?.[0] ?? ''
    const block = { left: left + indent, text: text.trimStart(), right, hanging: 2 }
    return blockLines({ ...block, paint: (line) => line }, columns, style)
  })
}
