import type { Report } from '../base/diagnostic.ts'
import type { ObjectMeta } from '../model/objects.ts'
import type { Examined, KindModule } from './kind/kind.ts'
import { isDnsLabel, isDnsName, refuse } from './kind/kind.ts'

/** Mirrors ValidateObjectMeta, as far as names and labels go: what is selected and looked up by. */
export function checkMetadata(located: Examined<unknown>, module: KindModule<unknown>, report: Report): void {
  const { metadata } = located.object as { readonly metadata: ObjectMeta }
  checkName(located, metadata, module, report)
  const { namespace } = metadata
  if (module.namespaced && namespace !== undefined && !isDnsLabel(namespace)) {
    refuse(
      located,
      report,
      ['metadata', 'namespace'],
      `namespace "${namespace}" is not a DNS label`,
      labelRule,
    )
  }
  checkLabels(located, metadata.labels, ['metadata', 'labels'], report)
}

const labelRule = 'at most 63 of a-z, 0-9 and -, and neither end a hyphen'

function checkName(
  located: Examined<unknown>,
  { name = '', generateName }: ObjectMeta,
  { names }: KindModule<unknown>,
  report: Report,
): void {
  const path = ['metadata', generateName !== undefined ? 'generateName' : 'name']
  if (names === 'dns-label' && !isDnsLabel(name)) {
    refuse(located, report, path, `"${name}" is not a DNS label`, labelRule)
  }
  if (names === 'dns-name' && !isDnsName(name)) {
    const near = name.toLowerCase().replaceAll('_', '-')
    refuse(
      located,
      report,
      path,
      `"${name}" is not a DNS name`,
      isDnsName(near) ? `write ${near}` : 'use a-z, 0-9, - and .',
    )
  }
}

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
