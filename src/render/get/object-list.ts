import type { ObjectGroup } from '../../model/object-query.ts'
import { goJson } from '../go-json.ts'
import { goYaml } from '../go-yaml.ts'

/**
 * Objects as `kubectl get -o json|yaml` prints them: a `List`, or the object itself where one was asked for by name.
 * The text can be read back in.
 */
export function objectList(groups: readonly ObjectGroup[], format: 'json' | 'yaml', single: boolean): string {
  const items = groups.flatMap((group): readonly unknown[] => group.objects)
  const list = { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } }
  const value = single && items.length === 1 ? items[0] : list
  return format === 'json' ? goJson(value) : goYaml(value)
}
