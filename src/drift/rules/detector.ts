import type { DriftEntry } from '../../model/drift.ts'
import type { Rule } from '../../netfilter/rule.ts'
import { formatAddressMask } from '../../netfilter/save-format/header.ts'
import type { ObjectIndex } from '../context.ts'
import { counted } from '../words.ts'
import type { Difference } from './difference.ts'
import { linesOf } from './difference.ts'
import { chainAfter, isBalancing, serviceOf } from './table-view.ts'

/**
 * Whether a difference is about how kube-proxy tells pods' traffic from other traffic (`clusterCIDR`,
 * `detectLocalMode`), by which it masquerades connections to cluster IPs: one setting, in a rule of every Service.
 */
export function isDetector({ rule, chain, servicePort }: Difference): boolean {
  if (servicePort === undefined || chainAfter(rule) !== 'KUBE-MARK-MASQ') return false
  return isBalancing(chain) && rule.header.destination !== undefined
}

/** One entry for the setting, however many Services show it. */
export function detectorEntries(
  differences: readonly Difference[],
  objects: ObjectIndex,
): readonly DriftEntry[] {
  if (differences.length === 0) return []
  const services = new Set(differences.map(({ servicePort }) => serviceOf(servicePort ?? '')))
  const told = (type: Difference['type']) => {
    const rules = differences.filter((one) => one.type === type).map(({ rule }) => detectorText(rule))
    return [...new Set(rules)]
  }
  const [should, has] = [told('missing'), told('extra')]
  const [type, message] =
    has.length === 0
      ? ([
          'missing',
          `kube-proxy does not masquerade traffic ${should.join(' and ')} to cluster IPs`,
        ] as const)
      : should.length === 0
        ? (['extra', `kube-proxy masquerades traffic ${has.join(' and ')} to cluster IPs`] as const)
        : ([
            'differs',
            `kube-proxy masquerades traffic ${has.join(' and ')} to cluster IPs, and should masquerade that ${should.join(' and ')}`,
          ] as const)
  return [
    {
      type,
      area: 'rules',
      component: 'kube-proxy',
      ...(objects.kubeProxy && { subject: objects.kubeProxy }),
      message: `${message} (${counted(services.size, 'Service')})`,
      consequence:
        type === 'missing'
          ? 'clients outside the pods that use a cluster IP by this node may get no answer'
          : 'pods see another source address than they should, or clients get no answer',
      expected: linesOf(differences, 'missing'),
      actual: linesOf(differences, 'extra'),
    },
  ]
}

function detectorText({ header }: Rule): string {
  const { source, in: device } = header
  const not = (source ?? device)?.inverted === true ? 'not ' : ''
  if (source) return `${not}from ${formatAddressMask(source)}`
  if (device) return `${not}from device ${device.name}`
  return 'from anywhere'
}
