/** Every code of a finding, with what it means; docs/findings.md says more. Codes are stable, words are not. */
export const findingCatalog = {
  'name-in-other-namespace': 'The name is a Service of another namespace.',
  'name-unknown': 'The cluster has no such name.',
  'pod-name-unknown': 'No endpoint of the Service has this host name.',
  'external-name-unknown': 'The ExternalName Service stands for a name that does not exist.',
  'cluster-domain-differs': "The name ends in another domain than the cluster's.",
  'host-network-dns': 'The sender uses the resolver of its node, which knows no names of the cluster.',
  'dns-loop': 'CoreDNS forwards queries to itself.',
  'name-server-differs': "Pods are told to ask an address that is not that of the cluster's DNS.",
  'record-type-missing': 'The name exists, and has no records of the type that was asked for.',
  'name-server-fails':
    'A name server answers that it cannot (SERVFAIL), or will not (REFUSED), or waits in vain for another one.',
  'name-servers-differ': 'Name servers that stand for one another do not know the same names.',
  'name-denied-by-corefile': 'The Corefile makes CoreDNS deny a name that the cluster has.',
  'name-not-searched-for':
    'The full name of the Service is never asked for: the resolv.conf of the pod does not lead to it.',
  'search-domain-catches-name':
    'A search domain outside the cluster answers for whatever is below it, before the name as such is asked for.',
  'resolver-stops-at-empty-answer':
    "musl's resolver takes an empty answer for the last word and leaves out the rest of the search list.",
  'resolver-without-search': 'The tool asks for the name as it stands and adds no search domain.',
  'ingress-without-address': 'The Ingress has no address, or the cloud does not make a load balancer of it.',
  'ingress-configuration-kept':
    'The cloud refuses the Ingress as it is, and its load balancer goes on as before.',
  'route-not-taken': 'The proxy does not take the object that would serve the host.',
  'no-route-matches': 'The proxy has no rule for the request.',
  'backend-service-missing': 'The rule names a Service that does not exist in its namespace.',
  'backend-port-missing': 'The rule names a port that the Service does not have.',
  'client-not-allowed': 'The proxy lets in certain addresses alone, and sees another one.',
  'redirect-loop': 'The proxy redirects the client to the address that it asks for.',
  'proxy-refuses': 'The proxy answers an error by itself.',
  'certificate-for-other-name': 'The certificate that is shown is not for the name that was asked for.',
  'tls-secret-missing': 'The Secret with the certificate is not in the namespace of the rule.',
  'host-not-served': 'The server at the other end does not serve the name in the Host header.',
  'application-error': 'The application itself answers an error.',
  'name-asked-outside': 'The sender is outside the cluster and does not ask its DNS.',
  'load-balancer-by-name': 'The load balancer is known by a name whose address nothing states.',
  'load-balancer-pending': 'The load balancer has no address.',
  'load-balancer-class-unserved': 'The Service asks for a class of load balancers that nobody serves.',
  'load-balancer-pool-empty': 'The pools of addresses have none left for the Service.',
  'load-balancer-address-outside-pools': 'The Service asks for an address or a pool that is not there.',
  'load-balancer-host-port-taken': "The load balancer needs ports of the nodes that are another's already.",
  'load-balancer-hairpin': 'The load balancer sent the connection back to the node that it came from.',
  'address-inside-only':
    'The sender is outside the cluster, and the address is one that only the inside can reach.',
  'load-balancer-without-node-port': 'The load balancer sends to node ports, and the Service has none.',
  'load-balancer-without-nodes': 'The load balancer has no node to send to.',
  'not-modelled': 'Something on the way is not modelled, and it matters.',
  'policy-rule-denies': 'A rule of a policy denies the packet.',
  'policy-dns-port-differs':
    "A policy allows the port of the cluster's DNS, whose pods listen on another one.",
  'policy-names-service-port': "A policy allows the port of the Service, and policies see the pod's port.",
  'policy-names-cluster-ip':
    'A policy allows the address of the Service, which no packet has where policies are asked.',
  'policy-sees-node-address': "A node put its address in the client's place before policies were asked.",
  'policy-client-is-host':
    "The client is on its node's network, and selectors of policies never match a node.",
  'policy-server-is-host':
    'What is asked is a process of a node, and selectors of policies never match a node.',
  'policy-port-name-differs':
    'A policy names a port, and the name stands for another one at this pod, or for none.',
  'policy-namespace-label-missing': 'A policy selects a namespace by a label that it does not have.',
  'policy-denies-dns': "Policies isolate the pod, and nothing lets it ask the cluster's DNS.",
  'policy-isolates': 'Policies isolate the pod, and no rule of any of them matches.',
  'policy-not-enforced': 'A policy is about one of the ends, and the network plugin does not enforce it.',
  'policy-peers-are-alternatives':
    'A rule lists a namespaceSelector and a podSelector as two entries, and the connection passes by the first alone.',
  'policies-not-modelled': 'The input holds policies of kinds that are not evaluated.',
  'host-port-not-mapped':
    'A pod asks for a port of its node, and the plugin portmap, which would bring packets for it to the pod, is not in the chain.',
  'host-port-other-address': 'A pod asks for a port of its node, but on another address of the node.',
  'kube-proxy-not-running': 'The node that should translate has no Service rules.',
  'kube-proxy-stale': "The node's rules are older than the cluster's state.",
  'rules-lack-service': 'The rules that were given for the node do not know the Service.',
  'kube-proxy-hostname':
    'kube-proxy runs under a name that is not its node’s, so that all endpoints look remote.',
  'conntrack-stale': 'An entry of the connection table is older than the rules.',
  'ping-to-service': 'A Service address answers no ping: only its ports are translated.',
  'service-protocol-differs': 'The Service has the port, but for another protocol.',
  'service-port-unknown': 'The Service has no such port.',
  'service-without-endpoints': "No pod has the labels that the Service's selector asks for.",
  'service-without-selector': 'The Service has no selector, and no endpoints were given by hand.',
  'endpoints-name-differs': 'Endpoints belong to a Service by its name, and these have another.',
  'endpoints-port-name-differs':
    'Ports of the endpoints and of the Service are joined by name, and the names differ.',
  'endpoint-not-ready': "Pods have the Service's labels, but none of them is ready.",
  'endpoint-family-missing': 'No endpoint has an address of the family that is asked for.',
  'target-port-name-missing': 'The Service asks for a port by a name that no container gives to its port.',
  'endpoints-empty': 'The EndpointSlices of the input hold no endpoint, although pods would match.',
  'no-local-endpoint': 'The traffic policy is Local, and the node has no endpoint of its own.',
  'proxy-protocol-mismatch': 'One end speaks the PROXY protocol, and the other does not.',
  'source-range-excludes-client': "The sender lies outside the Service's loadBalancerSourceRanges.",
  'endpoint-terminating': 'The pod is shutting down and has closed its socket already.',
  'listens-on-loopback': 'The process listens on 127.0.0.1 or ::1 and not on the pod’s address.',
  'listens-on-other-address': 'The process listens on another address.',
  'listens-on-other-family': 'The process listens on addresses of the other family only.',
  'listens-on-other-protocol': 'The process has the port, but for another protocol.',
  'localhost-is-the-sender': 'localhost is the sender itself; the service is elsewhere.',
  'selector-too-broad': 'The selector also takes in pods that do not offer the port.',
  'headless-port-not-translated':
    'The Service is headless: its port is not translated to the port of the pods.',
  'target-port-not-listening': 'The Service sends to a port on which the pod does not listen.',
  'nothing-listens': 'Nothing listens on the port.',
  'node-port-unknown': 'No Service has this node port.',
  'node-port-not-here': 'Node ports are not served on this address.',
  'address-not-announced': 'No machine answers for the Service’s external address.',
  'no-pod-at-address': 'The address lies in the pods’ range, but no pod has it.',
  'endpoint-is-service-address':
    'An endpoint is the address of another Service, which is not translated again.',
  'no-service-at-address': 'The address lies in the Services’ range, but no Service has it.',
  'reply-bypasses-translation':
    'The answer takes another way than the request, past the node that translated it.',
  'bridge-netfilter-off': 'Answers within a bridge are not translated back: bridge-nf-call-iptables is 0.',
  'pods-not-masqueraded':
    'Packets of pods leave the cluster with addresses to which no way leads back from outside.',
  'host-firewall': "A node's own firewall stops the packet: a rule or a policy that Kubernetes did not make.",
  'provider-firewall':
    'A firewall of the network between the machines stops the packet: a security group, or one between subnets.',
  'port-not-published':
    'The nodes are containers, and the machine on which they run publishes no such port of theirs.',
  'node-network-inside-machine':
    'The nodes are containers within a virtual machine, and the sender has no route to their network.',
  'node-address-shared': 'Two nodes have the same address.',
  'pod-blocks-overlap': 'Two nodes have the same block of pods.',
  'tunnel-endpoint-differs':
    'A tunnel leads to an address that is not one of the node behind it: the network plugin took the wrong interface.',
  'hairpin-off':
    'A pod was given itself by a Service, and the bridge sends nothing back by the port by which it came.',
  'address-overlap': 'Pods share addresses with Services or with a network outside.',
  'pod-route-missing': 'The router between the nodes does not know where the pods of a node are.',
  'bgp-session-blocked':
    'Calico’s nodes do not learn of one another: a firewall between them does not let BGP pass.',
  'tunnel-checksum': 'A tunnel device computes wrong checksums for what its node masquerades.',
  'path-mtu-black-hole':
    'A tunnel makes packets too large for a link on the way, and the sender does not come to know.',
  'mixed-iptables-backends':
    'A node has rules in both backends of iptables; what one of them accepts, the other drops.',
  'pod-network-differs':
    'The network plugin is configured for another block of addresses than that of the pods.',
  'kernel-setting': 'A kernel setting of the node stops the packet.',
  'source-check': 'The cloud drops what leaves an interface with a source that is none of its addresses.',
  'dropped-by-rule': 'A rule stops the packet.',
  'no-route': 'A machine on the way has no route, or nobody answers for the next hop.',
  'packet-too-big': 'The packet is larger than the path allows.',
  'routing-loop': 'The packet goes round until its time to live is over.',
  'no-free-port': 'No port is free for the translation.',
} satisfies Record<string, string>

export type FindingCode = keyof typeof findingCatalog
