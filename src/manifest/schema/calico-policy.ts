/** Calico's policies and what they refer to (api/pkg/apis/projectcalico/v3), in the notation of kubernetes.ts. */
export const calicoPolicySchema = `
CalicoNetworkPolicy kind:string apiVersion:string metadata:ObjectMeta spec:CalicoNetworkPolicySpec status:any
CalicoNetworkPolicySpec tier:string order:number selector:string serviceAccountSelector:string types:[]string
  ingress:[]CalicoRule egress:[]CalicoRule performanceHints:[]string
GlobalNetworkPolicy kind:string apiVersion:string metadata:ObjectMeta spec:GlobalNetworkPolicySpec status:any
GlobalNetworkPolicySpec tier:string order:number selector:string serviceAccountSelector:string types:[]string
  ingress:[]CalicoRule egress:[]CalicoRule performanceHints:[]string namespaceSelector:string
  doNotTrack:boolean preDNAT:boolean applyOnForward:boolean
CalicoRule action:string ipVersion:integer protocol:intOrString notProtocol:intOrString icmp:CalicoIcmp notICMP:CalicoIcmp
  source:CalicoEntityRule destination:CalicoEntityRule http:any metadata:CalicoRuleMetadata
CalicoRuleMetadata annotations:{}string
CalicoIcmp type:integer code:integer
CalicoEntityRule nets:[]string notNets:[]string selector:string notSelector:string namespaceSelector:string
  ports:[]intOrString notPorts:[]intOrString serviceAccounts:CalicoServiceAccountMatch services:CalicoServiceMatch
CalicoServiceAccountMatch names:[]string selector:string
CalicoServiceMatch name:string namespace:string
NetworkSet kind:string apiVersion:string metadata:ObjectMeta spec:NetworkSetSpec
NetworkSetSpec nets:[]string
HostEndpoint kind:string apiVersion:string metadata:ObjectMeta spec:HostEndpointSpec
HostEndpointSpec node:string interfaceName:string expectedIPs:[]string profiles:[]string ports:any
CalicoTier kind:string apiVersion:string metadata:ObjectMeta spec:CalicoTierSpec status:any
CalicoTierSpec order:number defaultAction:string
StagedPolicy kind:string apiVersion:string metadata:ObjectMeta spec:any status:any
`
