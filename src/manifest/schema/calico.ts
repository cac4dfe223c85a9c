/** Calico's kinds (api/pkg/apis/projectcalico/v3, and the operator's v1), in the notation of kubernetes.ts. */
export const calicoSchema = `
IPPool kind:string apiVersion:string metadata:ObjectMeta spec:IPPoolSpec status:any
IPPoolSpec cidr:string ipipMode:string vxlanMode:string natOutgoing:boolean disabled:boolean
  blockSize:integer nodeSelector:string namespaceSelector:string disableBGPExport:boolean
  allowedUses:[]string assignmentMode:string ipip:any nat-outgoing:boolean
CalicoInstallation kind:string apiVersion:string metadata:ObjectMeta spec:CalicoInstallationSpec status:any
CalicoInstallationSpec variant:string cni:CalicoInstallationCni calicoNetwork:CalicoInstallationNetwork *:any
CalicoInstallationCni type:string ipam:CalicoInstallationIpam *:any
CalicoInstallationIpam type:string *:any
CalicoInstallationNetwork bgp:string ipPools:[]CalicoInstallationPool mtu:integer hostPorts:string
  linuxDataplane:string *:any
CalicoInstallationPool name:string cidr:string encapsulation:string natOutgoing:string blockSize:integer
  nodeSelector:string disableBGPExport:boolean allowedUses:[]string *:any
FelixConfiguration kind:string apiVersion:string metadata:ObjectMeta spec:{}any status:any
BGPConfiguration kind:string apiVersion:string metadata:ObjectMeta spec:BGPConfigurationSpec status:any
BGPConfigurationSpec asNumber:any nodeToNodeMeshEnabled:boolean serviceClusterIPs:[]CalicoBlock
  serviceExternalIPs:[]CalicoBlock serviceLoadBalancerIPs:[]CalicoBlock *:any
CalicoBlock cidr:string
BGPPeer kind:string apiVersion:string metadata:ObjectMeta spec:BGPPeerSpec status:any
BGPPeerSpec node:string nodeSelector:string peerIP:string peerSelector:string asNumber:any *:any
BlockAffinity kind:string apiVersion:string metadata:ObjectMeta spec:BlockAffinitySpec status:any
BlockAffinitySpec cidr:string node:string state:string deleted:any *:any
IPAMBlock kind:string apiVersion:string metadata:ObjectMeta spec:IPAMBlockSpec status:any
IPAMBlockSpec cidr:string affinity:string *:any
`
