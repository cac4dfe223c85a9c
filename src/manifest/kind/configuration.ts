import type { Environment } from '../../model/environment.ts'
import type {
  ClusterConfiguration,
  ConfigMap,
  KindCluster,
  KubeProxyConfiguration,
} from '../../model/objects.ts'
import type { KindModule } from './kind.ts'

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
}

export const kubeProxyConfiguration: KindModule<KubeProxyConfiguration> = {
  apiVersions: ['kubeproxy.config.k8s.io/v1alpha1'],
  schema: 'KubeProxyConfiguration',
  namespaced: false,
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
