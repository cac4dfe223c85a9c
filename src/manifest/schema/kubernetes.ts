/**
 * The fields of the Kubernetes 1.36 kinds that kubewalk reads, and of everything inside them that can change
 * where a packet goes. A line names a type and its fields; indented lines go on with the one above. `[]` is a
 * list, `{}` a map with string keys, `any` a part that is not looked into, `integer` 32 and `long` 64 bits wide. Taken from the Go types of k8s.io/api.
 */
export const kubernetesSchema = `
Affinity nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity
ClientIPConfig timeoutSeconds:integer
ConfigMap apiVersion:string binaryData:{}string data:{}string immutable:boolean kind:string
  metadata:ObjectMeta
Container args:[]string command:[]string env:[]any envFrom:[]any image:string imagePullPolicy:string
  lifecycle:any livenessProbe:Probe name:string ports:[]ContainerPort readinessProbe:Probe
  resizePolicy:[]any resources:any restartPolicy:string restartPolicyRules:any securityContext:any
  startupProbe:Probe stdin:boolean stdinOnce:boolean terminationMessagePath:string
  terminationMessagePolicy:string tty:boolean volumeDevices:[]any volumeMounts:[]any workingDir:string
ContainerPort containerPort:integer hostIP:string hostPort:integer name:string protocol:string
CronJob apiVersion:string kind:string metadata:ObjectMeta spec:CronJobSpec status:any
CronJobSpec concurrencyPolicy:string failedJobsHistoryLimit:integer jobTemplate:JobTemplateSpec
  schedule:string startingDeadlineSeconds:long successfulJobsHistoryLimit:integer suspend:boolean
  timeZone:string
DaemonSet apiVersion:string kind:string metadata:ObjectMeta spec:DaemonSetSpec status:any
DaemonSetSpec minReadySeconds:integer revisionHistoryLimit:integer selector:LabelSelector
  template:PodTemplateSpec templateGeneration:long updateStrategy:any
Deployment apiVersion:string kind:string metadata:ObjectMeta spec:DeploymentSpec status:any
DeploymentSpec minReadySeconds:integer paused:boolean progressDeadlineSeconds:integer replicas:integer
  revisionHistoryLimit:integer rollbackTo:any selector:LabelSelector strategy:any
  template:PodTemplateSpec
Endpoint addresses:[]string conditions:EndpointConditions deprecatedTopology:{}string
  hints:EndpointHints hostname:string nodeName:string targetRef:ObjectReference zone:string
EndpointAddress hostname:string ip:string nodeName:string targetRef:ObjectReference
EndpointConditions ready:boolean serving:boolean terminating:boolean
EndpointHints forNodes:[]ForNode forZones:[]ForZone
EndpointPort appProtocol:string name:string port:integer protocol:string
EndpointSlice addressType:string apiVersion:string endpoints:[]Endpoint kind:string metadata:ObjectMeta
  ports:[]EndpointPort
EndpointSubset addresses:[]EndpointAddress notReadyAddresses:[]EndpointAddress ports:[]EndpointPort
Endpoints apiVersion:string kind:string metadata:ObjectMeta subsets:[]EndpointSubset
ForNode name:string
ForZone name:string
HTTPGetAction host:string httpHeaders:any path:string port:intOrString scheme:string
HostAlias hostnames:[]string ip:string
HostIP ip:string
HTTPIngressPath backend:IngressBackend path:string pathType:string
HTTPIngressRuleValue paths:[]HTTPIngressPath
Ingress apiVersion:string kind:string metadata:ObjectMeta spec:IngressSpec status:IngressStatus
IngressBackend resource:TypedLocalObjectReference service:IngressServiceBackend
IngressClass apiVersion:string kind:string metadata:ObjectMeta spec:IngressClassSpec
IngressClassParametersReference apiGroup:string kind:string name:string namespace:string scope:string
IngressClassSpec controller:string parameters:IngressClassParametersReference
IngressRule host:string http:HTTPIngressRuleValue
IngressServiceBackend name:string port:ServiceBackendPort
IngressSpec defaultBackend:IngressBackend ingressClassName:string rules:[]IngressRule tls:[]IngressTLS
IngressStatus loadBalancer:LoadBalancerStatus
IngressTLS hosts:[]string secretName:string
Job apiVersion:string kind:string metadata:ObjectMeta spec:JobSpec status:any
JobSpec activeDeadlineSeconds:long backoffLimit:integer backoffLimitPerIndex:integer
  completionMode:string completions:integer managedBy:string manualSelector:boolean
  maxFailedIndexes:integer parallelism:integer podFailurePolicy:any podReplacementPolicy:string
  selector:LabelSelector successPolicy:any suspend:boolean template:PodTemplateSpec
  ttlSecondsAfterFinished:integer
JobTemplateSpec metadata:ObjectMeta spec:JobSpec
LabelSelector matchExpressions:[]LabelSelectorRequirement matchLabels:{}string
LabelSelectorRequirement key:string operator:string values:[]string
LoadBalancerIngress hostname:string ip:string ipMode:string ports:[]PortStatus
LoadBalancerStatus ingress:[]LoadBalancerIngress
Namespace apiVersion:string kind:string metadata:ObjectMeta spec:NamespaceSpec status:any
NamespaceSpec finalizers:[]string
IPBlock cidr:string except:[]string
NetworkPolicy apiVersion:string kind:string metadata:ObjectMeta spec:NetworkPolicySpec status:any
NetworkPolicyEgressRule ports:[]NetworkPolicyPort to:[]NetworkPolicyPeer
NetworkPolicyIngressRule from:[]NetworkPolicyPeer ports:[]NetworkPolicyPort
NetworkPolicyPeer ipBlock:IPBlock namespaceSelector:LabelSelector podSelector:LabelSelector
NetworkPolicyPort endPort:integer port:intOrString protocol:string
NetworkPolicySpec egress:[]NetworkPolicyEgressRule ingress:[]NetworkPolicyIngressRule
  podSelector:LabelSelector policyTypes:[]string
Node apiVersion:string kind:string metadata:ObjectMeta spec:NodeSpec status:NodeStatus
NodeAddress address:string type:string
NodeAffinity preferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm
  requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
NodeCondition lastHeartbeatTime:string lastTransitionTime:string message:string reason:string
  status:string type:string
NodeSelector nodeSelectorTerms:[]NodeSelectorTerm
NodeSelectorRequirement key:string operator:string values:[]string
NodeSelectorTerm matchExpressions:[]NodeSelectorRequirement matchFields:[]NodeSelectorRequirement
NodeSpec configSource:any externalID:string podCIDR:string podCIDRs:[]string providerID:string
  taints:[]Taint unschedulable:boolean
NodeStatus addresses:[]NodeAddress allocatable:{}quantity capacity:{}quantity conditions:[]NodeCondition
  config:any daemonEndpoints:any declaredFeatures:[]string features:any images:[]any
  nodeInfo:NodeSystemInfo phase:string runtimeHandlers:[]any volumesAttached:[]any volumesInUse:[]string
NodeSystemInfo architecture:string bootID:string containerRuntimeVersion:string kernelVersion:string
  kubeProxyVersion:string kubeletVersion:string machineID:string operatingSystem:string osImage:string
  swap:any systemUUID:string
OldHTTPIngressPath backend:OldIngressBackend path:string pathType:string
OldHTTPIngressRuleValue paths:[]OldHTTPIngressPath
OldIngress apiVersion:string kind:string metadata:ObjectMeta spec:OldIngressSpec status:IngressStatus
OldIngressBackend resource:TypedLocalObjectReference serviceName:string servicePort:intOrString
OldIngressRule host:string http:OldHTTPIngressRuleValue
OldIngressSpec backend:OldIngressBackend ingressClassName:string rules:[]OldIngressRule tls:[]IngressTLS
ObjectMeta annotations:{}string clusterName:string creationTimestamp:string deletionGracePeriodSeconds:long
  deletionTimestamp:string finalizers:[]string generateName:string generation:long labels:{}string
  managedFields:[]any name:string namespace:string ownerReferences:[]OwnerReference
  resourceVersion:string selfLink:string uid:string
ObjectReference apiVersion:string fieldPath:string kind:string name:string namespace:string
  resourceVersion:string uid:string
OwnerReference apiVersion:string blockOwnerDeletion:boolean controller:boolean kind:string name:string
  uid:string
Pod apiVersion:string kind:string metadata:ObjectMeta spec:PodSpec status:PodStatus
PodAffinity preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
  requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
PodAffinityTerm labelSelector:LabelSelector matchLabelKeys:[]string mismatchLabelKeys:[]string
  namespaceSelector:LabelSelector namespaces:[]string topologyKey:string
PodAntiAffinity preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
  requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
PodCondition lastProbeTime:string lastTransitionTime:string message:string observedGeneration:long
  reason:string status:string type:string
PodDNSConfig nameservers:[]string options:[]PodDNSConfigOption searches:[]string
PodDNSConfigOption name:string value:string
PodIP ip:string
PodReadinessGate conditionType:string
PodSchedulingGate name:string
PodSpec activeDeadlineSeconds:long affinity:Affinity automountServiceAccountToken:boolean
  containers:[]Container dnsConfig:PodDNSConfig dnsPolicy:string enableServiceLinks:boolean
  ephemeralContainers:[]any hostAliases:[]HostAlias hostIPC:boolean hostNetwork:boolean hostPID:boolean
  hostUsers:boolean hostname:string hostnameOverride:string imagePullSecrets:[]any
  initContainers:[]Container nodeName:string nodeSelector:{}string os:any overhead:{}quantity
  preemptionPolicy:string priority:integer priorityClassName:string readinessGates:[]PodReadinessGate
  resourceClaims:[]any resources:any restartPolicy:string runtimeClassName:string schedulerName:string
  schedulingGates:[]PodSchedulingGate schedulingGroup:any securityContext:any serviceAccount:string
  serviceAccountName:string setHostnameAsFQDN:boolean shareProcessNamespace:boolean subdomain:string
  terminationGracePeriodSeconds:long tolerations:[]Toleration
  topologySpreadConstraints:[]TopologySpreadConstraint volumes:[]any
PodStatus allocatedResources:{}quantity conditions:[]PodCondition containerStatuses:any
  ephemeralContainerStatuses:any extendedResourceClaimStatus:any hostIP:string hostIPs:[]HostIP
  initContainerStatuses:any message:string nodeAllocatableResourceClaimStatuses:any
  nominatedNodeName:string observedGeneration:long phase:string podIP:string podIPs:[]PodIP
  qosClass:string reason:string resize:string resourceClaimStatuses:[]any resources:any startTime:string
PodTemplateSpec metadata:ObjectMeta spec:PodSpec
PortStatus error:string port:integer protocol:string
PreferredSchedulingTerm preference:NodeSelectorTerm weight:integer
Probe exec:any failureThreshold:integer grpc:any httpGet:HTTPGetAction initialDelaySeconds:integer
  periodSeconds:integer successThreshold:integer tcpSocket:TCPSocketAction
  terminationGracePeriodSeconds:long timeoutSeconds:integer
ReplicaSet apiVersion:string kind:string metadata:ObjectMeta spec:ReplicaSetSpec status:any
ReplicaSetSpec minReadySeconds:integer replicas:integer selector:LabelSelector template:PodTemplateSpec
ReplicationController apiVersion:string kind:string metadata:ObjectMeta spec:ReplicationControllerSpec
  status:any
ReplicationControllerSpec minReadySeconds:integer replicas:integer selector:{}string
  template:PodTemplateSpec
Secret apiVersion:string data:{}string immutable:boolean kind:string metadata:ObjectMeta
  stringData:{}string type:string
Service apiVersion:string kind:string metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus
ServiceAccount apiVersion:string automountServiceAccountToken:boolean imagePullSecrets:[]any kind:string
  metadata:ObjectMeta secrets:[]any
ServiceBackendPort name:string number:integer
ServicePort appProtocol:string name:string nodePort:integer port:integer protocol:string
  targetPort:intOrString
ServiceSpec allocateLoadBalancerNodePorts:boolean clusterIP:string clusterIPs:[]string
  externalIPs:[]string externalName:string externalTrafficPolicy:string healthCheckNodePort:integer
  internalTrafficPolicy:string ipFamilies:[]string ipFamilyPolicy:string loadBalancerClass:string
  loadBalancerIP:string loadBalancerSourceRanges:[]string ports:[]ServicePort
  publishNotReadyAddresses:boolean selector:{}string sessionAffinity:string
  sessionAffinityConfig:SessionAffinityConfig trafficDistribution:string type:string
ServiceStatus conditions:any loadBalancer:LoadBalancerStatus
SessionAffinityConfig clientIP:ClientIPConfig
StatefulSet apiVersion:string kind:string metadata:ObjectMeta spec:StatefulSetSpec status:any
StatefulSetOrdinals start:integer
StatefulSetSpec minReadySeconds:integer ordinals:StatefulSetOrdinals
  persistentVolumeClaimRetentionPolicy:any podManagementPolicy:string replicas:integer
  revisionHistoryLimit:integer selector:LabelSelector serviceName:string template:PodTemplateSpec
  updateStrategy:any volumeClaimTemplates:[]any
TCPSocketAction host:string port:intOrString
Taint effect:string key:string timeAdded:string value:string
Toleration effect:string key:string operator:string tolerationSeconds:long value:string
TopologySpreadConstraint labelSelector:LabelSelector matchLabelKeys:[]string maxSkew:integer
  minDomains:integer nodeAffinityPolicy:string nodeTaintsPolicy:string topologyKey:string
  whenUnsatisfiable:string
TypedLocalObjectReference apiGroup:string kind:string name:string
WeightedPodAffinityTerm podAffinityTerm:PodAffinityTerm weight:integer
`
