import { type Diagnostic, formatDiagnostic } from '../../src/base/diagnostic.ts'
import { formatEndpoint, formatIp } from '../../src/base/ip.ts'
import type { CompleteOptions } from '../../src/control/complete/completion.ts'
import { completeCluster } from '../../src/control/complete.ts'
import { loadManifest } from '../../src/manifest/load.ts'
import type { Cluster, ClusterEndpoint, ClusterEndpointSlice } from '../../src/model/cluster.ts'

/** A completed cluster and what was found while it was made. */
export interface Completed extends Cluster {
  readonly diagnostics: readonly Diagnostic[]
}

/** Completes the cluster that a YAML text describes. Several texts are several files, `0.yaml` and on. */
export function complete(text: string | readonly string[], options: CompleteOptions = {}): Completed {
  const texts = typeof text === 'string' ? [text] : text
  const loaded = loadManifest(
    texts.map((one, index) => ({ name: `${index}.yaml`, text: one.replace(/---\s*$/, '') })),
  )
  const completed = completeCluster(loaded.value.objects, options)
  return { ...completed.value, diagnostics: [...loaded.diagnostics, ...completed.diagnostics] }
}

/** `code message` of every diagnostic that is an error or a warning. */
export function problems({ diagnostics }: Completed): readonly string[] {
  return diagnostics.filter((one) => one.severity !== 'info').map((one) => formatDiagnostic(one))
}

/** The codes of the errors and warnings. */
export function codes({ diagnostics }: Completed): readonly string[] {
  return diagnostics.filter((one) => one.severity !== 'info').map((one) => one.code)
}

/** The slices of one Service. */
export function slicesOf(cluster: Cluster, service: string): readonly ClusterEndpointSlice[] {
  const [namespace, name] = service.includes('/') ? service.split('/') : ['default', service]
  return cluster.endpointSlices.filter((one) => one.namespace === namespace && one.service === name)
}

/** `10.0.0.1 ready serving on node-1 in zone-a as web-0`: one endpoint with every condition that holds. */
export function describeEndpoint(endpoint: ClusterEndpoint): string {
  const { addresses, ready, serving, terminating, nodeName, zone, hostname, zoneHints, nodeHints } = endpoint
  return [
    addresses.map(formatIp).join(','),
    ready && 'ready',
    serving && 'serving',
    terminating && 'terminating',
    nodeName && `on ${nodeName}`,
    zone && `in ${zone}`,
    hostname && `as ${hostname}`,
    zoneHints.length > 0 && `for ${zoneHints.join('+')}`,
    nodeHints.length > 0 && `for node ${nodeHints.join('+')}`,
  ]
    .filter((part) => part)
    .join(' ')
}

/** Ports and endpoints of a slice: `http 80/TCP: 10.0.0.1 ready serving; 10.0.0.2`. */
export function describeSlice({ ports, endpoints }: ClusterEndpointSlice): string {
  const ported = ports.map((one) => `${one.name === '' ? '' : `${one.name} `}${one.port}/${one.protocol}`)
  return `${ported.join(' ')}: ${endpoints.map(describeEndpoint).join('; ')}`.trim()
}

/** `ip:port` of every endpoint of a Service that is ready, sorted. */
export function readyEndpoints(cluster: Cluster, service: string): readonly string[] {
  return slicesOf(cluster, service)
    .flatMap(({ ports, endpoints }) =>
      endpoints
        .filter((one) => one.ready)
        .flatMap((one) =>
          one.addresses.flatMap((ip) => ports.map((port) => formatEndpoint(ip, port.port ?? 0))),
        ),
    )
    .toSorted()
}
