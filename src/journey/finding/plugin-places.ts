import type { ObjectRef } from '../../base/source.ts'
import type { World } from '../world.ts'

/** ConfigMaps that network plugins are configured from, beside the object that shows which one runs. */
const configurations =
  /^(kube-flannel-cfg|canal-config|calico-config|cilium-config|amazon-vpc-cni|kube-router-cfg|antrea-config)/

/** Where the network plugin is configured: a setting of the Environment, the object that installs it, its ConfigMap. */
export function pluginPlaces({ cluster }: World, field?: string): readonly ObjectRef[] {
  const { environment, environmentSource: source, settings, cniObjects } = cluster
  const { foundBy } = settings.cni
  const stated = field !== undefined && environment.cni?.[field] !== undefined ? [field] : []
  const own =
    source && environment.cni ? [{ ...source.ref, at: source.locate(['spec', 'cni', ...stated]) }] : []
  const maps = cniObjects.configMaps.map(({ ref }) => ref).filter(({ name }) => configurations.test(name))
  return [...own, ...(foundBy ? [foundBy] : []), ...maps.filter(({ name }) => name !== foundBy?.name)]
}
