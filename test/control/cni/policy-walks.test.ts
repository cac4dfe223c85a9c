import { describe, expect, test } from 'vitest'
import type { WalkedFlow } from '../../support/policy-walks.ts'
import { walkRandomFlows } from '../../support/policy-walks.ts'

/**
 * Random NetworkPolicies of every form under plugins that enforce them by rules: packets that walk through the chains and
 * sets fare as the policies decide, and where a journey says what policies said, that is what the rules did.
 */
const seeds = Array.from({ length: 60 }, (_, index) => index + 1)

function disagreements(flows: readonly WalkedFlow[]): readonly WalkedFlow[] {
  return flows.filter(({ decided, walked, checks }) => {
    if (decided !== walked) return true
    const last = checks.at(-1)
    return last !== undefined && last !== walked
  })
}

describe.each([{ cni: 'kube-router' }, { cni: 'weave' }])('$cni', ({ cni }) => {
  const flows = seeds.flatMap((seed) => walkRandomFlows({ cni, seed, every: 11 }))

  test('the walks are many, of both sorts', () => {
    expect(flows.filter(({ walked }) => walked === 'allowed').length).toBeGreaterThan(300)
    expect(flows.filter(({ walked }) => walked === 'denied').length).toBeGreaterThan(300)
    expect(flows.filter(({ checks }) => checks.length > 0).length).toBeGreaterThan(400)
  })

  test('what is decided is what happens', () => {
    expect(disagreements(flows).slice(0, 20)).toEqual([])
  })
})
