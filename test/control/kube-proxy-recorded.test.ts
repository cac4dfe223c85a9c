import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileNetwork } from '../../src/control/compile.ts'
import { completeCluster } from '../../src/control/complete.ts'
import { formatRuleSet } from '../../src/index.ts'
import { loadManifest } from '../../src/manifest/load.ts'

/**
 * What the real kube-proxy wrote. test/recorded/kube-proxy holds, for each cluster, the objects that kube-proxy
 * 1.28 to 1.36 was given and what `iptables-save` (v4) and `ip6tables-save` (v6) then printed on each node, after
 * kubelet's own chains, on a kernel without nfnetlink_acct. kube-proxy walks a Go map of service ports, so rules
 * of one dispatch chain are compared sorted by service port; everything else is compared in order.
 */
const root = join(import.meta.dirname, '../recorded/kube-proxy')

interface Recording {
  readonly cluster: string
  readonly file: string
  readonly node: string
  readonly family: 4 | 6
  readonly versions: readonly number[]
}

function recordings(): Recording[] {
  return readdirSync(root).flatMap((cluster) =>
    readdirSync(join(root, cluster)).flatMap((file): Recording[] => {
      const found = /^(.+)\.v([46])\.1\.(\d+)(?:-1\.(\d+))?\.txt$/.exec(file)
      if (!found) return []
      const [first, last] = [Number(found[3]), Number(found[4] ?? found[3])]
      const versions = Array.from({ length: last - first + 1 }, (_, index) => first + index)
      return [{ cluster, file, node: found[1] ?? '', family: found[2] === '6' ? 6 : 4, versions }]
    }),
  )
}

const dispatch = /^-A (KUBE-(?:SERVICES|EXTERNAL-SERVICES|NODEPORTS|PROXY-FIREWALL)) /

/** Sorts each dispatch chain's rules by service port, keeping the order within one. */
function canonical(text: string): string[] {
  const lines = text.trimEnd().split('\n')
  const key = (line: string) => {
    const id = /--comment "([^" ]+\/[^" ]+)/.exec(line)?.[1]
    return id === undefined ? '~' : `${id} ${/-p (\S+)/.exec(line)?.[1]}`
  }
  const out: string[] = []
  for (let at = 0; at < lines.length; ) {
    const chain = dispatch.exec(lines[at] ?? '')?.[1]
    let end = at + 1
    while (chain && dispatch.exec(lines[end] ?? '')?.[1] === chain) end++
    const block = lines.slice(at, end)
    out.push(...(chain ? block.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0)) : block))
    at = end
  }
  return out
}

/** kindnet's own chain is not kube-proxy's. */
function withoutCni(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.includes('KIND-MASQ-AGENT'))
    .join('\n')
}

const all = recordings()

test('the recordings are there', () => {
  expect(all.length).toBeGreaterThan(150)
})

describe.each([...new Set(all.map((one) => one.cluster))])('%s', (cluster) => {
  const text = readFileSync(join(root, cluster, 'cluster.yaml'), 'utf8')
  test.each(all.filter((one) => one.cluster === cluster))('$file', ({ file, node, family, versions }) => {
    const wanted = canonical(readFileSync(join(root, cluster, file), 'utf8'))
    for (const minor of versions) {
      const { value } = completeCluster(loadManifest([{ name: 'cluster.yaml', text }]).value.objects, {
        kubeVersion: `1.${minor}`,
      })
      const netns = compileNetwork(value).network.namespaces.get(`node/${node}`)
      const sets = netns?.ruleSets.filter((set) => set.family === family) ?? []
      const made = canonical(withoutCni(sets.map(formatRuleSet).join('')))
      expect(made, `1.${minor}`).toEqual(wanted)
    }
  })
})
