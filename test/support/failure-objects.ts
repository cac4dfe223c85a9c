/** Objects of clusters that fail, each a line of YAML. */

/** How an object differs from the usual one: text within the braces of its parts. */
interface Parts {
  readonly namespace?: string
  readonly labels?: string
  readonly annotations?: string
  readonly spec?: string
}

function metadata(name: string, { namespace = 'default', labels = '', annotations = '' }: Parts): string {
  return `metadata: { name: ${name}, namespace: ${namespace}, labels: { ${labels} }, annotations: { ${annotations} } }`
}

export const namespace = (name: string) =>
  `{ apiVersion: v1, kind: Namespace, metadata: { name: ${name}, labels: { kubernetes.io/metadata.name: ${name} } } }`

const node = (name: string, ip: string, block: string) =>
  `{ apiVersion: v1, kind: Node, metadata: { name: ${name}, labels: { kubernetes.io/hostname: ${name} } }, spec: { podCIDR: ${block}, podCIDRs: [${block}] }, status: { addresses: [{ type: InternalIP, address: ${ip} }, { type: Hostname, address: ${name} }], nodeInfo: { kubeletVersion: v1.30.4 } } }`

/** A pod on the node of its address, with one container. */
export function pod(
  name: string,
  ip: string,
  parts: Parts & { readonly ports?: string; readonly container?: string; readonly ready?: boolean } = {},
): string {
  const { labels = `app: ${name}`, spec = '', ports = '{ containerPort: 8080 }', container = '' } = parts
  const onNode = /^10\.(?:244\.2\.|0\.0\.12$)/.test(ip) ? 'node-b' : 'node-a'
  const host = onNode === 'node-b' ? '10.0.0.12' : '10.0.0.11'
  const containers = `containers: [{ name: main, image: "app:1", ports: [${ports}], ${container} }]`
  const ready = `conditions: [{ type: Ready, status: "${parts.ready === false ? 'False' : 'True'}" }]`
  return `{ apiVersion: v1, kind: Pod, ${metadata(name, { ...parts, labels })}, spec: { nodeName: ${onNode}, ${containers}, ${spec} }, status: { phase: Running, hostIP: ${host}, podIP: ${ip}, podIPs: [{ ip: ${ip} }], ${ready} } }`
}

/** A Service for the pods of its name: port 80 to 8080, if its spec says nothing else. */
export function service(
  name: string,
  clusterIp: string,
  parts: Parts & { readonly ingress?: string } = {},
): string {
  const { spec = '', ingress = '' } = parts
  const selector =
    spec.includes('selector:') || spec.includes('externalName:') ? '' : `selector: { app: ${name} }, `
  const ports =
    spec.includes('ports:') || spec.includes('externalName:')
      ? ''
      : 'ports: [{ name: http, port: 80, targetPort: 8080 }], '
  const ip = clusterIp === '' ? '' : `clusterIP: ${clusterIp}, `
  return `{ apiVersion: v1, kind: Service, ${metadata(name, parts)}, spec: { ${ip}${selector}${ports}${spec} }, status: { loadBalancer: { ingress: [${ingress}] } } }`
}

/** CoreDNS's ConfigMap, with what stands in the server block of the root between errors and loadbalance. */
export const corefile = (
  plugins = 'forward . /etc/resolv.conf',
  options = 'pods insecure',
  zone = 'cluster.local',
) =>
  rawCorefile(
    [
      '.:53 {',
      'errors',
      'ready',
      `kubernetes ${zone} in-addr.arpa ip6.arpa {`,
      options,
      'fallthrough in-addr.arpa ip6.arpa',
      'ttl 30',
      '}',
      plugins,
      'cache 30',
      'loadbalance',
      '}',
    ].join('\n'),
  )

/** CoreDNS's ConfigMap with this Corefile. */
export const rawCorefile = (text: string) =>
  `{ apiVersion: v1, kind: ConfigMap, metadata: { name: coredns, namespace: kube-system }, data: { Corefile: ${JSON.stringify(`${text}\n`)} } }`

const dnsLabels = { namespace: 'kube-system', labels: 'k8s-app: kube-dns' }
const dnsPorts = '{ containerPort: 53, protocol: UDP }, { containerPort: 53, protocol: TCP }'

export const dnsPod = (name: string, ip: string, ready = true) =>
  pod(name, ip, { ...dnsLabels, ports: dnsPorts, spec: 'dnsPolicy: Default', ready })

/** Two nodes, CoreDNS on each, and a client. */
export const usual: readonly string[] = [
  node('node-a', '10.0.0.11', '10.244.1.0/24'),
  node('node-b', '10.0.0.12', '10.244.2.0/24'),
  namespace('default'),
  namespace('kube-system'),
  service('kube-dns', '10.96.0.10', {
    ...dnsLabels,
    spec: 'selector: { k8s-app: kube-dns }, ports: [{ name: dns, protocol: UDP, port: 53 }, { name: dns-tcp, protocol: TCP, port: 53 }]',
  }),
  corefile(),
  dnsPod('coredns-a', '10.244.1.2'),
  dnsPod('coredns-b', '10.244.2.2'),
  pod('client', '10.244.1.20', { ports: '' }),
]

/** A pod with a Service of its name before it. */
export const web = (parts: Parts & { readonly ready?: boolean } = {}): readonly string[] => [
  pod('web', '10.244.2.70', parts),
  service('web', '10.96.60.10', { namespace: parts.namespace ?? 'default' }),
]

const nginxLabels = 'app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller'

/** The pod of ingress-nginx. */
export const nginxPod = (
  parts: { readonly args?: string; readonly ready?: boolean; readonly spec?: string } = {},
): string =>
  pod('ingress-nginx-controller', '10.244.1.30', {
    namespace: 'ingress-nginx',
    labels: nginxLabels,
    ports: '{ name: http, containerPort: 80 }, { name: https, containerPort: 443 }',
    container: `args: [/nginx-ingress-controller, --ingress-class=nginx, "--controller-class=k8s.io/ingress-nginx", --configmap=ingress-nginx/ingress-nginx-controller, ${parts.args ?? ''}]`,
    spec: parts.spec ?? '',
    ready: parts.ready ?? true,
  }).replace('app:1', 'registry.k8s.io/ingress-nginx/controller:v1.11.2')

/** The load balancer before ingress-nginx. */
export const nginxService = (spec = '', annotations = ''): string =>
  service('ingress-nginx-controller', '10.96.0.80', {
    namespace: 'ingress-nginx',
    annotations,
    spec: `type: LoadBalancer, selector: { ${nginxLabels} }, ports: [{ name: http, port: 80, targetPort: http, nodePort: 30080 }, { name: https, port: 443, targetPort: https, nodePort: 30443 }], ${spec}`,
    ingress: '{ ip: 198.51.100.80, ipMode: VIP }',
  })

/** The settings of ingress-nginx. */
export const nginxSettings = (data: string) =>
  `{ apiVersion: v1, kind: ConfigMap, metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }, data: { ${data} } }`

export const ingressClass = (name: string, controller: string, isDefault = false) =>
  `{ apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: { name: ${name}, annotations: { ingressclass.kubernetes.io/is-default-class: "${isDefault}" } }, spec: { controller: ${controller} } }`

/** ingress-nginx behind a load balancer of a cloud at 198.51.100.80. */
export const nginx: readonly string[] = [
  namespace('ingress-nginx'),
  ingressClass('nginx', 'k8s.io/ingress-nginx'),
  nginxPod(),
  nginxService(),
]

/** One path of an Ingress, to the port 80 of a Service. */
export const path = (text = '/', type = 'Prefix', name = 'web', port = 'number: 80') =>
  `{ path: "${text}", pathType: ${type}, backend: { service: { name: ${name}, port: { ${port} } } } }`

/** An Ingress of class nginx for app.example.com. */
export function ingress(
  parts: Parts & {
    readonly name?: string
    readonly host?: string
    readonly paths?: string
    readonly className?: string
  } = {},
): string {
  const {
    name = 'web',
    host = 'app.example.com',
    paths = path(),
    className = 'ingressClassName: nginx,',
  } = parts
  return `{ apiVersion: networking.k8s.io/v1, kind: Ingress, ${metadata(name, parts)}, spec: { ${className} rules: [{ host: "${host}", http: { paths: [${paths}] } }], ${parts.spec ?? ''} }, status: { loadBalancer: { ingress: [{ ip: 198.51.100.80 }] } } }`
}

export const secret = (name: string, names = 'default', type = 'kubernetes.io/tls') =>
  `{ apiVersion: v1, kind: Secret, type: ${type}, metadata: { name: ${name}, namespace: ${names} } }`
