import type { Reach } from '../../model/reach.ts'

/** The value as it is, a group and a row a line: all pairs of a large cluster are longer than one text may be. */
export function* reachJson({ groups, rows, walks, ...head }: Reach): Iterable<string> {
  const fields = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`,
  )
  yield `{\n${fields.join('')}  "groups": [\n`
  yield* items(groups)
  yield '  ],\n  "rows": [\n'
  yield* items(rows)
  yield `  ],\n  "walks": ${JSON.stringify(walks)}\n}\n`
}

function* items(values: readonly unknown[]): Iterable<string> {
  for (const [index, value] of values.entries())
    yield `    ${JSON.stringify(value)}${index < values.length - 1 ? ',' : ''}\n`
}
