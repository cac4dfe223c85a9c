import type { Ip } from '../base/ip.ts'
import { parseIpSloppy } from '../base/ip.ts'
import type { HostAlias } from '../model/objects.ts'
import type { HostsEntry } from '../resolver/hosts.ts'
import { parseHosts } from '../resolver/hosts.ts'

/** What the kubelet knows when it writes the hosts file of a pod. */
export interface PodHostsInput {
  /** The pod's name. */
  readonly name: string
  readonly namespace: string
  readonly hostname?: string
  readonly subdomain?: string
  /** Stands for hostname and domain together; from 1.35, where the gate HostnameOverride is on by default. */
  readonly hostnameOverride?: string
  readonly hostNetwork?: boolean
  readonly hostAliases?: readonly HostAlias[]
  /** The pod's addresses; without any, the kubelet writes no file. */
  readonly podIps: readonly Ip[]
  /** The kubelet's `clusterDomain`. */
  readonly clusterDomain: string
  /** The node's own hosts file. */
  readonly nodeHosts: readonly HostsEntry[]
  /** The kubelet's minor release of Kubernetes 1. */
  readonly minorVersion: number
}

/** What the kubelet writes at the head of each file, before the pod's own name. */
const loopbackLines = parseHosts(`
127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
fe00::0 ip6-localnet
fe00::0 ip6-mcastprefix
fe00::1 ip6-allnodes
fe00::2 ip6-allrouters
`)

/**
 * The lines of a pod's `/etc/hosts`. Mirrors ensureHostsFile of pkg/kubelet/kubelet_pods.go: a pod on the host's
 * network gets the node's file, any other its own name, with its domain if it has a subdomain; then the host aliases. A
 * container that mounts a hosts file of its own has that instead, which is not looked at.
 */
export function podHosts(input: PodHostsInput): readonly HostsEntry[] {
  const aliases = (input.hostAliases ?? []).flatMap(({ ip = '', hostnames = [] }) => {
    const address = parseIpSloppy(ip)
    return address === undefined ? [] : [{ ip: address, names: hostnames }]
  })
  if (input.hostNetwork) return [...input.nodeHosts, ...aliases]
  if (input.podIps.length === 0) return []
  const names = ownNames(input)
  return [...loopbackLines, ...input.podIps.map((ip) => ({ ip, names })), ...aliases]
}

/** Mirrors GeneratePodHostNameAndDomain: the full name, if there is a domain, and the short one. */
function ownNames({ name, namespace, hostname, subdomain, ...input }: PodHostsInput): readonly string[] {
  const override = input.minorVersion >= 35 ? input.hostnameOverride : undefined
  if (override !== undefined) return [truncated(override)]
  const short = truncated(hostname || name)
  return subdomain ? [`${short}.${subdomain}.${namespace}.svc.${input.clusterDomain}`, short] : [short]
}

/** A host name holds at most 63 characters, and does not end in a hyphen or a dot. */
function truncated(hostname: string): string {
  return hostname.length > 63 ? hostname.slice(0, 63).replace(/[-.]+$/, '') : hostname
}
