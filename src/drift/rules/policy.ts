import type { DriftEntry } from '../../model/drift.ts'
import type { ComparedTable } from './compare-tables.ts'

const dropped: Readonly<Record<string, string>> = {
  FORWARD:
    'traffic of pods that no rule accepts is dropped: only what kube-proxy marks or what is answered passes by its rules',
  INPUT:
    'traffic to the node itself that no rule accepts is dropped: its node ports on host-network pods, kubelet and the like',
  OUTPUT: "the node's own traffic that no rule accepts is dropped",
}

/** Base chains whose policy is another. */
export function policyEntries(tables: readonly ComparedTable[]): readonly DriftEntry[] {
  return tables.flatMap(({ family, table, chains }) =>
    chains.flatMap(({ hook, expectedChain, actualChain }): readonly DriftEntry[] => {
      const [should, has] = [expectedChain.policy ?? 'ACCEPT', actualChain?.policy ?? 'ACCEPT']
      if (!hook || should === has) return []
      const consequence = has === 'DROP' ? dropped[hook] : 'what no rule accepts is let through'
      return [
        {
          type: 'differs',
          area: 'rules',
          message: `the policy of ${table} ${hook}${family === 6 ? ' (IPv6)' : ''} is ${has} and should be ${should}`,
          ...(consequence !== undefined && { consequence }),
          expected: [`:${hook} ${should}`],
          actual: [`:${hook} ${has}`],
        },
      ]
    }),
  )
}
