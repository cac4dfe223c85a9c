import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasErrors } from '../../src/base/diagnostic.ts'
import { complete } from './complete.ts'

/** The API server's choice of address families (initIPFamilyFields), row by row as its own tests expect it. */
const rows = readFileSync(join(import.meta.dirname, '../recorded/api-server/ip-families.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

const subnets: Readonly<Record<string, string>> = {
  'singlestack:v4': '10.0.0.0/16',
  'singlestack:v6': '2000::/108',
  'dualstack:v4v6': '10.0.0.0/16,2000::/108',
  'dualstack:v6v4': '2000::/108,10.0.0.0/16',
}
const families = { v4: ['IPv4'], v6: ['IPv6'], v4v6: ['IPv4', 'IPv6'], v6v4: ['IPv6', 'IPv4'] } as const
const addresses = { IPv4: '10.0.0.7', IPv6: '2000::7' } as const

function familiesNamed(name: string | undefined): readonly ('IPv4' | 'IPv6')[] {
  return name === 'v4' || name === 'v6' || name === 'v4v6' || name === 'v6v4' ? families[name] : []
}

/** The cluster and Service that one row's words describe. */
function manifest(cluster: string, words: readonly string[]): string {
  const settings = new Map(words.map((word) => word.split(':') as [string, string]))
  const ips = familiesNamed(settings.get('ClusterIPs')).map((family) => addresses[family])
  const policy = settings.get('Policy')
  const named = familiesNamed(settings.get('Families'))
  const spec = {
    ports: [{ port: 80 }],
    ...(words[0] !== 'HeadlessSelectorless' && { selector: { app: 'web' } }),
    ...(words[0]?.startsWith('Headless') && { clusterIP: 'None', clusterIPs: ['None'] }),
    ...(ips.length > 0 && { clusterIP: ips[0], clusterIPs: ips }),
    ...(policy !== 'unset' && { ipFamilyPolicy: policy }),
    ...(named.length > 0 && { ipFamilies: named }),
  }
  return `
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking: {serviceSubnet: "${subnets[cluster]}"}
---
${JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'foo' }, spec })}
`
}

test('every row of the table is read', () => {
  expect(rows).toHaveLength(520)
})

test.each(rows)('%s', (row) => {
  const [input = '', outcome] = row.split(' -> ')
  const [cluster = '', ...words] = input.split(' ')
  const completed = complete(manifest(cluster, words))
  const service = completed.services.find((one) => one.name === 'foo')
  const made = service?.families.map((family) => `IPv${family}`).join(' ')
  expect(hasErrors(completed.diagnostics) ? 'refused' : made).toBe(outcome)
})
