import type { Cluster } from '../../model/cluster.ts'
import type { CniEntry, RunningCni } from '../../model/cni-report.ts'
import type { CniPlugin } from './cni.ts'
import { cniNamed, cniOf, cniPlugins } from './registry.ts'

/** Every plugin that is modelled, in the order of their titles. */
export const cniEntries: readonly CniEntry[] = cniPlugins
  .map(entryOf)
  .toSorted((a, b) => (a.facts.title.toLowerCase() < b.facts.title.toLowerCase() ? -1 : 1))

/** The plugin of this name or other name, as an entry. */
export function cniEntry(name: string): CniEntry | undefined {
  const plugin = cniNamed(name)
  return plugin && entryOf(plugin)
}

function entryOf({ name, aliases = [], facts }: CniPlugin): CniEntry {
  return { name, aliases, facts }
}

/** The plugin that the cluster runs, how that is known, and how it is configured. */
export function runningCni(cluster: Cluster): RunningCni {
  const { name, configuration } = cniOf(cluster)
  const { foundBy, chosenBy } = cluster.settings.cni
  const at = foundBy && cniNamed(name)?.find(cluster.cniObjects)?.at
  return { name, chosenBy, ...(foundBy && { foundBy }), ...(at && { at }), configuration }
}
