import type { Expression, Fields, ScalarName } from '../../src/manifest/schema/types.ts'
import { schemaTypes } from '../../src/manifest/schema/types.ts'

/** What the fields of the Environment mean, as an editor shows it. Not modelled: the reader says so, and nothing else. */
// biome-ignore format: one field a line
export const fieldMeanings: Readonly<Record<string, string>> = {
  'Environment.apiVersion': 'kubewalk.dev/v1alpha1',
  'Environment.kind': 'Environment',
  'Environment.metadata': 'A name, if one is wanted; it changes nothing.',
  'Environment.spec': 'What surrounds the cluster.',
  'EnvironmentSpec.clusterNetwork': "The cluster's address blocks and DNS domain. What a kubeadm ClusterConfiguration or a kind Cluster says counts before it.",
  'EnvironmentSpec.kubeProxy': "kube-proxy's settings and state. What a KubeProxyConfiguration says of mode and clusterCIDR counts before it.",
  'EnvironmentSpec.cni': 'The network plugin.',
  'EnvironmentSpec.apiServer': "The API server's settings.",
  'EnvironmentSpec.nodes': 'What is special about single nodes, by their names.',
  'EnvironmentSpec.listeners': 'Sockets. Those that name a pod are all that the pod has; without any, a pod listens on the ports that it declares.',
  'EnvironmentSpec.externalHosts': 'Hosts outside the cluster.',
  'EnvironmentSpec.conntrack': 'Entries that are in the connection tables of nodes before the first packet, by the names of the nodes.',
  'EnvironmentSpec.loadBalancerController': 'What makes load balancers; its `announcer` is the node that answers for their addresses.',
  'EnvironmentSpec.calico': 'Not modelled.',
  'EnvironmentSpec.cloudFirewall': "A provider's firewall (security group) in front of nodes.",
  'EnvironmentSpec.environment': 'The machine whose containers the nodes are.',
  'EnvironmentPlace.type': 'kind, minikube, k3d.',
  'EnvironmentPlace.driver': 'Of minikube: docker and podman make containers, others virtual machines.',
  'EnvironmentPlace.hostOS': 'linux, darwin or windows; linux without it.',
  'EnvironmentPlace.hostCanRouteToNodeNetwork': "Whether there is a route from outside to the nodes' network.",
  'EnvironmentPlace.nodeContainers': 'The containers by the names of the nodes.',
  'EnvironmentPlace.note': 'A remark.',
  'EnvironmentNodeContainer.extraPortMappings': 'The ports that are published on the machine.',
  'EnvironmentPortMapping.containerPort': 'The port of the node, such as a node port.',
  'EnvironmentPortMapping.hostPort': 'The port of the machine.',
  'EnvironmentPortMapping.protocol': 'TCP, UDP or SCTP; TCP without it.',
  'EnvironmentPortMapping.listenAddress': 'The address of the machine; 0.0.0.0 without it.',
  'EnvironmentSpec.network': 'The networks between the nodes: subnets, routers, firewalls.',
  'EnvironmentUnderlay.subnets': 'The networks that nodes are on; one block that holds all nodes without it.',
  'EnvironmentUnderlay.routes': 'What the router knows beside the subnets: `10.244.1.0/24 via 10.0.1.11`.',
  'EnvironmentUnderlay.learnsPodRoutes': 'False: the router has no routes to pods but those stated.',
  'EnvironmentUnderlay.routers': 'Routers beside the main one.',
  'EnvironmentUnderlay.firewalls': 'Firewalls in front of nodes or between subnets.',
  'EnvironmentSubnet.name': 'Its name, by which firewalls speak of it.',
  'EnvironmentSubnet.cidr': 'Its IPv4 block.',
  'EnvironmentSubnet.gateway': "The router's IPv4 address; the first of the block without it.",
  'EnvironmentSubnet.cidr6': 'Its IPv6 block.',
  'EnvironmentSubnet.gateway6': "The router's IPv6 address; the first of the block without it.",
  'EnvironmentSubnet.mtu': 'Bytes; 1500 without it.',
  'EnvironmentRouter.name': 'Its name.',
  'EnvironmentRouter.addresses': 'One in each network that it joins: `10.0.1.2/24`.',
  'EnvironmentRouter.routes': 'Its routes beside those networks: `CIDR via GATEWAY`.',
  'EnvironmentRouter.sysctl': 'Its kernel settings, such as net.ipv4.conf.all.rp_filter.',
  'EnvironmentFirewall.name': 'Its name.',
  'EnvironmentFirewall.nodes': 'The nodes whose interface it guards; all without it and without `between`.',
  'EnvironmentFirewall.between': 'The subnets between which it stands.',
  'EnvironmentFirewall.default': 'deny or allow; deny where something is allowed, else allow.',
  'EnvironmentFirewall.allow': 'What passes.',
  'EnvironmentFirewall.deny': 'What does not pass, before what is allowed.',
  'EnvironmentFirewallRule.from': 'The block of senders; all without it.',
  'EnvironmentFirewallRule.to': 'The block of receivers; all without it.',
  'EnvironmentFirewallRule.protocol': 'TCP, UDP, SCTP, ICMP, IPIP, ESP, GRE, a number, or any.',
  'EnvironmentFirewallRule.ports': 'Ports and ranges: 443, 30000-32767; all without it.',
  'EnvironmentCalico.ipPools': "Calico's pools, in the words of its IPPool objects, which they come before.",
  'EnvironmentCalicoPool.cidr': 'The block that pods get their addresses from.',
  'EnvironmentCalicoPool.ipipMode': 'Always, CrossSubnet or Never; IPv4 alone.',
  'EnvironmentCalicoPool.vxlanMode': 'Always, CrossSubnet or Never.',
  'EnvironmentCalicoPool.natOutgoing': 'Whether what leaves all pools is masqueraded.',
  'EnvironmentCalicoPool.disabled': 'No new address comes from it; the masquerading goes on sparing it.',
  'EnvironmentCalicoPool.blockSize': "The prefix length of nodes' blocks: 26, or 122 for IPv6.",
  'EnvironmentCalicoPool.nodeSelector': 'The nodes that get blocks of it, in the selector language of Calico.',
  'EnvironmentMtu.pod': "The MTU of pods' devices; what the plugin chooses without it.",
  'EnvironmentMtu.tunnel': 'The MTU of tunnel devices; what the plugin chooses without it.',
  'EnvironmentMtu.overhead': 'A remark.',
  'EnvironmentMtu.nodes': "The MTU of nodes' network interfaces by the names of the nodes.",
  'EnvironmentMtu.icmpFragNeededDelivered': 'False: routers do not tell that a packet is too big.',
  'EnvironmentMasqAgent.nonMasqueradeCIDRs': 'Destinations for which pods keep their address; the private blocks without it.',
  'EnvironmentMasqAgent.masqLinkLocal': 'Whether 169.254.0.0/16 is masqueraded as well.',
  'EnvironmentSpec.cniChain': 'The chained network plugins of nodes, by the names of the nodes; `portmap` maps host ports.',
  'EnvironmentSpec.ingressControllers': "Controllers of clouds that serve the cluster's Ingresses.",
  'EnvironmentIngressController.type': 'gce or alb.',
  'EnvironmentIngressController.class': 'The class that it takes; gce or alb without it.',
  'EnvironmentIngressController.containerNativeNEG': 'Whether GKE sends straight to pods without an annotation of the Service.',
  'EnvironmentSpec.ipMasqAgent': 'ip-masq-agent runs, so configured.',
  'EnvironmentSpec.l2': 'Not modelled.',
  'EnvironmentSpec.mtu': 'Sizes that differ from what devices have by default.',
  'EnvironmentSpec.podRoutes': 'Routes of pods by namespace/name, in the place of those that the plugin gives.',
  'EnvironmentSpec.resolver': 'Whose resolver programs use to look names up.',
  'EnvironmentSpec.kubelet': "kubelet's own settings, by the names of the nodes; `default` stands for all others.",
  'EnvironmentSpec.upstreamDNS': 'What name servers outside know, by their addresses and by name; `default` stands for all of them.',
  'EnvironmentSpec.httpApps': 'What the web servers of pods answer.',
  'EnvironmentSpec.certificates': 'What stands in TLS Secrets whose data are not in the input.',
  'EnvironmentResolver.libc': 'glibc or musl; glibc without it.',
  'EnvironmentResolver.tool': 'A remark.',
  'EnvironmentResolver.useSearchList': 'Whether the search list is used; false for tools such as dig.',
  'EnvironmentKubelet.clusterDNS': "Addresses of the name servers that pods get; the cluster IP of the cluster's DNS without it.",
  'EnvironmentKubelet.clusterDomain': "The domain of pods' search lists; the cluster's without it.",
  'EnvironmentUpstreamName.rcode': 'NOERROR, NXDOMAIN, SERVFAIL, REFUSED, FORMERR, NOTIMP, or timeout.',
  'EnvironmentUpstreamName.answers': 'Empty: the name exists without records. Records stand under their type, such as `A: 192.0.2.1`.',
  'EnvironmentHttpApp.pod': 'namespace/name of the pod.',
  'EnvironmentHttpApp.port': 'The port on which it listens; all of them without it.',
  'EnvironmentHttpApp.routes': 'Statuses by path; the longest path that fits counts.',
  'EnvironmentHttpApp.otherwise': 'The status for every other path; 200 without it.',
  'EnvironmentCertificate.secret': 'namespace/name of the Secret.',
  'EnvironmentCertificate.dnsNames': 'The names that the certificate is for.',
  'EnvironmentNetwork.podCIDR': 'The block of pods, such as 10.244.0.0/16.',
  'EnvironmentNetwork.podCIDR6': 'The IPv6 block of pods.',
  'EnvironmentNetwork.serviceCIDR': 'The block of cluster IPs, such as 10.96.0.0/16.',
  'EnvironmentNetwork.serviceCIDR6': 'The IPv6 block of cluster IPs.',
  'EnvironmentNetwork.clusterDomain': 'The DNS domain; cluster.local without it.',
  'EnvironmentProxy.mode': 'iptables; other modes are not modelled.',
  'EnvironmentProxy.version': 'The release whose rules are written, such as v1.33.',
  'EnvironmentProxy.clusterCIDR': 'What kube-proxy takes for the block of pods; null: it knows none.',
  'EnvironmentProxy.masqueradeAll': 'Whether all traffic to cluster IPs is masqueraded.',
  'EnvironmentProxy.masqueradeRandomFully': 'Whether iptables knows --random-fully.',
  'EnvironmentProxy.nodePortAddresses': 'Blocks of node addresses that take node ports, or `primary`; all without it.',
  'EnvironmentProxy.nfacct': 'Whether the kernel has nfnetlink_acct, which kube-proxy 1.31 and later uses.',
  'EnvironmentProxy.hostnameOverride': 'Names under which kube-proxy runs on nodes, by the names of the nodes.',
  'EnvironmentProxy.running': 'Whether kube-proxy runs, by the names of the nodes.',
  'EnvironmentProxy.rules': 'A remark on the rules of nodes, by their names; whether kube-proxy runs is said by `running`.',
  'EnvironmentProxy.staleState': 'Older endpoints that kube-proxy still knows, by the names of the nodes.',
  'EnvironmentProxy.strictARP': 'Not modelled.',
  'EnvironmentProxy.note': 'A remark.',
  'EnvironmentStale.service': 'namespace/name:port',
  'EnvironmentStale.backends': 'address:port, one for each endpoint that is still known.',
  'EnvironmentStale.reason': 'A remark.',
  'EnvironmentCni.plugin': 'The network plugin, by a name that `kubewalk cni` lists.',
  'EnvironmentCni.backend': "The plugin's way to other nodes.",
  'EnvironmentCni.enforcesNetworkPolicy': 'Whether policies have an effect; true beside a plugin that enforces none stands for kube-network-policies.',
  'EnvironmentApiServer.address': "The API server's address; outside the nodes' networks it is the provider's machine.",
  'EnvironmentApiServer.enableAggregatorRouting': 'True: it sends to endpoints of the Services of webhooks and aggregated APIs; else to their cluster IPs.',
  'EnvironmentApiServer.serviceNodePortRange': 'The range of node ports, such as 30000-32767.',
  'EnvironmentNode.sysctl': 'Kernel settings, such as net.ipv4.ip_forward.',
  'EnvironmentNode.interfaces': 'Network devices, by their names.',
  'EnvironmentNode.listeners': 'Sockets of the node itself.',
  'EnvironmentNode.routes': '`CIDR via GATEWAY`, `default via GATEWAY`, `CIDR onlink`.',
  'EnvironmentNode.filter': 'Hand-written chains of table filter; under `nft` and `legacy` those of one backend of iptables.',
  'EnvironmentNode.firewall': 'The same as `filter`, without backends.',
  'EnvironmentNode.nat': 'Hand-written rules of table nat.',
  'EnvironmentNode.iptables': 'Which backend of iptables writes whose rules, and rules as iptables-save prints them.',
  'EnvironmentNode.docker': 'Docker Engine runs on the node.',
  'EnvironmentNode.ufw': 'ufw is installed on the node.',
  'EnvironmentNode.firewalld': 'firewalld is installed on the node.',
  'EnvironmentNode.kernel': 'The release of its kernel, such as 5.4; before 5.7 VXLAN devices with txChecksumOffload compute wrong checksums.',
  ...Object.fromEntries(['EnvironmentFilter', 'EnvironmentChains'].flatMap((type) => [
    [`${type}.INPUT`, 'Packets to the node itself.'], [`${type}.FORWARD`, 'Packets that the node forwards.'], [`${type}.OUTPUT`, 'Packets that the node sends.'],
  ])),
  'EnvironmentFilter.nft': 'The chains as iptables-nft has them.',
  'EnvironmentFilter.legacy': 'The chains as iptables-legacy has them.',
  'EnvironmentChain.policy': 'ACCEPT, DROP, or REJECT with an answer such as icmp-host-prohibited; ACCEPT without it.',
  'EnvironmentChain.accept': 'What passes: `tcp dport 22`, `udp dport 8472 from 10.0.0.0/24`, `ctstate ESTABLISHED,RELATED`, `in cni0`.',
  'EnvironmentChain.drop': 'What is dropped, in the same words.',
  'EnvironmentChain.reject': 'What is rejected, in the same words.',
  'EnvironmentChain.rules': "Rules in iptables' words: `-A INPUT -p tcp --dport 22 -j ACCEPT`.",
  'EnvironmentChain.note': 'A remark.',
  ...Object.fromEntries(['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map((hook) => [`EnvironmentNat.${hook}`, `The chain ${hook} of table nat.`])),
  'EnvironmentNatChain.rules': "Rules in iptables' words.",
  'EnvironmentNatChain.podMasquerade': "Of POSTROUTING: false says that the network plugin's rule that masquerades pods is missing.",
  'EnvironmentNatChain.note': 'A remark.',
  'EnvironmentIptables.host': "nft or legacy: the node's own iptables, which kubelet and host firewalls use; nft without it.",
  'EnvironmentIptables.cniImage': "nft or legacy: the network plugin's; the host's without it.",
  'EnvironmentIptables.kubeProxy': "nft or legacy: kube-proxy's; the network plugin's without it.",
  'EnvironmentIptables.rules': 'Rules as iptables-save prints them; a text without *table is of table filter.',
  'EnvironmentIptables.rules6': 'The same for ip6tables.',
  'EnvironmentIptables.note': 'A remark.',
  'EnvironmentDocker.running': 'Whether it runs; true without it.',
  'EnvironmentDocker.version': 'The release, such as 20.10 or 28; 29 without it.',
  'EnvironmentDocker.forwardPolicy': 'The policy of FORWARD; DROP without it, as dockerd sets it where it switches forwarding on.',
  'EnvironmentDocker.user': 'Rules in the chain DOCKER-USER: `-i cni0 -j ACCEPT`.',
  'EnvironmentDocker.note': 'A remark.',
  'EnvironmentUfw.enabled': 'Whether it is enabled; true without it.',
  'EnvironmentUfw.incoming': 'allow, deny or reject; deny without it.',
  'EnvironmentUfw.outgoing': 'allow, deny or reject; allow without it.',
  'EnvironmentUfw.routed': 'allow, deny or reject; deny without it.',
  'EnvironmentUfw.allow': 'What may come in, as `ufw allow` takes it: `22/tcp`.',
  'EnvironmentUfw.rules': 'Commands without `ufw`: `route allow in on cni0 out on eth0`.',
  'EnvironmentUfw.logging': 'low or off; low without it.',
  'EnvironmentUfw.note': 'A remark.',
  'EnvironmentFirewalld.running': 'Whether it runs; true without it.',
  'EnvironmentFirewalld.backend': 'nftables or iptables; nftables without it.',
  'EnvironmentFirewalld.defaultZone': 'The zone of whatever is in no other; public without it.',
  'EnvironmentFirewalld.trustedInterfaces': 'Devices in the zone trusted.',
  'EnvironmentFirewalld.trustedSources': 'Addresses in the zone trusted.',
  'EnvironmentFirewalld.services': 'Services of the default zone beside those that it is released with.',
  'EnvironmentFirewalld.ports': 'Ports of the default zone: `8472/udp`.',
  'EnvironmentFirewalld.forwardDefault': 'What becomes of forwarded packets of the default zone: REJECT with an answer, DROP or ACCEPT.',
  'EnvironmentFirewalld.inputDefault': 'The same for packets to the node itself.',
  'EnvironmentFirewalld.zones': 'Zones by their names.',
  'EnvironmentFirewalld.note': 'A remark.',
  'EnvironmentZone.interfaces': 'Devices of the zone.',
  'EnvironmentZone.sources': 'Addresses of the zone.',
  'EnvironmentZone.services': 'Services that it lets in.',
  'EnvironmentZone.ports': 'Ports that it lets in: `8472/udp`.',
  'EnvironmentZone.target': 'default, ACCEPT, DROP or %%REJECT%%.',
  'EnvironmentZone.forward': 'Whether packets pass between its own devices; true without it.',
  'EnvironmentNode.resolv': "The node's own resolv.conf; its router without it.",
  'EnvironmentResolv.nameservers': 'Addresses of name servers.',
  'EnvironmentResolv.search': 'Domains that are added to names.',
  'EnvironmentResolv.options': 'Options, such as ndots:1.',
  'EnvironmentNode.bridge': 'Not modelled.',
  'EnvironmentInterface.addresses': 'address/bits',
  'EnvironmentInterface.mtu': 'Its MTU in bytes.',
  'EnvironmentInterface.txChecksumOffload': 'Whether the VXLAN device leaves checksums to the card (ethtool -k).',
  'EnvironmentListener.pod': 'namespace/name of the pod that has it.',
  'EnvironmentListener.node': 'The node that has it.',
  'EnvironmentListener.container': 'A remark.',
  'EnvironmentListener.process': 'A remark.',
  'EnvironmentListener.protocol': 'TCP, UDP or SCTP; TCP without it.',
  'EnvironmentListener.bind': 'The address; 0.0.0.0 and :: stand for all. null, with port null: nothing listens.',
  'EnvironmentListener.port': 'The port.',
  'EnvironmentListener.note': 'A remark.',
  'EnvironmentListener.http': 'What the web server behind it answers.',
  'EnvironmentHttp.virtualHosts': 'Names that it serves; all without it.',
  'EnvironmentHttp.otherHosts': 'The status for every other name; 404 without it.',
  'EnvironmentHttp.routes': 'Statuses by path; the longest path that fits counts.',
  'EnvironmentHttp.otherwise': 'The status for every other path; 200 without it.',
  'EnvironmentHost.name': 'By which it is asked for: external/NAME.',
  'EnvironmentHost.ip': 'Its address.',
  'EnvironmentHost.routes': '`CIDR via GATEWAY`, `default via GATEWAY`, `CIDR onlink`.',
  'EnvironmentHost.listeners': 'Its sockets; without any it listens on whatever it is asked.',
  'EnvironmentConntrack.protocol': 'TCP, UDP or SCTP.',
  'EnvironmentConntrack.orig': 'The direction in which the connection was opened.',
  'EnvironmentConntrack.reply': 'The direction of its answers.',
  'EnvironmentConntrack.state': 'A TCP state, such as ESTABLISHED.',
  'EnvironmentTuple.src': 'address:port',
  'EnvironmentTuple.dst': 'address:port',
}

const scalars: Readonly<Record<ScalarName, string | readonly string[]>> = {
  string: 'string',
  integer: 'integer',
  long: 'integer',
  number: 'number',
  boolean: 'boolean',
  intOrString: ['integer', 'string'],
  quantity: ['number', 'string'],
}

type Schema = Readonly<Record<string, unknown>>

/** Types that the Environment uses, itself first. */
export function environmentTypes(): ReadonlyMap<string, Fields> {
  const found = new Map<string, Fields>()
  const visit = (expression: Expression): void => {
    if (expression.type === 'list' || expression.type === 'map') visit(expression.of)
    else if (expression.type === 'object') add(expression.name)
  }
  const add = (name: string): void => {
    if (found.has(name) || !name.startsWith('Environment')) return
    const fields = schemaTypes.get(name) ?? new Map()
    found.set(name, fields)
    for (const expression of fields.values()) visit(expression)
  }
  add('Environment')
  return found
}

/** The JSON schema of kubewalk's own kind, made of the types by which the reader checks it. */
export function environmentSchema(): Schema {
  const types = environmentTypes()
  const own = types.get('Environment') ?? new Map()
  const defs = [...types].filter(([name]) => name !== 'Environment').toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://kubewalk.dev/schema/v1alpha1/environment.schema.json',
    title: 'Environment',
    description:
      'What Kubernetes has no object for: hosts outside, sockets, single nodes, kube-proxy’s state.',
    ...objectSchema('Environment', own),
    required: ['apiVersion', 'kind'],
    $defs: Object.fromEntries(defs.map(([name, fields]) => [name, objectSchema(name, fields)])),
  }
}

function objectSchema(name: string, fields: Fields): Schema {
  const properties = [...fields]
    .filter(([field]) => field !== '*')
    .map(([field, expression]) => [field, fieldSchema(name, field, expression)] as const)
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(!fields.has('*') && { additionalProperties: false }),
  }
}

function fieldSchema(name: string, field: string, expression: Expression): Schema {
  const description = fieldMeanings[`${name}.${field}`]
  if (name === 'Environment' && (field === 'apiVersion' || field === 'kind')) return { const: description }
  return { description, ...expressionSchema(expression) }
}

function expressionSchema(expression: Expression): Schema {
  switch (expression.type) {
    case 'any':
      return {}
    case 'scalar': {
      const of = scalars[expression.of]
      return { type: expression.nullable ? [of, 'null'].flat() : of }
    }
    case 'list':
      return { type: 'array', items: expressionSchema(expression.of) }
    case 'map':
      return { type: 'object', additionalProperties: expressionSchema(expression.of) }
    case 'object':
      return schemaTypes.get(expression.name) && expression.name.startsWith('Environment')
        ? { $ref: `#/$defs/${expression.name}` }
        : { type: 'object' }
    default:
      return expression satisfies never
  }
}
