import { familyOf } from '../base/ip.ts'
import { ICMP, TCP, UDP } from '../base/packet.ts'
import { isHeardByUdp } from '../dataplane/udp-error.ts'
import type { Symptom } from '../model/journey.ts'
import type { Answer, ExchangeOutcome } from '../model/trace.ts'
import type { Asked } from './result.ts'

/** The words of the error that a socket gets for an ICMP error, as the kernel maps them (icmp_err_convert). */
const errors4: Readonly<Record<number, string>> = {
  0: 'Network is unreachable',
  1: 'No route to host',
  2: 'Protocol not available',
  3: 'Connection refused',
  4: 'Message too long',
  9: 'Network is unreachable',
  10: 'No route to host',
  13: 'No route to host',
}

const errors6: Readonly<Record<number, string>> = {
  0: 'Network is unreachable',
  1: 'Permission denied',
  3: 'No route to host',
  4: 'Connection refused',
  5: 'Permission denied',
  6: 'Permission denied',
}

const localErrors: Readonly<Record<string, string>> = {
  ENETUNREACH: 'Network is unreachable',
  EHOSTUNREACH: 'No route to host',
  EINVAL: 'Invalid argument',
  EACCES: 'Permission denied',
  EMSGSIZE: 'Message too long',
  EPERM: 'Operation not permitted',
}

/** What the person at the keyboard sees of an outcome: curl's words for TCP, the socket's error for the rest. */
export function symptomOf(outcome: ExchangeOutcome, asked: Asked): Symptom {
  const { disposition, answer, errno } = outcome
  switch (disposition) {
    case 'reached':
      return symptom(asked.protocol === TCP ? 'connected' : 'answered', 0)
    case 'stalled':
      return answer === undefined && errno === undefined ? silence(outcome, asked) : told(outcome, asked)
    case 'unknown':
      return symptom('not known: something on the way is not modelled', null)
    case 'dropped':
      return errno === undefined ? silence(outcome, asked) : told(outcome, asked)
    case 'no-address':
      return symptom('no address has been assigned: <pending>', null)
    case 'nxdomain':
    case 'dns-nodata':
    case 'dns-servfail':
    case 'dns-timeout':
      return symptomText.unresolved(asked.host)
    case 'dns-wrong-answer':
      return symptom(`another server than ${asked.host}`, null)
    case 'tls-wrong-cert':
      return symptom(`curl: (60) SSL: the certificate is not for ${asked.host}`, 60)
    case 'refused':
    case 'rejected':
    case 'no-route':
    case 'looped':
      return told(outcome, asked)
    default:
      return disposition satisfies never
  }
}

/** What is seen of a request that no exchange of packets decides. */
export const symptomText = {
  /** Whatever went wrong with the name, curl says only this (CURLE_COULDNT_RESOLVE_HOST). */
  unresolved: (host: string): Symptom => symptom(`curl: (6) Could not resolve host: ${host}`, 6),
  /** The client connects to whatever the answer says, and never learns that it is not what was meant. */
  misled: (host: string, ip: string): Symptom => symptom(`${host} is ${ip}, which is another server`, null),
  /** An answer of HTTP is no error to curl. */
  http: (status: number, location?: string): Symptom => ({
    text: location === undefined ? `HTTP ${status}` : `HTTP ${status}, Location: ${location}`,
    curlExitCode: 0,
    httpStatus: status,
  }),
  /** CURLE_PEER_FAILED_VERIFICATION. */
  certificate: (what: string): Symptom => symptom(`curl: (60) ${what}`, 60),
  /** A TLS handshake that is refused: CURLE_SSL_CONNECT_ERROR. */
  handshake: (what: string): Symptom => symptom(`curl: (35) ${what}`, 35),
} as const

function symptom(text: string, curlExitCode: number | null): Symptom {
  return { text, curlExitCode, httpStatus: null }
}

/** The error of the sender's own kernel, else that of the answer, if the socket hears of it. */
function told(outcome: ExchangeOutcome, asked: Asked): Symptom {
  const { answer, errno } = outcome
  if (errno !== undefined) return failed(asked, localErrors[errno] ?? errno)
  return isUnheard(answer, asked) ? silence(outcome, asked) : failed(asked, answerText(answer))
}

function isUnheard(answer: Answer | undefined, { protocol }: Asked): boolean {
  if (protocol !== UDP || !answer?.icmp) return false
  const { type, code } = answer.icmp
  return !isHeardByUdp(familyOf(answer.from), { type, code })
}

function answerText(answer: Answer | undefined): string {
  if (!answer || answer.type === 'rst' || !answer.icmp) return 'Connection refused'
  const { type, code } = answer.icmp
  if (typeof answer.from === 'number')
    return type === 11 ? 'No route to host' : (errors4[code] ?? 'No route to host')
  if (type === 2) return 'Message too long'
  return type === 3 ? 'No route to host' : (errors6[code] ?? 'No route to host')
}

function failed({ host, port, protocol }: Asked, error: string): Symptom {
  if (protocol === TCP) return symptom(`curl: (7) Failed to connect to ${host} port ${port}: ${error}`, 7)
  if (protocol === ICMP || port === 0) return symptom(`ping: ${error}`, null)
  return symptom(`the socket's error is: ${error}`, null)
}

function silence(outcome: ExchangeOutcome, { host, port, protocol }: Asked): Symptom {
  if (protocol === TCP) {
    return outcome.leg.later
      ? symptom('connected, and then nothing: curl: (28) Operation timed out', 28)
      : symptom(`curl: (28) Failed to connect to ${host} port ${port}: Connection timed out`, 28)
  }
  return port === 0 ? symptom('ping: 100% packet loss', null) : symptom('no answer: it times out', null)
}
