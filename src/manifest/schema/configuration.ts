/**
 * The configuration kinds that are no API objects, in the same notation as kubernetes.ts, and kubewalk's own
 * Environment. `?` after a type: null means something; a field `*`: there are others. Fields that kubewalk does not read and that only tune a component are `any`.
 */
export const configurationSchema = `
IPAddressPool kind:string apiVersion:string metadata:ObjectMeta spec:IPAddressPoolSpec status:any
IPAddressPoolSpec addresses:[]string autoAssign:boolean avoidBuggyIPs:boolean
  serviceAllocation:ServiceAllocation
ServiceAllocation priority:integer namespaces:[]string namespaceSelectors:[]LabelSelector
  serviceSelectors:[]LabelSelector
L2Advertisement kind:string apiVersion:string metadata:ObjectMeta spec:L2AdvertisementSpec status:any
L2AdvertisementSpec ipAddressPools:[]string ipAddressPoolSelectors:[]LabelSelector
  nodeSelectors:[]LabelSelector interfaces:[]string
BGPAdvertisement kind:string apiVersion:string metadata:ObjectMeta spec:BGPAdvertisementSpec status:any
BGPAdvertisementSpec aggregationLength:integer aggregationLengthV6:integer localPref:long
  communities:[]string ipAddressPools:[]string ipAddressPoolSelectors:[]LabelSelector
  nodeSelectors:[]LabelSelector peers:[]string
KindCluster kind:string apiVersion:string name:string metadata:ObjectMeta nodes:[]KindNode
  networking:KindNetworking featureGates:any runtimeConfig:any kubeadmConfigPatches:any
  kubeadmConfigPatchesJSON6902:any containerdConfigPatches:any containerdConfigPatchesJSON6902:any
KindNode role:string image:string labels:{}string extraMounts:any extraPortMappings:any
  kubeadmConfigPatches:any kubeadmConfigPatchesJSON6902:any
KindNetworking ipFamily:string apiServerAddress:string apiServerPort:integer podSubnet:string
  serviceSubnet:string disableDefaultCNI:boolean kubeProxyMode:string dnsSearch:[]string
KubeProxyConfiguration kind:string apiVersion:string metadata:ObjectMeta mode:string clusterCIDR:string
  hostnameOverride:string nodePortAddresses:[]string detectLocalMode:string
  detectLocal:KubeProxyDetectLocal iptables:KubeProxyIptables bindAddress:string
  bindAddressHardFail:boolean clientConnection:any configSyncPeriod:string conntrack:any
  enableProfiling:boolean featureGates:any healthzBindAddress:string ipvs:any logging:any
  metricsBindAddress:string nftables:any oomScoreAdj:integer portRange:string
  showHiddenMetricsForVersion:string winkernel:any windowsRunAsService:boolean udpIdleTimeout:any
KubeProxyDetectLocal bridgeInterface:string interfaceNamePrefix:string
KubeProxyIptables localhostNodePorts:boolean masqueradeAll:boolean masqueradeBit:integer
  minSyncPeriod:string syncPeriod:string
ClusterConfiguration kind:string apiVersion:string metadata:ObjectMeta clusterName:string
  kubernetesVersion:string networking:KubeadmNetworking apiServer:any controllerManager:any scheduler:any
  etcd:any dns:any proxy:any imageRepository:string certificatesDir:string controlPlaneEndpoint:string
  featureGates:any encryptionAlgorithm:string caCertificateValidityPeriod:any
  certificateValidityPeriod:any
KubeadmNetworking podSubnet:string serviceSubnet:string dnsDomain:string
Environment kind:string apiVersion:string metadata:ObjectMeta spec:EnvironmentSpec
EnvironmentSpec clusterNetwork:EnvironmentNetwork kubeProxy:EnvironmentProxy cni:EnvironmentCni
  apiServer:EnvironmentApiServer nodes:{}EnvironmentNode listeners:[]EnvironmentListener
  externalHosts:[]EnvironmentHost conntrack:{}[]EnvironmentConntrack loadBalancerController:any
  resolver:EnvironmentResolver kubelet:{}EnvironmentKubelet
  upstreamDNS:{}{}EnvironmentUpstreamName httpApps:[]EnvironmentHttpApp
  certificates:[]EnvironmentCertificate calico:EnvironmentCalico cloudFirewall:EnvironmentFirewall cniChain:{}[]string environment:EnvironmentPlace
  ingressControllers:[]EnvironmentIngressController ipMasqAgent:EnvironmentMasqAgent l2:any mtu:EnvironmentMtu
  podRoutes:{}[]string network:EnvironmentUnderlay
EnvironmentPlace type:string driver:string hostOS:string hostCanRouteToNodeNetwork:boolean
  nodeContainers:{}EnvironmentNodeContainer note:string *:any
EnvironmentNodeContainer extraPortMappings:[]EnvironmentPortMapping
EnvironmentPortMapping containerPort:integer hostPort:integer protocol:string listenAddress:string
EnvironmentUnderlay subnets:[]EnvironmentSubnet routes:[]string learnsPodRoutes:boolean
  routers:[]EnvironmentRouter firewalls:[]EnvironmentFirewall
EnvironmentSubnet name:string cidr:string gateway:string cidr6:string gateway6:string mtu:integer
EnvironmentRouter name:string addresses:[]string routes:[]string sysctl:{}integer
EnvironmentFirewall name:string nodes:[]string between:[]string default:string
  allow:[]EnvironmentFirewallRule deny:[]EnvironmentFirewallRule
EnvironmentFirewallRule from:string to:string protocol:any ports:[]any
EnvironmentMtu pod:integer tunnel:integer overhead:integer nodes:{}integer
  icmpFragNeededDelivered:boolean
EnvironmentMasqAgent nonMasqueradeCIDRs:[]string masqLinkLocal:boolean
EnvironmentCalico ipPools:[]EnvironmentCalicoPool
EnvironmentCalicoPool cidr:string ipipMode:string vxlanMode:string natOutgoing:boolean disabled:boolean
  blockSize:integer nodeSelector:string
EnvironmentResolver libc:string tool:string useSearchList:boolean
EnvironmentKubelet clusterDNS:[]string clusterDomain:string
EnvironmentUpstreamName rcode:string answers:[]any *:any
EnvironmentHttpApp pod:string port:integer routes:{}integer otherwise:integer
EnvironmentCertificate secret:string dnsNames:[]string
EnvironmentIngressController type:string class:string containerNativeNEG:boolean
EnvironmentApiServer serviceNodePortRange:string address:string enableAggregatorRouting:boolean *:any
EnvironmentCni plugin:string backend:string? enforcesNetworkPolicy:boolean *:any
EnvironmentNetwork podCIDR:string podCIDR6:string serviceCIDR:string serviceCIDR6:string
  clusterDomain:string
EnvironmentProxy mode:string version:string clusterCIDR:string? masqueradeAll:boolean
  masqueradeRandomFully:boolean nodePortAddresses:[]string nfacct:boolean hostnameOverride:{}string
  running:{}boolean rules:{}string staleState:{}EnvironmentStale strictARP:boolean note:string
EnvironmentStale service:string backends:[]string reason:string
EnvironmentNode sysctl:{}integer interfaces:{}EnvironmentInterface listeners:[]EnvironmentListener
  routes:[]string filter:EnvironmentFilter firewall:EnvironmentChains firewalld:EnvironmentFirewalld
  iptables:EnvironmentIptables kernel:string nat:EnvironmentNat docker:EnvironmentDocker ufw:EnvironmentUfw
  resolv:EnvironmentResolv bridge:any
EnvironmentFilter INPUT:EnvironmentChain FORWARD:EnvironmentChain OUTPUT:EnvironmentChain
  nft:EnvironmentChains legacy:EnvironmentChains
EnvironmentChains INPUT:EnvironmentChain FORWARD:EnvironmentChain OUTPUT:EnvironmentChain
EnvironmentChain policy:string accept:[]any drop:[]any reject:[]any rules:[]string note:string
EnvironmentNat PREROUTING:EnvironmentNatChain INPUT:EnvironmentNatChain OUTPUT:EnvironmentNatChain
  POSTROUTING:EnvironmentNatChain
EnvironmentNatChain rules:[]string podMasquerade:boolean note:string
EnvironmentIptables host:string cniImage:string kubeProxy:string rules:string rules6:string note:string
EnvironmentDocker running:boolean version:string forwardPolicy:string user:[]string note:string
EnvironmentUfw enabled:boolean incoming:string outgoing:string routed:string allow:[]string rules:[]string
  logging:string note:string
EnvironmentFirewalld running:boolean backend:string defaultZone:string trustedInterfaces:[]string
  trustedSources:[]string services:[]string ports:[]string forwardDefault:string inputDefault:string
  zones:{}EnvironmentZone note:string
EnvironmentZone interfaces:[]string sources:[]string services:[]string ports:[]string target:string
  forward:boolean
EnvironmentResolv nameservers:[]string search:[]string options:[]string
EnvironmentInterface addresses:[]string mtu:integer txChecksumOffload:boolean
EnvironmentListener pod:string node:string container:string process:string protocol:string bind:string?
  port:integer? note:string http:EnvironmentHttp
EnvironmentHttp virtualHosts:[]string otherHosts:integer routes:{}integer otherwise:integer
EnvironmentHost name:string ip:string routes:[]string listeners:[]EnvironmentListener
EnvironmentConntrack protocol:string orig:EnvironmentTuple reply:EnvironmentTuple state:string
EnvironmentTuple src:string dst:string
`
