import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linearRegExp } from '../../src/base/regexp/linear.ts'

const many = 'a'.repeat(60)

describe('expressions that would keep a backtracking matcher busy for ever', () => {
  test.each([
    ['^(a+)+$', `${many}!`, null],
    ['^(a|aa)+$', `${many}!`, null],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', many, null],
    ['^(?:a?){30}a{30}$', 'a'.repeat(30), 'a'.repeat(30)],
    ['^(([a-z0-9]*)*)*x[.]$', `${many}.`, null],
    ['(x+x+)+y', 'x'.repeat(60), null],
    ['(.*)(.*)(.*)(.*)(.*)(.*)b$', many, null],
  ])('%s', (source, text, expected) => {
    expect(linearRegExp(source, '').exec(text)?.[0] ?? null).toBe(expected)
  })
})

test.each([
  ['(?:a{1000}){1000}(?:b*)*', 'the expression is too large'],
  ['(?=x)(a+)+$', 'the expression may backtrack without end'],
  ['(a', 'Unterminated group'],
])('%s is refused', (source, message) => {
  expect(() => linearRegExp(source, '')).toThrow(message)
})

test.each([
  ['replace', '/a-b/c', '/(a|b|-)+/(?<rest>.*)', (one: RegExp) => '/a-b/c'.replace(one, '$<rest>:$1'), 'c:b'],
  ['test', 'X', '^(?:x|y)+$', (one: RegExp) => one.test('X'), true],
])('%s goes through it', (_, _text, source, use, expected) => {
  expect(use(linearRegExp(source, 'i'))).toBe(expected)
})

const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\.', '^', '$', '\\b')
const sign = fc.constantFrom('', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{0,}?')

/** Expressions whose groups are followed by one of the signs. */
function expressions(groupSign: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.letrec<{ expression: string; part: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 3 },
      tie('part'),
      fc.tuple(tie('part'), tie('expression')).map(([left, right]) => left + right),
      fc.tuple(tie('part'), tie('expression')).map(([left, right]) => `${left}|${right}`),
    ),
    part: fc.oneof(
      { maxDepth: 3 },
      fc.tuple(atom, sign).map(([one, times]) => (/^(?:[$^]|\\b)$/.test(one) ? one : one + times)),
      fc.tuple(tie('expression'), groupSign).map(([inner, times]) => `(?:${inner})${times}`),
      tie('expression').map((inner) => `(${inner})`),
    ),
  })).expression
}

/** Two more stars, which match nothing, have it run by Pike's machine in every case. */
function foundBy(source: string, text: string) {
  const forced = `(?:${source})(?:(?:#*)*)`
  return { linear: linearRegExp(forced, '').exec(text), native: new RegExp(forced).exec(text) }
}

test('finds a match where the expressions of the language find one', () => {
  fc.assert(
    fc.property(expressions(sign), fc.stringMatching(/^[ab.]{0,8}$/), (source, text) => {
      const { linear, native } = foundBy(source, text)
      expect(linear?.index).toBe(native?.index)
    }),
    { numRuns: 2000, seed: 7 },
  )
})

// Where a group is repeated that may be empty, RE2 and this language differ in which of several matches they prefer.
test('finds the same texts and groups where no group is repeated', () => {
  fc.assert(
    fc.property(expressions(fc.constant('')), fc.stringMatching(/^[ab.]{0,8}$/), (source, text) => {
      const { linear, native } = foundBy(source, text)
      expect(linear && [...linear]).toEqual(native && [...native])
    }),
    { numRuns: 2000, seed: 7 },
  )
})
