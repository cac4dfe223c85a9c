import type { Severity } from './diagnostic.ts'

interface CatalogEntry {
  readonly severity: Severity
  /** What the code means, as docs/diagnostics.md says it. */
  readonly summary: string
}

const error = (summary: string): CatalogEntry => ({ severity: 'error', summary })
const warning = (summary: string): CatalogEntry => ({ severity: 'warning', summary })
const info = (summary: string): CatalogEntry => ({ severity: 'info', summary })

/** Every code of a diagnostic. Codes are stable; a test holds docs/diagnostics.md to this list. */
export const diagnosticCatalog = {
  'file-not-found': error('A path that was given does not exist.'),
  'empty-folder': error('A folder holds no manifest.'),
  'file-unreadable': error('A file cannot be read.'),
  'not-text': error('A file holds something other than text.'),
  'yaml-syntax': error('A document is not valid YAML or JSON.'),
  'duplicate-key': error(
    'A key stands twice in one map. kubectl takes the last in silence; strict readers refuse the document.',
  ),
  'corefile-invalid': error('CoreDNS would not start with this Corefile.'),
  'corefile-not-modelled': warning(
    'A plugin of the Corefile is not modelled, and could change an answer; or CoreDNS itself would warn.',
  ),
  'corefile-loop': warning(
    'CoreDNS would not stay up: it forwards to itself, and its plugin loop ends the process.',
  ),
  'node-cache-fails': warning('NodeLocal DNSCache would not start; its nodes are as they are without it.'),
  'not-utf8': warning('A file is not UTF-8; what could not be read was replaced.'),
  'not-json': warning('A text begins as JSON does and is none; it is read as YAML.'),
  'yaml-1.1-boolean': warning(
    'A plain `yes`, `no`, `on`, `off`, `y` or `n` is read as a boolean, as kubectl reads it.',
  ),
  'yaml-1.1-octal': warning('A plain number with a leading zero is read as octal, as kubectl reads it.'),
  'yaml-merge-order': warning(
    'A merge key `<<` overrides what stands above it in its map, as kubectl reads it.',
  ),
  'yaml-after-end': warning('What stands after a document end `...` is not read, as by kubectl.'),
  'empty-input': error('No Kubernetes object was found in the input.'),
  'not-an-object': error('A document is not a Kubernetes object.'),
  'unsupported-version': error('A kind that kubewalk reads has an API version that it does not read.'),
  'kind-not-read': info('Kinds that kubewalk does not read; they are counted and left out.'),
  'missing-name': error('An object has no name.'),
  'duplicate-object': error('Two objects have the same kind, namespace and name.'),
  'wrong-type': error('A field holds a value of another type than Kubernetes expects.'),
  'unknown-field': warning('A field that Kubernetes does not have; kubectl refuses it.'),
  'null-value': warning('A field that should have a value has none; the API server reads it as empty.'),
  'configuration-conflict': warning('Two objects configure the same thing differently; one of them counts.'),
  'invalid-value': error('A field holds a value that the API server refuses.'),
  'too-large': error('A workload asks for more pods than kubewalk makes.'),
  'overlapping-cidrs': warning('Two address blocks that must not share addresses do.'),
  'invalid-version': error('A text is not a version of Kubernetes.'),
  'version-not-modelled': warning(
    'A release whose kube-proxy is not modelled; the nearest modelled one stands for it.',
  ),
  'invalid-setting': error('A setting of the cluster cannot be read.'),
  'cni-approximated': info(
    'A network plugin is modelled by what happens to packets, not rule by rule; what is left out is named.',
  ),
  'cni-not-modelled': warning('A network plugin is not modelled; pods are connected as by kindnet.'),
  'proxy-mode-not-modelled': warning('A proxy mode is not modelled; what depends on it is unknown.'),
  'field-not-modelled': warning(
    'A field of the Environment is not modelled yet and could change the answer.',
  ),
  'cluster-ip-outside-range': error(
    'A cluster IP lies outside the Service range; the API server refuses it.',
  ),
  'cluster-ip-taken': error('Two Services have one cluster IP.'),
  'node-port-outside-range': error('A node port lies outside the range; the API server refuses it.'),
  'node-port-taken': error('Two Services have one node port of the same protocol.'),
  'pod-ip-taken': error('Two pods that run have one address.'),
  'pod-ip-outside-node': warning(
    "A pod's address lies outside its node's pod block; no node has a route to it.",
  ),
  'unknown-node': error('A pod names a node that does not exist.'),
  unschedulable: warning('A pod fits no node.'),
  'unknown-reference': error('Something is named that does not exist.'),
  'endpoints-ignored': warning(
    'An Endpoints object is overwritten by the controller of a Service with a selector.',
  ),
  'policy-not-enforced': warning(
    'Policies are accepted by the API server, and nothing in the cluster enforces them.',
  ),
  'policy-selects-nothing': warning('A policy selects no pod.'),
  'policy-rule-never-matches': warning(
    'A rule of a policy, or one of its peers, matches nothing in this cluster.',
  ),
  'policy-order-undefined': warning(
    'Two cluster-wide policies of one priority say different things of the same connection.',
  ),
  'policy-service-port': warning("A policy names a Service's port, where policies see the port of the pod."),
  'policy-rule-redundant': info(
    'A rule of a policy makes no difference: another says the same of all that it matches.',
  ),
  'policy-rule-shadowed': warning(
    'A rule of a policy is never asked: an earlier one decides all that it matches.',
  ),
  'policy-tiers-contradict': warning(
    'A rule of a policy never counts: one of an earlier tier decides the opposite.',
  ),
  'missing-field': error('A field that the API server insists on is missing.'),
  'iptables-syntax': error('A line of iptables-save text cannot be read.'),
  'iptables-dangling-jump': error('A rule jumps to a chain that its table does not have.'),
  'iptables-chain-cycle': error('Chains jump to each other in a circle; the kernel refuses to load them.'),
  'iptables-illegal-match': error(
    'A match stands in a table or is reached from a hook that does not allow it, or lacks the protocol it needs.',
  ),
  'iptables-illegal-target': error(
    'A target stands in a table or is reached from a hook that does not allow it.',
  ),
  'dump-syntax': error('A file of a node dump cannot be read at this place.'),
  'dump-too-large': error('A file of a node dump is larger or deeper than what is read.'),
  'dump-empty': error('A node dump has no file that is read.'),
  'dump-file-unread': warning('A file of a node dump has a name that stands for no command that is read.'),
  'dump-incomplete': warning('A part of a node dump is missing or says that more is on the node.'),
  'dump-conflict': warning('Two inputs say the same of one node; one of them counts.'),
  'dump-not-modelled': warning('A node dump has something that is not modelled and could change an answer.'),
} satisfies Record<string, CatalogEntry>

export type DiagnosticCode = keyof typeof diagnosticCatalog
