import type { Report } from '../base/diagnostic.ts'
import type { ObjectMeta } from '../model/objects.ts'
import type { Examined, KindModule } from './kind/kind.ts'
import { isDnsLabel, isDnsName, refuse } from './kind/kind.ts'
import { checkLabels } from './kind/labels.ts'

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
