/** What a firewall opens for a service: ports, and the addresses that alone are meant by it. */
export interface WellKnownService {
  readonly ports: readonly string[]
  readonly destinations?: { readonly 4?: string; readonly 6?: string }
}

/**
 * Services by the names that firewalld 1.3 gives them (its files in services/), those with modules of conntrack left
 * out. ufw takes names from /etc/services, of which these are the likely ones, too.
 */
const services: Readonly<Record<string, WellKnownService>> = {
  bgp: { ports: ['179/tcp'] },
  cockpit: { ports: ['9090/tcp'] },
  'dhcpv6-client': { ports: ['546/udp'], destinations: { 6: 'fe80::/64' } },
  dns: { ports: ['53/tcp', '53/udp'] },
  'dns-over-tls': { ports: ['853/tcp'] },
  'docker-registry': { ports: ['5000/tcp'] },
  domain: { ports: ['53/tcp', '53/udp'] },
  'etcd-client': { ports: ['2379/tcp'] },
  'etcd-server': { ports: ['2380/tcp'] },
  http: { ports: ['80/tcp'] },
  http3: { ports: ['443/udp'] },
  https: { ports: ['443/tcp'] },
  'kube-api': { ports: ['10250/tcp'] },
  'kube-apiserver': { ports: ['6443/tcp'] },
  'kube-control-plane': { ports: ['2379/tcp', '2380/tcp', '6443/tcp', '10252/tcp', '10251/tcp'] },
  'kube-control-plane-secure': { ports: ['2379/tcp', '2380/tcp', '6443/tcp', '10257/tcp', '10259/tcp'] },
  'kube-controller-manager': { ports: ['10252/tcp'] },
  'kube-controller-manager-secure': { ports: ['10257/tcp'] },
  'kube-nodeport-services': { ports: ['30000-32767/tcp'] },
  'kube-scheduler': { ports: ['10251/tcp'] },
  'kube-scheduler-secure': { ports: ['10259/tcp'] },
  'kube-worker': { ports: ['10250/tcp', '30000-32767/tcp'] },
  kubelet: { ports: ['10250/tcp'] },
  'kubelet-readonly': { ports: ['10255/tcp'] },
  'kubelet-worker': { ports: ['10250/tcp', '30000-32767/tcp'] },
  ldap: { ports: ['389/tcp'] },
  mdns: { ports: ['5353/udp'], destinations: { 4: '224.0.0.251/32', 6: 'ff02::fb/128' } },
  mysql: { ports: ['3306/tcp'] },
  nfs: { ports: ['2049/tcp'] },
  ntp: { ports: ['123/udp'] },
  postgresql: { ports: ['5432/tcp'] },
  prometheus: { ports: ['9090/tcp'] },
  'prometheus-node-exporter': { ports: ['9100/tcp'] },
  redis: { ports: ['6379/tcp'] },
  smtp: { ports: ['25/tcp'] },
  snmp: { ports: ['161/tcp', '161/udp'] },
  ssh: { ports: ['22/tcp'] },
  syslog: { ports: ['514/udp'] },
  wireguard: { ports: ['51820/udp'] },
}

/** The service of this name; nothing of one that is not known. */
export function wellKnownService(name: string): WellKnownService | undefined {
  return Object.hasOwn(services, name) ? services[name] : undefined
}

/** Every name that is known. */
export const wellKnownServiceNames: readonly string[] = Object.keys(services)
