import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formatRuleSet } from '../src/netfilter/save-format/format.ts'
import { dumpNetwork } from './support/dump-network.ts'
import { expectedOf, walkThrough } from './support/dump-walks.ts'
import { readDumps, readText } from './support/dumps.ts'

/**
 * What people posted of real machines (test/dumps): each text is read without complaint and printed back byte for byte,
 * and packets meet in it what a reader of the rules would say. Each expectation was written from the rules.
 */
const dumps = readDumps()

test('there are at least 30 dumps, of both backends, and each names its source', () => {
  expect(dumps.length).toBeGreaterThanOrEqual(30)
  expect(new Set(dumps.map(({ about }) => about.backend))).toEqual(new Set(['legacy', 'nft']))
  for (const { about } of dumps) expect(about.source).toMatch(/^https:\/\//)
})

test('the index names each dump and its source', () => {
  const index = readFileSync(join(import.meta.dirname, 'dumps/README.md'), 'utf8').split('\n')
  const rows = index
    .filter((line) => line.startsWith('| ['))
    .map((line) => /^\| \[([^\]]+)\].*\((https:[^)]+)\)/.exec(line))
  expect(rows.map((row) => [row?.[1], row?.[2]])).toEqual(
    dumps.map(({ name, about }) => [name, about.source]),
  )
})

/** Addresses that belong to nobody outside: those of private networks, of documentation, and of no unicast use. */
const harmless =
  /^(0|10|127|22[4-9]|23\d|24\d|25[0-5])\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\.|^192\.168\.|^192\.0\.(0|2)\.|^192\.88\.99\.|^198\.(1[89]|51\.100)\.|^203\.0\.113\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^168\.63\.129\.16$/

/** Rules without the comments between them, which belong to no rule. */
const linesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .toSorted()

describe.each(dumps)('$name', (dump) => {
  const { about, texts } = dump

  test('names no address of the public internet', () => {
    const all = texts.flatMap(({ text }) => text.match(/\b\d{1,3}(\.\d{1,3}){3}\b/g) ?? [])
    expect(all.filter((address) => !harmless.test(address))).toEqual([])
  })

  test.each(texts)('$file is read without complaint, and printed back byte for byte', (text) => {
    const { ruleSet, complaints } = readText(dump, text)
    expect(complaints).toEqual(about.diagnostics)
    if (about.printed === 'by chain') expect(linesOf(formatRuleSet(ruleSet))).toEqual(linesOf(text.text))
    else expect(formatRuleSet(ruleSet)).toBe(text.text)
  })

  test('has at least three walks', () => expect(about.walks.length).toBeGreaterThanOrEqual(3))

  const network = dumpNetwork(dump)
  test.each(about.walks)('$in $from to $to: $expect $at $by', (walk) => {
    expect(walkThrough(network, walk), walk.because).toEqual(expectedOf(walk))
  })
})
