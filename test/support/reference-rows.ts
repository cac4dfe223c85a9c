/**
 * The rows of the reference for names and HTTP: each is a fact that was measured, read from a source, pinned by a table
 * of tests upstream or written in a specification. Only their ids stand here, and in words what a group is about.
 */

interface RowGroup {
  readonly title: string
  /** `a001-a028` and single ids, between blanks. */
  readonly ids: string
}

// biome-ignore format: one group a line
const groups: readonly RowGroup[] = [
  { title: 'CoreDNS: Services with a cluster IP', ids: 'a001-a028' },
  { title: 'CoreDNS: names that do not exist', ids: 'a030-a038' },
  { title: 'CoreDNS: names that exist and have no records', ids: 'a040-a046' },
  { title: 'CoreDNS: the top of the zone', ids: 'a050-a057' },
  { title: 'CoreDNS: headless Services', ids: 'a060-a072' },
  { title: 'CoreDNS: ExternalName', ids: 'a080-a087' },
  { title: 'CoreDNS: capitals and small letters', ids: 'a090-a093' },
  { title: 'CoreDNS: pods disabled', ids: 'a100-a101' },
  { title: 'CoreDNS: all namespaces', ids: 'a110-a112' },
  { title: 'CoreDNS: before the caches are filled', ids: 'a115' },
  { title: 'CoreDNS: pods insecure', ids: 'a120-a131' },
  { title: 'CoreDNS: pods verified', ids: 'a140-a145' },
  { title: 'CoreDNS: ignore empty_service', ids: 'a150-a152' },
  { title: 'CoreDNS: multicluster', ids: 'a160-a163' },
  { title: 'CoreDNS: reverse zones', ids: 'b001-b012' },
  { title: 'CoreDNS: a cluster by kubeadm, Services', ids: 'c001-c008 c010-c019' },
  { title: 'CoreDNS: a cluster by kubeadm, headless Services', ids: 'c020-c031' },
  { title: 'CoreDNS: a cluster by kubeadm, a StatefulSet and pods', ids: 'c040-c047' },
  { title: 'CoreDNS: a cluster by kubeadm, ExternalName', ids: 'c050-c057' },
  { title: 'CoreDNS: a cluster by kubeadm, addresses', ids: 'c060-c064' },
  { title: 'CoreDNS: a cluster by kubeadm, names outside', ids: 'c070-c072' },
  { title: 'CoreDNS: zonal', ids: 'z001-z011' },
  { title: 'CoreDNS: autopath', ids: 'p001-p002' },
  { title: 'CoreDNS: rewrite, hosts, template, acl, blocks', ids: 'r001-r005 r005b r006-r016' },
  { title: 'resolv.conf as kubelet writes it', ids: 'k01-k12' },
  { title: 'what resolvers ask, in turn', ids: 'q01-q27' },
  { title: 'Ingress: default backends', ids: 'i001-i003' },
  { title: 'Ingress: hosts', ids: 'i010-i015' },
  { title: 'Ingress: paths', ids: 'i020-i023 i030-i036 i040-i042 i050-i053 i060-i069' },
  { title: 'Ingress: which host has the word', ids: 'i070-i074' },
  { title: 'Ingress: what the API server refuses', ids: 'v01-v14' },
  { title: 'Ingress: what it takes', ids: 'v20-v22' },
  { title: 'ingress-nginx: paths and regexes', ids: 'n001-n017' },
  { title: 'ingress-nginx: canary', ids: 'n020-n028' },
  { title: 'ingress-nginx: TLS, missing things, allowed clients', ids: 'n030-n039' },
  { title: 'one set of rules under several controllers', ids: 'x01-x04' },
  { title: 'Gateway API: matching and its order', ids: 'g001-g009 g010-g015 g020-g025 g030-g033' },
  { title: 'Gateway API: headers, methods, queries', ids: 'g040-g045 g050-g060 g070-g076' },
  { title: 'Gateway API: hosts of listeners and of routes', ids: 'g080-g086 g090-g100' },
  { title: 'Gateway API: backends', ids: 'h01-h10' },
  { title: 'Gateway API: rewriting', ids: 'w01-w04' },
  { title: 'Gateway API: redirects', ids: 'd01-d12' },
  { title: 'Gateway API: misdirected requests', ids: 'm01-m13' },
  { title: 'load balancers', ids: 'l01-l20' },
]

/** Every row's id, in the order of the groups. */
export const referenceRows: readonly string[] = groups.flatMap(({ ids }) => ids.split(' ').flatMap(spread))

/** `k01-k03` as k01, k02 and k03. */
function spread(range: string): readonly string[] {
  const [first = '', last = first] = range.split('-')
  const width = first.length - 1
  const numberOf = (id: string) => Number(id.slice(1))
  if (first === last) return [first]
  return Array.from(
    { length: numberOf(last) - numberOf(first) + 1 },
    (_, index) => `${first[0]}${String(numberOf(first) + index).padStart(width, '0')}`,
  )
}
