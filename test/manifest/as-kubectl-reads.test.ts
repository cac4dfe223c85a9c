import { describe, expect, test } from 'vitest'
import { collectDiagnostics } from '../../src/base/diagnostic.ts'
import { readDocuments } from '../../src/manifest/document.ts'

/**
 * What `kubectl label --local -f FILE k=v -o json` of kubectl 1.32 printed for these texts. It reads a file and
 * prints its objects without asking a server, so it shows how kubectl understands YAML and JSON.
 */

function read(text: string) {
  const { report, diagnostics } = collectDiagnostics()
  const documents = readDocuments({ name: 'a.yaml', text }, report)
  const said = diagnostics.map(({ code, at }) => `${at?.line}:${at?.column} ${code}`)
  return { values: documents.map((one) => one.value), said }
}

// biome-ignore format: one scalar a line
const scalars: readonly (readonly [text: string, value: unknown, code?: string])[] = [
  ['yes', true, 'yaml-1.1-boolean'], ['y', true, 'yaml-1.1-boolean'], ['Y', true, 'yaml-1.1-boolean'],
  ['on', true, 'yaml-1.1-boolean'], ['n', false, 'yaml-1.1-boolean'], ['No', false, 'yaml-1.1-boolean'],
  ['OFF', false, 'yaml-1.1-boolean'], ['true', true], ['False', false], ['tRUE', 'tRUE'], ['"yes"', 'yes'], ["'no'", 'no'],
  ['0644', 420, 'yaml-1.1-octal'], ['0_7', 7], ['00', 0], ['0o17', 15], ['-0o17', -15], ['0o_7', 7], ['0o89', '0o89'],
  ['089', 89], ['08', 8], ['09.5', 9.5], ['00.5', 0.5],
  ['1_000', 1000], ['1__0_', 10], ['1_', 1], ['0_', 0], ['_1', '_1'], ['1_0.5', 10.5], ['1__.5', 1.5], ['.5_0', 0.5], ['._5', '._5'],
  ['1e1_0', 10_000_000_000], ['1_0e3', 10_000],
  ['12:30:45', '12:30:45'], ['1:20', '1:20'], ['2024-01-02', '2024-01-02'], ['2001-12-14t21:59:43.10-05:00', '2001-12-14t21:59:43.10-05:00'],
  ['0x1F', 31], ['-0x1F', -31], ['+0x1', 1], ['0X1f', 31], ['0x_1F', 31], ['0x', '0x'], ['0x1p4', '0x1p4'],
  ['0b101', 5], ['0B11', 3], ['-0b11', -3], ['0b1_0', 2], ['0b2', '0b2'],
  ['+12', 12], ['-0', 0], ['1.', 1], ['.5', 0.5], ['-.5', -0.5], ['1e3', 1000], ['+1e3', 1000], ['1.e3', 1000], ['0.1e+3', 100], ['12e03', 12_000],
  ['1e', '1e'], ['1.5e', '1.5e'], ['0.1.2', '0.1.2'], ['+', '+'], ['.', '.'], ['-1e-400', -0], ['1e400', '1e400'], ['.inf_', '.inf_'],
  ['~', null], ['Null', null], ['', null], ['!!str 12', '12'], ['!!int "12"', 12], ['!!bool yes', true], ['!!float 3', 3],
  ["!!null ''", null], ['!!binary aGVsbG8=', 'hello'], ['!!timestamp 2024-01-02', '2024-01-02'], ['!foo bar', 'bar'],
  ['\tq', 'q'], ['{a: 1, b}', { a: 1, b: null }],
]

describe('a scalar means what it means to kubectl', () => {
  test.each(scalars)('%s is %j', (text, value, code) => {
    const { values, said } = read(`kind: X\ndata:\n  key: ${text}\n`)
    expect(values).toEqual([{ kind: 'X', data: { key: value } }])
    expect(said).toEqual(code === undefined ? [] : [`3:8 ${code}`])
  })

  test('an integer beyond 2^53 keeps its digits, for validation to name', () => {
    expect(read('a: 1180591620717411303424\nb: 18446744073709551615\n').values).toEqual([
      { a: 2n ** 70n, b: 2n ** 64n - 1n },
    ])
  })
})

// biome-ignore format: one key a line
const keys: readonly (readonly [text: string, key: string, code?: string])[] = [
  ['yes', 'true', 'yaml-1.1-boolean'], ['y', 'true', 'yaml-1.1-boolean'], ['"y"', 'y'], ['1', '1'], ['0x10', '16'],
  ['1e3', '1000'], ['.5', '0.5'], ['1.5', '1.5'], ['2024-01-02', '2024-01-02'], ["'<<'", '<<'], ['__proto__', '__proto__'],
]

describe('a key is a text, made of what the scalar means', () => {
  test.each(keys)('%s is "%s"', (text, key, code) => {
    const { values, said } = read(`data:\n  ${text}: v\n`)
    expect(JSON.stringify(values)).toBe(`[{"data":{${JSON.stringify(key)}:"v"}}]`)
    expect(said).toEqual(code === undefined ? [] : [`2:3 ${code}`])
  })
})

// biome-ignore format: one text a line
const documents: readonly (readonly [name: string, text: string, values: readonly unknown[], said?: readonly string[]])[] = [
  ['two documents', 'a: 1\n---\nb: 2\n', [{ a: 1 }, { b: 2 }]],
  ['a comment after ---', 'a: 1\n--- # next\nb: 2\n', [{ a: 1 }, { b: 2 }]],
  ['empty documents', '---\n---\na: 1\n---\n# nothing\n---\n', [{ a: 1 }]],
  ['Windows line ends', 'a: 1\r\n---\r\nb: x\r\n', [{ a: 1 }, { b: 'x' }]],
  ['a byte order mark', '\ufeffa: 1\n', [{ a: 1 }]],
  ['what follows ... is not read', 'a: 1\n...\nb: 2\n', [{ a: 1 }], ['3:1 yaml-after-end']],
  ['an alias', 'a: &x {q: 1}\nb: *x\n', [{ a: { q: 1 }, b: { q: 1 } }]],
  ['an anchor set twice: the nearest above', 'a: &x 1\nb: &x 2\nc: *x\n', [{ a: 1, b: 2, c: 2 }]],
  ['a merge above its map’s own keys', 'd:\n  <<: {b: c, d: e}\n  b: own\n', [{ d: { b: 'own', d: 'e' } }]],
  ['a merge below overrides', 'd:\n  b: own\n  <<: {b: c, d: e}\n', [{ d: { b: 'c', d: 'e' } }], ['3:3 yaml-merge-order']],
  ['a merge of several: the first counts', 'd:\n  <<: [{b: c}, {b: d, e: f}]\n', [{ d: { b: 'c', e: 'f' } }]],
  ['two merges', 'd:\n  <<: {a: b}\n  <<: {c: d}\n', [{ d: { a: 'b', c: 'd' } }]],
  ['a map of a name, given twice: the last counts', 'd: {a: x, a: z}\n', [{ d: { a: 'z' } }], ['1:11 duplicate-key']],
  ['two spellings of one key', 'd:\n  yes: 1\n  true: 2\n', [{ d: { true: 2 } }], ['2:3 yaml-1.1-boolean', '3:3 duplicate-key']],
  ['a stream of JSON', '{"a":1} {"a":2}\n{"a":3}', [{ a: 1 }, { a: 2 }, { a: 3 }]],
  ['JSON with a member twice: the last counts', '{"a":1,\n "b": {"x":1, "x":2}}', [{ a: 1, b: { x: 2 } }], ['2:15 duplicate-key']],
  ['a set and an ordered map', 'a: !!set {x, z}\nb: !!omap [a: 1]\n', [{ a: { x: null, z: null }, b: [{ a: 1 }] }]],
]

describe('documents', () => {
  test.for(documents)('%s', ([, text, values, said = []]) => {
    expect(read(text)).toEqual({ values, said })
  })
})

// biome-ignore format: one text a line
const refused: readonly (readonly [name: string, text: string, place: string])[] = [
  ['text after ---', 'a: 1\n--- foo\nb: 2\n', '2:1'],
  ['a document on the separator’s line', '--- {a: 1}\n', '1:1'],
  ['an anchor within itself', 'a: 1\nb: &x\n  c: *x\n', '3:6'],
  ['an alias without an anchor', 'a: 1\nb: *nope\n', '2:4'],
  ['a merge of no map', 'd:\n  <<: 5\n', '2:3'],
  ['a list as a key', 'd:\n  ? [a, b]\n  : c\n', '2:5'],
  ['no text as a key', 'd:\n  ~: c\n', '2:3'],
  ['a template', 'd:\n  a: {{ .Values.x }}\n', '2:7'],
  ['a tab that indents', 'd:\n\ta: q\n', '2:1'],
  ['a reserved character', 'd:\n  a: @foo\n', '2:6'],
  ['a map within a text', 'd:\n  a: x: y\n', '2:6'],
  ['a quote that does not end', "d:\n  a: 'x\n  b: y\n", '4:1'],
  ['an unknown escape', 'd:\n  a: "\\q"\n', '2:7'],
  ['two indentations', 'd:\n   a: x\n  b: y\n', '3:1'],
  ['infinity, which JSON has not', 'd:\n  a: .inf\n', '2:6'],
  ['a wrong tag', 'd:\n  a: !!int foo\n', '2:12'],
]

describe('kubectl refuses', () => {
  test.each(refused)('%s', (_, text, place) => {
    expect(read(text).said[0]).toBe(`${place} yaml-syntax`)
  })
})
