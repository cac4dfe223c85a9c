import type {
  AdminNetworkPolicy,
  BaselineAdminNetworkPolicy,
  ClusterNetworkPolicy,
} from './cluster-policy-objects.ts'
import type { Gateway, GatewayClass, HttpRoute } from './gateway-objects.ts'
import type { Ingress, IngressClass } from './ingress-objects.ts'
import type {
  Condition,
  ConfigMap,
  Container,
  CronJob,
  DaemonSet,
  Deployment,
  EndpointSlice,
  Endpoints,
  Job,
  LabelSelector,
  Namespace,
  Node,
  Pod,
  PodSpec,
  ReplicationController,
  Secret,
  Service,
  StatefulSet,
} from './objects.ts'
import type { NetworkPolicy } from './policy-objects.ts'
import type { StoredKind } from './resources.ts'

/**
 * Objects as an API server holds them: defaults filled in, status written by the controllers. What the input states
 * is kept word for word, fields that kubewalk does not read included.
 */

/** How one container of a pod stands: one of the three is set. */
export interface ContainerState {
  readonly waiting?: { readonly reason?: string }
  readonly running?: { readonly startedAt?: string }
  readonly terminated?: {
    readonly exitCode?: number
    readonly signal?: number
    readonly reason?: string
    readonly finishedAt?: string
  }
}

export interface ContainerStatus {
  readonly name?: string
  readonly ready?: boolean
  readonly started?: boolean
  readonly restartCount?: number
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

type Replaced<T, K extends string, V> = Omit<T, K> & { readonly [P in K]?: V }

export type StoredPod = Omit<Pod, 'spec' | 'status'> & {
  readonly spec: PodSpec & { readonly readinessGates?: readonly { readonly conditionType?: string }[] }
  readonly status?: Replaced<NonNullable<Pod['status']>, 'containerStatuses', readonly ContainerStatus[]> & {
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly nominatedNodeName?: string
    readonly qosClass?: string
  }
}

export type StoredNamespace = Namespace & { readonly status?: { readonly phase?: string } }

interface ReplicaStatus {
  readonly replicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly updatedReplicas?: number
  readonly currentReplicas?: number
}

export type StoredDeployment = Deployment & { readonly status?: ReplicaStatus }
export type StoredReplicationController = ReplicationController & { readonly status?: ReplicaStatus }
export type StoredStatefulSet = StatefulSet & { readonly status?: ReplicaStatus }

export type StoredDaemonSet = DaemonSet & {
  readonly status?: {
    readonly desiredNumberScheduled?: number
    readonly currentNumberScheduled?: number
    readonly numberReady?: number
    readonly updatedNumberScheduled?: number
    readonly numberAvailable?: number
  }
}

export type StoredJob = Omit<Job, 'spec' | 'status'> & {
  readonly spec?: Job['spec'] & { readonly selector?: LabelSelector }
  readonly status?: {
    readonly succeeded?: number
    readonly active?: number
    readonly ready?: number
    readonly startTime?: string
    readonly completionTime?: string
    readonly conditions?: readonly Condition[]
  }
}

export type StoredCronJob = Omit<CronJob, 'spec'> & {
  readonly spec: CronJob['spec'] & { readonly timeZone?: string }
  readonly status?: { readonly active?: readonly unknown[]; readonly lastScheduleTime?: string }
}

export type StoredConfigMap = ConfigMap & { readonly binaryData?: Readonly<Record<string, string>> }

/** The values are kept secret: each is empty. */
export type StoredSecret = Omit<Secret, 'keys' | 'certificateNames'> & {
  readonly data?: Readonly<Record<string, string>>
}

export type StoredGatewayClass = GatewayClass & {
  readonly status?: { readonly conditions?: readonly Condition[] }
}

/** The type of each kind that is held. */
export interface StoredTypes {
  AdminNetworkPolicy: AdminNetworkPolicy
  BaselineAdminNetworkPolicy: BaselineAdminNetworkPolicy
  ClusterNetworkPolicy: ClusterNetworkPolicy
  ConfigMap: StoredConfigMap
  CronJob: StoredCronJob
  DaemonSet: StoredDaemonSet
  Deployment: StoredDeployment
  EndpointSlice: EndpointSlice
  Endpoints: Endpoints
  Gateway: Gateway
  GatewayClass: StoredGatewayClass
  HTTPRoute: HttpRoute
  Ingress: Ingress
  IngressClass: IngressClass
  Job: StoredJob
  Namespace: StoredNamespace
  NetworkPolicy: NetworkPolicy
  Node: Node
  Pod: StoredPod
  ReplicaSet: StoredDeployment
  ReplicationController: StoredReplicationController
  Secret: StoredSecret
  Service: Service
  StatefulSet: StoredStatefulSet
}

/** All objects by kind, each list in the order of an API server: by namespace and name. */
export type StoredObjects = { readonly [K in StoredKind]: readonly StoredTypes[K][] }

/** Any object that is held. */
export type StoredObject = StoredTypes[StoredKind]

/** The containers of a pod template, for the columns CONTAINERS and IMAGES. */
export type ContainerList = readonly Container[]
