import type { Report } from '../../base/diagnostic.ts'
import { parseCidr } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import type {
  ClusterConfiguration,
  KindCluster,
  KubeProxyConfiguration,
} from '../../model/configuration-objects.ts'
import type { Environment } from '../../model/environment.ts'
import type { ConfigMap } from '../../model/objects.ts'
import { formatPath } from '../schema/path.ts'
import type { Examined, KindModule } from './kind.ts'
import { refuse } from './kind.ts'

export const configMap: KindModule<ConfigMap> = {
  apiVersions: ['v1'],
  schema: 'ConfigMap',
  namespaced: true,
  names: 'dns-name',
}

/** kind's own configuration file. */
export const kindCluster: KindModule<KindCluster> = {
  apiVersions: ['kind.x-k8s.io/v1alpha4'],
  schema: 'KindCluster',
  namespaced: false,
  validate: (located, report) => {
    const { object } = located
    const { ipFamily, kubeProxyMode, disableDefaultCNI } = object.networking ?? {}
    checkWord(located, report, ['networking', 'ipFamily'], ipFamily, ['ipv4', 'ipv6', 'dual'])
    checkWord(located, report, ['networking', 'kubeProxyMode'], kubeProxyMode, proxyModeWords)
    if (disableDefaultCNI) {
      note(located, report, ['networking', 'disableDefaultCNI'], 'pods are connected as by kindnet')
    }
    noteGiven(located, report, ['kubeadmConfigPatches'], object)
    for (const [index, node] of (object.nodes ?? []).entries()) {
      checkWord(located, report, ['nodes', index, 'role'], node.role, ['control-plane', 'worker'])
      noteGiven(located, report, ['nodes', index, 'extraPortMappings'], node)
      noteGiven(located, report, ['nodes', index, 'kubeadmConfigPatches'], node)
    }
  },
}

/** kind knows these modes, and none at all. */
const proxyModeWords = ['iptables', 'ipvs', 'nftables', 'none']

type Path = readonly (string | number)[]

function checkWord(
  located: Examined<unknown>,
  report: Report,
  path: Path,
  value: string | undefined,
  allowed: readonly string[],
): void {
  if (!value || allowed.includes(value)) return
  const near = nearest(value, allowed)
  const message = `${formatPath(path)} "${value}" is not one of ${allowed.join(', ')}`
  refuse(located, report, path, message, near && `write ${near}`)
}

function note(located: Examined<unknown>, report: Report, path: Path, effect: string): void {
  report(
    'field-not-modelled',
    `${located.ref.kind} ${located.ref.name}: ${formatPath(path)} is not modelled; ${effect}`,
    {
      at: located.locate(path),
      object: located.ref,
    },
  )
}

/** Says of a list that it is not modelled, if it holds anything. */
function noteGiven(located: Examined<unknown>, report: Report, path: Path, parent: object): void {
  const value: unknown = Object.entries(parent).find(([key]) => key === path.at(-1))?.[1]
  if (Array.isArray(value) && value.length > 0) note(located, report, path, 'it has no effect')
}

export const kubeProxyConfiguration: KindModule<KubeProxyConfiguration> = {
  apiVersions: ['kubeproxy.config.k8s.io/v1alpha1'],
  schema: 'KubeProxyConfiguration',
  namespaced: false,
  validate: (located, report) => {
    const { mode, nodePortAddresses } = located.object
    checkWord(located, report, ['mode'], mode, ['iptables', 'ipvs', 'nftables', 'userspace', 'kernelspace'])
    for (const [index, text] of (nodePortAddresses ?? []).entries()) {
      if (text === 'primary' || parseCidr(text)) continue
      const path = ['nodePortAddresses', index]
      refuse(located, report, path, `"${text}" is neither a block such as 10.0.0.0/8 nor "primary"`)
    }
  },
}

export const clusterConfiguration: KindModule<ClusterConfiguration> = {
  apiVersions: ['kubeadm.k8s.io/v1beta4', 'kubeadm.k8s.io/v1beta3', 'kubeadm.k8s.io/v1beta2'],
  schema: 'ClusterConfiguration',
  namespaced: false,
}

/** kubewalk's own kind. */
export const environment: KindModule<{ readonly spec?: Environment }> = {
  apiVersions: ['kubewalk.dev/v1alpha1'],
  schema: 'Environment',
  namespaced: false,
}
