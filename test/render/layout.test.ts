import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockLines, locationNames, wrap } from '../../src/render/layout.ts'
import { plain, width } from '../../src/render/style.ts'

const word = fc.stringMatching(/^[a-z0-9→…:/.-]{1,20}$/)
const words = fc.array(word, { minLength: 1, maxLength: 30 })

test('wrapping keeps every word, in order, and no line is longer than asked', () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 20, max: 100 }), (list, columns) => {
      const lines = wrap(list.join(' '), columns)
      expect(lines.join(' ')).toBe(list.join(' '))
      for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns)
    }),
  )
})

test('a block ends with what stands at its right, against the margin', () => {
  fc.assert(
    fc.property(words, word, (list, right) => {
      const lines = blockLines({ left: '  ', text: list.join(' '), right, paint: (t) => t }, 100, plain)
      expect(lines.at(-1)?.endsWith(right)).toBe(true)
      expect(width(lines.at(-1) ?? '')).toBe(100)
    }),
  )
})

test('a file is called by its last name only where that names one file', () => {
  const at = (file: string) => ({ file, line: 3, column: 1 })
  const shown = locationNames([at('a/web.yaml'), at('b/web.yaml'), at('b/api.yaml'), undefined])
  expect([shown(at('a/web.yaml')), shown(at('b/api.yaml')), shown(undefined)]).toEqual([
    'a/web.yaml:3',
    'api.yaml:3',
    '',
  ])
})
