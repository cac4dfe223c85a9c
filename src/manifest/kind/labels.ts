import type { Report } from '../../base/diagnostic.ts'
import type { Examined } from './kind.ts'
import { isDnsName, refuse } from './kind.ts'

/** Reports labels that the API server refuses; a selector cannot match them. */
export function checkLabels(
  located: Examined<unknown>,
  labels: Readonly<Record<string, string>> | undefined,
  path: readonly (string | number)[],
  report: Report,
): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (!isLabelKey(key)) refuse(located, report, [...path, key], `"${key}" is not a label's name`)
    if (!isLabelValue(value)) {
      const rule = 'at most 63 letters, digits, -, _ and ., and both ends a letter or digit'
      refuse(located, report, [...path, key], `"${value}" is not a label's value`, rule)
    }
  }
}

const word = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/')
  const name = key.slice(slash + 1)
  return name.length <= 63 && word.test(name) && (slash < 0 || isDnsName(key.slice(0, slash)))
}

function isLabelValue(value: string): boolean {
  return value === '' || (value.length <= 63 && word.test(value))
}
