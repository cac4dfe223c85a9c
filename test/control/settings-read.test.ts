import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseCluster } from '../../src/index.ts'

const dataplane = join(import.meta.dirname, '../../src/dataplane')

/** The kernel settings that the walk's own source names. */
const settings = [
  ...new Set(
    readdirSync(dataplane, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [...readFileSync(join(dataplane, file), 'utf8').matchAll(/'(net\.[a-z0-9_.-]+)'/g)])
      .map(([, name]) => name ?? ''),
  ),
]

function complaints(names: readonly string[]): readonly string[] {
  const sysctl = Object.fromEntries(names.map((name) => [name, 1]))
  const environment = {
    apiVersion: 'kubewalk.dev/v1alpha1',
    kind: 'Environment',
    metadata: { name: 'settings' },
    spec: { nodes: { worker: { sysctl } } },
  }
  const { diagnostics } = parseCluster([{ name: 'environment.json', text: JSON.stringify(environment) }])
  return diagnostics.filter(({ code }) => code === 'field-not-modelled').map(({ message }) => message)
}

test('an Environment may state every kernel setting that a walk reads', () => {
  expect(settings.length).toBeGreaterThan(20)
  expect(complaints(settings)).toEqual([])
})

test('a setting that no walk reads is said to have no effect', () => {
  expect(complaints(['net.ipv4.tcp_fin_timeout', 'net.ipv4.ip_foward'])).toHaveLength(2)
})
