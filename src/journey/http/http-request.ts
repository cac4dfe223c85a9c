import { parseIp } from '../../base/ip.ts'
import type { Outcome } from '../../dataplane/flight.ts'
import type { Header, HttpRequest } from '../../http/request.ts'
import type { JourneyRequest } from '../../model/journey.ts'
import type { Url } from '../request.ts'
import { RequestError } from '../request.ts'

/** The request as the other end of the client's connection gets it. */
export function httpRequest(url: Url, asked: JourneyRequest, outcome: Outcome): HttpRequest {
  const headers = (asked.headers ?? []).map(readHeader)
  const stated = headers.find(([name]) => name.toLowerCase() === 'host')?.[1]
  const port = url.port === undefined || url.port === ownPorts[url.scheme] ? '' : `:${url.port}`
  const bracketed = url.host.includes(':') ? `[${url.host}]` : url.host
  const names = url.scheme === 'https' && parseIp(url.host) === undefined
  return {
    scheme: url.scheme,
    method: (asked.method ?? 'GET').toUpperCase(),
    host: stated ?? `${bracketed}${port}`,
    path: url.path,
    ...(url.query !== undefined && { query: url.query }),
    headers: headers.filter(([name]) => name.toLowerCase() !== 'host'),
    ...(names && { sni: url.host.replace(/\.$/, '') }),
    client: outcome.seenSource?.ip ?? 0,
    port: outcome.destination?.port ?? 0,
  }
}

const ownPorts = { http: '80', https: '443' }

/** `Name: value`, as with curl's -H. */
function readHeader(text: string): Header {
  const found = /^([^:\s]+)\s*:\s*(.*)$/.exec(text.trim())
  if (!found) {
    throw new RequestError('bad-request', `cannot read the header "${text}"`, "write it as 'Name: value'")
  }
  return [found[1] ?? '', found[2] ?? '']
}
