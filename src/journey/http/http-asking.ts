import type { HttpRequest } from '../../http/request.ts'
import type { HttpAnswer, JourneyRequest } from '../../model/journey.ts'
import type { TraceOptions } from '../options.ts'
import type { Url } from '../request.ts'
import type { RawResult } from '../result.ts'
import { symptomText } from '../symptom.ts'
import type { World } from '../world.ts'

/** What an HTTP request is made with. */
export interface HttpAsking {
  readonly world: World
  readonly options: TraceOptions
  readonly request: JourneyRequest
  readonly url: Url
  /** The request as the client sends it. */
  readonly sent: HttpRequest
  /** What is answered at the end of a connection that is open; a proxy asks so for what it opens itself. */
  readonly answerAt: (
    asking: HttpAsking,
    result: RawResult,
    request: HttpRequest,
    depth: number,
  ) => readonly RawResult[]
}

/** The journey ends with a status. */
export function answered(result: RawResult, answer: HttpAnswer): RawResult {
  const http = { ...result.http, ...answer }
  const symptom = symptomText.http(http.status ?? 0, http.location)
  return { ...result, http, ending: { disposition: 'reached', symptom } }
}

/** The connection is closed without an answer. */
export function closed(result: RawResult, reason: string): RawResult {
  const symptom = { text: 'curl: (52) Empty reply from server', curlExitCode: 52, httpStatus: null }
  const { http = { status: null, by: 'proxy' as const } } = result
  return { ...result, ending: { disposition: 'refused', symptom }, http: { ...http, reason } }
}
