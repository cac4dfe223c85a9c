/** Cilium's kinds (pkg/k8s/apis/cilium.io/v2 and pkg/policy/api of 1.20, and what older releases had), in the notation of kubernetes.ts. */
export const ciliumSchema = `
CiliumCIDRGroup kind:string apiVersion:string metadata:ObjectMeta spec:CiliumCIDRGroupSpec
CiliumCIDRGroupSpec externalCIDRs:[]string
CiliumCIDRRule cidr:string cidrGroupRef:string cidrGroupSelector:LabelSelector except:[]string
CiliumDefaultDeny egress:boolean ingress:boolean
CiliumEgressRule authentication:CiliumAuthentication icmps:[]CiliumICMPRule toCIDR:[]string
  toCIDRSet:[]CiliumCIDRRule toEndpoints:[]LabelSelector toEntities:[]string toFQDNs:[]CiliumFQDNSelector
  toGroups:[]any toNodes:[]LabelSelector toPorts:[]CiliumPortRule toRequires:[]any toServices:[]CiliumService
CiliumEgressDenyRule icmps:[]CiliumICMPRule toCIDR:[]string toCIDRSet:[]CiliumCIDRRule
  toEndpoints:[]LabelSelector toEntities:[]string toGroups:[]any toNodes:[]LabelSelector
  toPorts:[]CiliumPortDenyRule toRequires:[]any toServices:[]CiliumService
CiliumAuthentication mode:string
CiliumFQDNSelector matchName:string matchPattern:string
CiliumICMPField family:string type:intOrString
CiliumICMPRule fields:[]CiliumICMPField
CiliumIngressRule authentication:CiliumAuthentication fromCIDR:[]string fromCIDRSet:[]CiliumCIDRRule
  fromEndpoints:[]LabelSelector fromEntities:[]string fromGroups:[]any fromNodes:[]LabelSelector
  fromRequires:[]any icmps:[]CiliumICMPRule toPorts:[]CiliumPortRule
CiliumIngressDenyRule fromCIDR:[]string fromCIDRSet:[]CiliumCIDRRule fromEndpoints:[]LabelSelector
  fromEntities:[]string fromGroups:[]any fromNodes:[]LabelSelector fromRequires:[]any
  icmps:[]CiliumICMPRule toPorts:[]CiliumPortDenyRule
CiliumL7Rules dns:[]CiliumFQDNSelector http:[]any kafka:[]any l7:[]any l7proto:string
CiliumPolicy apiVersion:string kind:string metadata:ObjectMeta spec:CiliumRule specs:[]CiliumRule status:any
CiliumPort endPort:integer port:string protocol:string
CiliumPortDenyRule ports:[]CiliumPort
CiliumPortRule listener:any originatingTLS:any ports:[]CiliumPort rules:CiliumL7Rules serverNames:[]string
  terminatingTLS:any
CiliumRule description:string egress:[]CiliumEgressRule egressDeny:[]CiliumEgressDenyRule
  enableDefaultDeny:CiliumDefaultDeny endpointSelector:LabelSelector ingress:[]CiliumIngressRule
  ingressDeny:[]CiliumIngressDenyRule labels:[]any log:any nodeSelector:LabelSelector
CiliumService k8sService:CiliumServiceName k8sServiceSelector:CiliumServiceSelector
CiliumServiceName namespace:string serviceName:string
CiliumServiceSelector namespace:string selector:LabelSelector
`
