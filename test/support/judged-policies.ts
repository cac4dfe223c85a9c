import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PolicyFamily } from './random-policies.ts'

/** A set of random policies and what engines that others wrote said of its flows; a line of test/recorded/policies. */
export interface JudgedSet {
  readonly seed: number
  /** Of the set as it was judged. */
  readonly fingerprint: string
  readonly judges: Readonly<Record<string, JudgeRecord>>
}

/** What one engine said. Each text is in base64 and has a bit for each flow, in order. */
interface JudgeRecord {
  /** 1: allowed. */
  readonly verdicts: string
  /** 1: it ended with an error. */
  readonly unanswered?: string
  /** By the reason: where it departs from what the API says. The README has the reasons. */
  readonly explained?: Readonly<Record<string, string>>
}

/** What was recorded for a family. */
export function judgedSets(family: PolicyFamily): readonly JudgedSet[] {
  const path = join(import.meta.dirname, '../recorded/policies', `${family}.jsonl`)
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): JudgedSet => JSON.parse(line))
}

/**
 * Whether the engine holds the flow to be allowed, once what is explained is set right, except for the given reason;
 * `undefined` if it did not say.
 */
export function verdictOf(record: JudgeRecord, flow: number, kept?: string): boolean | undefined {
  if (record.unanswered !== undefined && bit(record.unanswered, flow)) return undefined
  const reasons = Object.entries(record.explained ?? {}).filter(([reason]) => reason !== kept)
  return bit(record.verdicts, flow) !== reasons.some(([, flows]) => bit(flows, flow))
}

const decoded = new Map<string, Buffer>()

function bit(text: string, at: number): boolean {
  const bytes = decoded.get(text) ?? Buffer.from(text, 'base64')
  decoded.set(text, bytes)
  return (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1) === 1
}
