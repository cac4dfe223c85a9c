import type { CniObjects } from '../../../model/cni-objects.ts'
import type { Located, Node } from '../../../model/objects.ts'

/**
 * Whether k3s runs flannel, and kube-router's network policy controller beside it, both within its own process: its Nodes
 * say so by annotations, labels or their provider. A server with `--disable-network-policy` (annotation
 * k3s.io/node-args) runs none. Mirrors pkg/agent/netpol of k3s; the chains are those of kube-router 2.11, where older ones
 * have no KUBE-NWPLCY-TAIL, which decides nothing.
 */
export function hasK3sPolicies({ nodes, daemonSets }: CniObjects): boolean {
  if (daemonSets.some(({ ref }) => ref.name.startsWith('kube-flannel'))) return false
  return nodes.some(isOfK3s) && !nodes.some(disablesPolicies)
}

function isOfK3s({ object: { metadata, spec } }: Located<Node>): boolean {
  const { annotations = {}, labels = {} } = metadata
  return (
    Object.keys(annotations).some((key) => key.startsWith('k3s.io/')) ||
    labels['node.kubernetes.io/instance-type'] === 'k3s' ||
    (spec?.providerID ?? '').startsWith('k3s://')
  )
}

/** The arguments are a list in JSON; a flag without a value is true. */
function disablesPolicies({ object: { metadata } }: Located<Node>): boolean {
  const text = metadata.annotations?.['k3s.io/node-args'] ?? ''
  return /"--disable-network-policy(?:=true)?"(?!\s*,\s*"false")/.test(text)
}
