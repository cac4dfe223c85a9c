/**
 * The cluster-wide policies of the Kubernetes network policy API (policy.networking.k8s.io v1alpha2 and v1alpha1), in the
 * notation of kubernetes.ts. Peers of ingress rules have fields of egress that the reader refuses with a word of its own.
 */
export const clusterPolicySchema = `
ClusterNetworkPolicy apiVersion:string kind:string metadata:ObjectMeta spec:ClusterNetworkPolicySpec status:any
ClusterNetworkPolicySpec tier:string priority:integer subject:ClusterPolicySubject
  ingress:[]ClusterNetworkPolicyIngressRule egress:[]ClusterNetworkPolicyEgressRule
ClusterPolicySubject namespaces:LabelSelector pods:ClusterPolicyPods
ClusterPolicyPods namespaceSelector:LabelSelector podSelector:LabelSelector
ClusterPolicyIngressPeer namespaces:LabelSelector pods:ClusterPolicyPods networks:any nodes:any domainNames:any
ClusterPolicyEgressPeer namespaces:LabelSelector pods:ClusterPolicyPods networks:[]string nodes:LabelSelector
  domainNames:[]string
ClusterNetworkPolicyIngressRule name:string action:string from:[]ClusterPolicyIngressPeer
  protocols:[]ClusterNetworkPolicyProtocol
ClusterNetworkPolicyEgressRule name:string action:string to:[]ClusterPolicyEgressPeer
  protocols:[]ClusterNetworkPolicyProtocol
ClusterNetworkPolicyProtocol tcp:ClusterPolicyProtocolMatch udp:ClusterPolicyProtocolMatch
  sctp:ClusterPolicyProtocolMatch destinationNamedPort:string
ClusterPolicyProtocolMatch destinationPort:ClusterPolicyDestinationPort
ClusterPolicyDestinationPort number:integer range:ClusterPolicyPortRange
ClusterPolicyPortRange start:integer end:integer
AdminNetworkPolicy apiVersion:string kind:string metadata:ObjectMeta spec:AdminNetworkPolicySpec status:any
AdminNetworkPolicySpec priority:integer subject:ClusterPolicySubject ingress:[]AdminNetworkPolicyIngressRule
  egress:[]AdminNetworkPolicyEgressRule
AdminNetworkPolicyIngressRule name:string action:string from:[]ClusterPolicyIngressPeer
  ports:[]AdminNetworkPolicyPort
AdminNetworkPolicyEgressRule name:string action:string to:[]ClusterPolicyEgressPeer ports:[]AdminNetworkPolicyPort
AdminNetworkPolicyPort portNumber:AdminNetworkPolicyPortNumber portRange:AdminNetworkPolicyPortRange
  namedPort:string
AdminNetworkPolicyPortNumber protocol:string port:integer
AdminNetworkPolicyPortRange protocol:string start:integer end:integer
BaselineAdminNetworkPolicy apiVersion:string kind:string metadata:ObjectMeta
  spec:BaselineAdminNetworkPolicySpec status:any
BaselineAdminNetworkPolicySpec subject:ClusterPolicySubject ingress:[]AdminNetworkPolicyIngressRule
  egress:[]AdminNetworkPolicyEgressRule
`
