import type { HttpAnswer, JourneyOutcome } from '../model/journey.ts'
import type { ShowLocation } from './layout.ts'
import { blockLines } from './layout.ts'
import type { Style } from './style.ts'

interface Options {
  readonly style: Style
  readonly columns: number
  readonly detail: 'brief' | 'matched' | 'all'
  readonly location: ShowLocation
}

/** What the proxy between two legs made of the request: the rule that it took, and to where. */
export function proxyText({ http }: JourneyOutcome, options: Options): readonly string[] {
  if (!http?.proxy) return []
  const { name, profile } = http.proxy
  const { say } = speaker(options)
  return [
    ...say(`proxy ${name}, as ${profile}`, ''),
    ...(http.route
      ? say(`  takes ${hostText(http)}${http.route.text}`, options.location(http.route.object.at))
      : []),
    ...(http.backend !== undefined
      ? say(`  to ${http.backend}, asking for ${http.received?.host ?? ''}${http.received?.path ?? ''}`, '')
      : []),
  ]
}

function hostText({ host }: HttpAnswer): string {
  return host === undefined ? '' : `${host} `
}

/** What the client is answered, and by whom. */
export function httpText({ http, legs }: JourneyOutcome, options: Options): readonly string[] {
  if (!http || http.status === null) return []
  const { say } = speaker(options)
  const forwarded = legs.some(({ purpose }) => purpose === 'proxy')
  const lines = forwarded || !http.proxy ? [] : [...proxyText({ http } as JourneyOutcome, options)]
  const to = http.location === undefined ? '' : ` to ${http.location}`
  const who = http.by === 'proxy' ? 'by the proxy' : http.assumed ? 'taken for granted' : 'by the application'
  const why = http.reason === undefined ? '' : `: ${http.reason}`
  lines.push(...say(`HTTP ${http.status}${to}${why}`, who))
  for (const what of http.notModelled ?? []) lines.push(...say(`not modelled: ${what}`, ''))
  for (const { text, why: miss, object } of http.status >= 400 ? (http.nearMisses ?? []) : []) {
    lines.push(...say(`  not ${text}: ${miss}`, options.location(object.at)))
  }
  return lines
}

function speaker({ style, columns }: Options) {
  const say = (text: string, right: string) =>
    blockLines({ left: '  ', text, right, hanging: 4, paint: (line) => line }, columns, style)
  return { say }
}
