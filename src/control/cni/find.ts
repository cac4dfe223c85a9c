import type { CniObjects } from '../../model/cni-objects.ts'
import type { CniEvidence } from './cni.ts'

/** Finds a plugin by the name of the DaemonSet that its manifests install. */
export function foundByDaemonSet(name: RegExp): (objects: CniObjects) => CniEvidence | undefined {
  return ({ daemonSets }) => {
    const found = daemonSets.find(({ ref }) => name.test(ref.name))
    return found && { object: found.ref, at: found.locate(['metadata', 'name']) }
  }
}

/** Finds a plugin by the ConfigMap that its manifests install. */
export function foundByConfigMap(name: RegExp): (objects: CniObjects) => CniEvidence | undefined {
  return ({ configMaps }) => {
    const found = configMaps.find(({ ref }) => name.test(ref.name))
    return found && { object: found.ref, at: found.locate(['metadata', 'name']) }
  }
}

/** The first sign of several. */
export function foundByAny(
  ...signs: readonly ((objects: CniObjects) => CniEvidence | undefined)[]
): (objects: CniObjects) => CniEvidence | undefined {
  return (objects) => {
    for (const sign of signs) {
      const found = sign(objects)
      if (found) return found
    }
    return undefined
  }
}
