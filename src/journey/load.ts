import type { Load } from '../dataplane/load.ts'
import type { JourneyRequest } from '../model/journey.ts'
import { RequestError } from './request.ts'
import type { RequestProtocol } from './resolve-target.ts'

/** More bytes than this are not asked about in one exchange. */
export const mostBytes = 1_000_000_000

/** The payload that fits a datagram or echo: 65535 bytes less the headers of IPv4. */
const mostInDatagram = 65507

/** How much the request sends each way, if it says so. Throws a RequestError for what cannot be sent. */
export function loadOf(request: JourneyRequest, protocol: RequestProtocol): Load | undefined {
  const { size, responseSize, dontFragment } = request
  if (size === undefined) {
    if (responseSize === undefined && dontFragment === undefined) return undefined
    throw new RequestError(
      'bad-request',
      'the request does not say how many bytes are sent',
      'give its size: --size BYTES',
    )
  }
  checkProtocol(request, protocol)
  if (protocol !== 'tcp' && Math.max(size, responseSize ?? 0) > mostInDatagram) {
    throw new RequestError(
      'bad-request',
      `${Math.max(size, responseSize ?? 0)} bytes do not go into one packet`,
      `write a size up to ${mostInDatagram}`,
    )
  }
  const response = responseSize ?? size
  return { request: size, response, ...(dontFragment !== undefined && { dontFragment }) }
}

function checkProtocol({ responseSize, dontFragment }: JourneyRequest, protocol: RequestProtocol): void {
  if (protocol === 'sctp') {
    throw new RequestError('bad-request', 'sizes of SCTP are not modelled', 'ask with --protocol tcp or udp')
  }
  if (protocol === 'tcp' && dontFragment !== undefined) {
    throw new RequestError(
      'bad-request',
      'TCP decides itself that its segments are not cut',
      'leave out --df and --no-df, or ask with --protocol udp',
    )
  }
  if (protocol === 'icmp' && responseSize !== undefined) {
    throw new RequestError('bad-request', 'an echo is answered in its own size', 'leave out --response-size')
  }
}
