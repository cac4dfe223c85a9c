import type { CniObjects } from '../../../model/cni-objects.ts'
import type { ConfigMap, Located } from '../../../model/objects.ts'
import type { CniInput } from '../cni.ts'
import type { Settings } from './daemon.ts'
import { settingOf } from './daemon.ts'

/** The ConfigMap of a plugin, by its name. */
export function configMapNamed({ configMaps }: CniObjects, name: RegExp): Located<ConfigMap> | undefined {
  return configMaps.find(({ ref }) => name.test(ref.name))
}

/** Entries of a plugin's ConfigMap; what `--cni` or the Environment sets comes before them. */
export function entriesOf(input: CniInput, map: Located<ConfigMap> | undefined): Settings {
  return (name) => {
    const stated = settingOf(input, name)
    if (stated) return stated
    const value = map?.object.data?.[name]
    if (!map || value === undefined) return undefined
    return { value, from: `${map.ref.name}: ${name}`, at: map.locate(['data', name]) }
  }
}

/** The top-level keys of a YAML text in a ConfigMap that hold one plain value; as much as settings of an agent need. */
export function topLevelValues(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').flatMap((line): [string, string][] => {
    const found = /^([A-Za-z][\w-]*):[ \t]+("([^"]*)"|'([^']*)'|[^\s#][^#]*?)\s*(?:#.*)?$/.exec(line)
    return found ? [[found[1] ?? '', found[3] ?? found[4] ?? found[2] ?? '']] : []
  })
  return new Map(lines)
}
