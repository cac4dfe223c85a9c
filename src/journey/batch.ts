import { nearest } from '../base/nearest.ts'
import type { Journey, JourneyRequest } from '../model/journey.ts'
import { mostBytes } from './load.ts'
import { RequestError } from './request.ts'

/** The answer to one line of a list of requests. */
export type BatchAnswer =
  | { readonly line: number; readonly journey: Journey }
  | { readonly line: number; readonly error: RequestError }

function isByteCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= mostBytes
}

const readers: Readonly<Record<keyof JourneyRequest, (value: unknown) => boolean>> = {
  from: (value) => typeof value === 'string',
  to: (value) => typeof value === 'string',
  protocol: (value) => typeof value === 'string' && ['tcp', 'udp', 'sctp', 'icmp'].includes(value),
  sport: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65535,
  size: isByteCount,
  responseSize: isByteCount,
  dontFragment: (value) => typeof value === 'boolean',
  namespace: (value) => typeof value === 'string',
  family: (value) => value === 4 || value === 6,
  resolver: (value) => typeof value === 'string' && ['glibc', 'musl', 'as-is'].includes(value),
  resolve: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((one) => typeof one === 'string'),
  in: (value) => typeof value === 'string',
  method: (value) => typeof value === 'string' && /^[A-Za-z]+$/.test(value),
  headers: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  insecure: (value) => typeof value === 'boolean',
}

const expected: Readonly<Record<keyof JourneyRequest, string>> = {
  from: 'a text, such as "pod/client"',
  to: 'a text, such as "svc/web:80"',
  protocol: '"tcp", "udp", "sctp" or "icmp"',
  sport: 'a port from 1 to 65535',
  size: `a number of bytes up to ${mostBytes}`,
  responseSize: `a number of bytes up to ${mostBytes}`,
  dontFragment: 'true or false',
  namespace: 'a text',
  family: '4 or 6',
  resolver: '"glibc", "musl" or "as-is"',
  resolve: 'an object of names and addresses, such as {"shop.example.com": "203.0.113.9"}',
  in: 'the name of a device of a dumped node',
  method: 'a method of HTTP, such as "POST"',
  headers: 'a list of texts, such as ["X-Version: 2"]',
  insecure: 'true or false',
}

/** Answers requests, one JSON object a line, in order; a line that cannot be answered gives its error. */
export function* answerLines(
  text: string,
  answer: (request: JourneyRequest) => Journey,
): Generator<BatchAnswer> {
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() !== '') yield answerLine(line, index + 1, answer)
  }
}

function answerLine(text: string, line: number, answer: (request: JourneyRequest) => Journey): BatchAnswer {
  try {
    return { line, journey: answer(readRequest(text)) }
  } catch (error) {
    if (error instanceof RequestError) return { line, error }
    throw error
  }
}

function readRequest(text: string): JourneyRequest {
  const value = parseObject(text)
  for (const [key, item] of Object.entries(value)) {
    if (!isField(key)) {
      const near = nearest(key, Object.keys(readers))
      const known = `its fields are ${Object.keys(readers).join(', ')}`
      throw new RequestError('bad-request', `a request has no "${key}"`, near ? `write ${near}` : known)
    }
    if (!readers[key](item)) {
      throw new RequestError('bad-request', `${key} is ${JSON.stringify(item)}`, `write ${expected[key]}`)
    }
  }
  const { from, to } = value
  if (typeof from !== 'string' || typeof to !== 'string') {
    const missing = typeof from === 'string' ? 'to' : 'from'
    throw new RequestError('bad-request', `the request has no "${missing}"`, `give ${expected[missing]}`)
  }
  return { ...value, from, to }
}

function isField(key: string): key is keyof JourneyRequest {
  return Object.hasOwn(readers, key)
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new RequestError(
      'bad-request',
      'this line is not JSON',
      'write one object a line: {"from": "pod/client", "to": "svc/web:80"}',
    )
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new RequestError(
    'bad-request',
    'this line is not a JSON object',
    'write {"from": "pod/client", "to": "svc/web:80"}',
  )
}
