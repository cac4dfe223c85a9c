import type { CniFacts } from '../../../model/cni-facts.ts'
import type { CniInput } from '../cni.ts'

/** Says once that a plugin is modelled by what happens to packets, and what is left out. */
export function approximated({ report }: CniInput, { title, notModelled = [] }: CniFacts): void {
  const left = notModelled.length === 0 ? '' : `; not modelled: ${notModelled.join('; ')}`
  report(
    'cni-approximated',
    `${title} is modelled by what happens to packets, not rule by rule as a real node has it${left}`,
    { fix: 'kubewalk cni NAME tells more; kubewalk rules marks what is no rule on a real node' },
  )
}
