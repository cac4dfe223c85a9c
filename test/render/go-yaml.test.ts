import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { goYaml } from '../../src/render/go-yaml.ts'

/** Values that are hard to write, and what sigs.k8s.io/yaml wrote; test/recorded/kubectl/README.md tells how. */
const recorded: readonly { readonly value: unknown; readonly yaml: string }[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../recorded/kubectl/yaml.json'), 'utf8'),
)

test('the recording was really read', () => expect(recorded.length).toBeGreaterThan(1500))

test('every value is written as kubectl writes it', () => {
  const wrong = recorded.filter(({ value, yaml }) => goYaml(value) !== yaml)
  expect(wrong.map(({ value, yaml }) => ({ value, yaml, ours: goYaml(value) })).slice(0, 3)).toEqual([])
  expect(wrong.length).toBe(0)
})
