import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LoadedCluster } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'

function read(name: string): string {
  return readFileSync(join(import.meta.dirname, '../policy', name), 'utf8')
}

/** The pods, nodes and namespaces, without a policy. */
export const factObjects = read('facts.yaml')

/** The policies of a file, by their names. */
function policiesIn(name: string): ReadonlyMap<string, string> {
  return new Map(
    read(name)
      .split('\n---\n')
      .slice(1)
      .map((text) => [/name: ([\w-]+)/.exec(text)?.[1] ?? '', text]),
  )
}

const policies = new Map([...policiesIn('facts-policies.yaml'), ...policiesIn('cluster-facts-policies.yaml')])

const clusters = new Map<string, LoadedCluster>()

/** The pods of the fact rows with some of the policies, which are named with blanks between. */
export function factCluster(names: string): LoadedCluster {
  const known = clusters.get(names)
  if (known) return known
  const chosen = names.split(' ').flatMap((name) => {
    if (name === '') return []
    const text = policies.get(name)
    if (text === undefined) throw new Error(`no policy is called ${name}`)
    return [text]
  })
  const made = parseCluster([{ name: 'facts.yaml', text: [factObjects, ...chosen].join('\n---\n') }])
  clusters.set(names, made)
  return made
}

/** The same pods under another plugin, with NetworkPolicies by their names and any further text. */
export function factClusterUnder(plugin: string, names: string, more: string): LoadedCluster {
  const chosen = names.split(' ').flatMap((name) => policies.get(name) ?? [])
  const text = [factObjects.replace('cni: {plugin: kindnet}', `cni: {${plugin}}`), ...chosen, more]
  return parseCluster([{ name: 'facts.yaml', text: text.filter((one) => one !== '').join('\n---\n') }])
}
