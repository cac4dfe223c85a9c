import { describe, expect, test } from 'vitest'
import { formatRuleSet } from '../../src/index.ts'
import type { ExampleOptions } from '../support/cni-example.ts'
import { example } from '../support/cni-example.ts'
import { whatIsAvailable } from './availability.ts'
import { asSavedBy, throughKernel } from './through-kernel.ts'

/**
 * The rules of network plugins, with the ipsets that they ask for: loaded into the kernel and saved again, they are the
 * same. Plugins without sets of their own are held against the kernel with the clusters of `clusters.ts` as well.
 */
const weaveIps = { p11: '10.32.0.2', p12: '10.32.0.3', p21: '10.44.0.2' }
const vpcIps = { p11: '192.168.1.101', p12: '192.168.1.121', p21: '192.168.1.102' }
const vpc = (more = '') => ({
  ips: vpcIps,
  environment: [
    `cni: {plugin: aws-vpc-cni, vpcCIDRs: [192.168.0.0/16], enis: {n1: {eth1: {address: 192.168.1.31, pods: [192.168.1.121]}}}${more}}`,
  ],
})

const plugins: Readonly<Record<string, ExampleOptions>> = {
  'Amazon VPC CNI': vpc(),
  'Amazon VPC CNI, blocks that are not translated, without NodePort support': vpc(
    ', AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: 10.0.0.0/8, AWS_VPC_CNI_NODE_PORT_SUPPORT: "false", AWS_VPC_K8S_CNI_RANDOMIZESNAT: none',
  ),
  'Amazon VPC CNI, translated outside': vpc(', AWS_VPC_K8S_CNI_EXTERNALSNAT: "true"'),
  'kube-router': { cni: 'kube-router' },
  'kube-router without its firewall': { cni: 'kube-router:run-firewall=false' },
  'Weave Net': { cni: 'weave', ips: weaveIps },
  'Weave Net, local traffic not masqueraded': { cni: 'weave:NO_MASQ_LOCAL=1', ips: weaveIps },
  'Weave Net without its policy controller': { cni: 'weave:EXPECT_NPC=0', ips: weaveIps },
}

const { backends, missing } = whatIsAvailable()
const reason = missing && `: skipped, ${missing}`

describe.skipIf(missing !== '')(`rules of plugins, loaded and saved${reason}`, () => {
  for (const backend of ['nft', 'legacy'] as const) {
    describe.skipIf(!backends.includes(backend))(`iptables-${backend}`, () => {
      test.each(Object.entries(plugins))('%s', async (_, options) => {
        const cluster = example(options)
        for (const node of ['n1', 'n2']) {
          const sets = cluster.network.namespaces.get(`node/${node}`)?.sets ?? []
          for (const ruleSet of cluster.ruleSets(node) ?? []) {
            const text = formatRuleSet(ruleSet)
            const saved = await throughKernel(text, ruleSet.family, backend, sets)
            expect(saved, `${node}, IPv${ruleSet.family}`).toBe(asSavedBy(backend, text))
          }
        }
      })
    })
  }
})
