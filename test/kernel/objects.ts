/** A Kubernetes object as kubectl would send it. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

/** A node with its addresses and pod blocks, the primary family first. */
export function node(
  name: string,
  options: {
    readonly ips: readonly string[]
    readonly podCidrs: readonly string[]
    readonly zone?: string
    readonly externalIp?: string
  },
): KubeObject {
  const { ips, podCidrs, zone, externalIp } = options
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        ...(zone !== undefined && { 'topology.kubernetes.io/zone': zone }),
      },
    },
    spec: { podCIDR: podCidrs[0], podCIDRs: podCidrs },
    status: {
      addresses: [
        ...ips.map((address) => ({ type: 'InternalIP', address })),
        ...(externalIp === undefined ? [] : [{ type: 'ExternalIP', address: externalIp }]),
        { type: 'Hostname', address: name },
      ],
    },
  }
}

export type Families = 'ipv4' | 'ipv6' | 'dual'

/** Nodes a, b, c, … with addresses and pod blocks of the families; each in a zone of its own letter. */
export function nodes(count: number, families: Families = 'ipv4'): readonly KubeObject[] {
  return Array.from({ length: count }, (_, index) => {
    const ips = { 4: `172.18.0.${index + 2}`, 6: `fc00:f853:ccd:e793::${index + 2}` }
    const blocks = { 4: `10.244.${index}.0/24`, 6: `fd00:10:244:${index}::/64` }
    const used =
      families === 'dual' ? ([4, 6] as const) : families === 'ipv6' ? ([6] as const) : ([4] as const)
    return node(`node-${letter(index)}`, {
      ips: used.map((family) => ips[family]),
      podCidrs: used.map((family) => blocks[family]),
      zone: `zone-${letter(index)}`,
    })
  })
}

export function letter(index: number): string {
  return String.fromCharCode(97 + index)
}

/** A port that a container listens on. */
export interface PodPort {
  readonly port: number
  readonly name?: string
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP'
  /** The port of the node that is mapped to it, on one address or on all. */
  readonly hostPort?: number
  readonly hostIP?: string
}

/** A pod of application `app`. Without ports it only sends: it is given one that nobody asks for. */
export function pod(
  name: string,
  options: {
    readonly node: string
    /** Its address; allocated from the node's block if left out. */
    readonly ip?: string
    readonly app?: string
    readonly ports?: readonly PodPort[]
    readonly hostNetwork?: boolean
    readonly ready?: boolean
    readonly terminating?: boolean
  },
): KubeObject {
  const { node: nodeName, ip, app, ports = [], hostNetwork, ready = true, terminating = false } = options
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      labels: app === undefined ? {} : { app },
      ...(terminating && { deletionTimestamp: '2024-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 }),
    },
    spec: {
      nodeName,
      ...(hostNetwork && { hostNetwork }),
      containers: [
        {
          name: 'main',
          image: 'example.org/main',
          ports: (ports.length === 0 ? [{ port: 1 }] : ports).map((one) => ({
            containerPort: one.port,
            ...(one.name !== undefined && { name: one.name }),
            protocol: one.protocol ?? 'TCP',
            ...(one.hostPort !== undefined && { hostPort: one.hostPort }),
            ...(one.hostIP !== undefined && { hostIP: one.hostIP }),
          })),
        },
      ],
    },
    status: {
      phase: 'Running',
      ...(ip !== undefined && { podIP: ip, podIPs: [{ ip }] }),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  }
}

/** A Service over the pods of application `app`; `spec` and `status` are laid over what every one has. */
export function service(
  name: string,
  options: {
    readonly app?: string
    readonly ports: readonly Readonly<Record<string, unknown>>[]
    readonly spec?: Readonly<Record<string, unknown>>
    readonly ingress?: readonly Readonly<Record<string, unknown>>[]
    readonly annotations?: Readonly<Record<string, string>>
  },
): KubeObject {
  const { app, ports, spec, ingress, annotations } = options
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', ...(annotations && { annotations }) },
    spec: { ...(app !== undefined && { selector: { app } }), ports, ...spec },
    ...(ingress && { status: { loadBalancer: { ingress } } }),
  }
}

/** One EndpointSlice, written out. */
export function endpointSlice(
  serviceName: string,
  options: {
    readonly suffix?: string
    readonly family?: 4 | 6
    readonly ports: readonly Readonly<Record<string, unknown>>[]
    readonly endpoints: readonly Readonly<Record<string, unknown>>[]
  },
): KubeObject {
  const { suffix = 'abcde', family = 4, ports, endpoints } = options
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${serviceName}-${suffix}`,
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': serviceName },
    },
    addressType: family === 4 ? 'IPv4' : 'IPv6',
    ports,
    endpoints,
  }
}

/** kube-proxy's configuration. A detector that needs no cluster CIDR leaves it out. */
export function kubeProxy(settings: Readonly<Record<string, unknown>>): KubeObject {
  return { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration', ...settings }
}

/** What Kubernetes has no object for. */
export function environment(spec: Readonly<Record<string, unknown>>): KubeObject {
  return { apiVersion: 'kubewalk.dev/v1alpha1', kind: 'Environment', metadata: { name: 'outside' }, spec }
}

/** A pod of NodeLocal DNSCache, started with these addresses to listen on. */
export function nodeCache(nodeName: string, localIps: string): KubeObject {
  const args = ['-localip', localIps, '-conf', '/etc/Corefile', '-upstreamsvc', 'kube-dns-upstream']
  const image = 'registry.k8s.io/dns/k8s-dns-node-cache:1.26.4'
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `node-local-dns-${nodeName}`, namespace: 'kube-system' },
    spec: {
      nodeName,
      hostNetwork: true,
      dnsPolicy: 'Default',
      containers: [{ name: 'node-cache', image, args, ports: [{ containerPort: 9253 }] }],
    },
  }
}

/** The pods of the cluster's DNS on these nodes, and its two Services. */
export function clusterDns(
  on: readonly string[],
  addresses: readonly [string, string],
): readonly KubeObject[] {
  const labels = { 'k8s-app': 'kube-dns' }
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ]
  const pods = on.map((nodeName, index): KubeObject => {
    const declared = ports.map(({ port, protocol }) => ({ containerPort: port, protocol }))
    const containers = [
      { name: 'coredns', image: 'registry.k8s.io/coredns/coredns:v1.12.1', ports: declared },
    ]
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `coredns-${index}`, namespace: 'kube-system', labels },
      spec: { nodeName, containers },
    }
  })
  const services = ['kube-dns', 'kube-dns-upstream'].map(
    (name, index): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'kube-system', labels },
      spec: { clusterIP: addresses[index], selector: labels, ports },
    }),
  )
  return [...pods, ...services]
}
