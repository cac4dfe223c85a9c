/** Configuration files that clusters are made with; no API server holds them. */

/** kind's own configuration, `kind: Cluster`. */
export interface KindCluster {
  readonly name?: string
  readonly nodes?: readonly { readonly role?: string; readonly labels?: Readonly<Record<string, string>> }[]
  readonly networking?: {
    readonly ipFamily?: string
    readonly podSubnet?: string
    readonly serviceSubnet?: string
    readonly kubeProxyMode?: string
    readonly disableDefaultCNI?: boolean
    readonly apiServerAddress?: string
    readonly apiServerPort?: number
    readonly dnsSearch?: readonly string[]
  }
}

/** kube-proxy's configuration file. */
export interface KubeProxyConfiguration {
  readonly mode?: string
  readonly clusterCIDR?: string
  readonly hostnameOverride?: string
  readonly nodePortAddresses?: readonly string[] | null
  readonly detectLocalMode?: string
  readonly detectLocal?: { readonly bridgeInterface?: string; readonly interfaceNamePrefix?: string }
  readonly iptables?: {
    readonly masqueradeBit?: number | null
    readonly masqueradeAll?: boolean
    readonly localhostNodePorts?: boolean | null
  }
  readonly conntrack?: { readonly tcpBeLiberal?: boolean }
}

/** kubeadm's cluster configuration. */
export interface ClusterConfiguration {
  readonly clusterName?: string
  readonly kubernetesVersion?: string
  readonly networking?: {
    readonly podSubnet?: string
    readonly serviceSubnet?: string
    readonly dnsDomain?: string
  }
  readonly apiServer?: { readonly extraArgs?: unknown }
}
