import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { matchModules } from '../../src/netfilter/match/registry.ts'
import { targetModules } from '../../src/netfilter/target/registry.ts'
import { unmodelledTargets } from '../../src/netfilter/target/unmodelled.ts'

/** The names of the modules of one kind that a folder's files export: `export const dnat: TargetModule<...>`. */
function exported(folder: string, type: string): string[] {
  const path = join(import.meta.dirname, '../../src/netfilter', folder)
  return readdirSync(path).flatMap((file) => {
    const text = readFileSync(join(path, file), 'utf8')
    return [...text.matchAll(new RegExp(`^export const (\\w+): ${type}<`, 'gm'))].flatMap(
      (found) => found[1] ?? [],
    )
  })
}

describe('extensions', () => {
  test('every match that a file exports is registered under its name, and every registered one is exported', () => {
    const found = exported('match', 'MatchModule')
    expect(found.length).toBeGreaterThan(20)
    expect(Object.keys(matchModules).toSorted()).toEqual(found.toSorted())
  })

  test('every target that a file exports is registered under its name, and every registered one is exported', () => {
    const found = exported('target', 'TargetModule').map((name) => name.toUpperCase())
    expect(found.length).toBeGreaterThan(15)
    expect(Object.keys(targetModules).toSorted()).toEqual(found.toSorted())
  })

  test('a target is modelled or listed as not modelled, never both', () => {
    expect(Object.keys(targetModules).filter((name) => Object.hasOwn(unmodelledTargets, name))).toEqual([])
  })

  test('what can be inverted, excluded or called otherwise is an option', () => {
    for (const [name, module] of [...Object.entries(matchModules), ...Object.entries(targetModules)]) {
      const named = [
        ...(module.negatable ?? []),
        ...(module.exclusive ?? []).flat(),
        ...Object.values(module.aliases ?? {}),
      ]
      expect({ name, unknown: named.filter((option) => !Object.hasOwn(module.options, option)) }).toEqual({
        name,
        unknown: [],
      })
    }
  })
})
