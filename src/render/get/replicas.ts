import type {
  StoredDaemonSet,
  StoredDeployment,
  StoredReplicationController,
  StoredStatefulSet,
} from '../../model/stored.ts'
import { ageOf } from './age.ts'
import { containerCells } from './containers.ts'
import { selectorCell, selectorText } from './selector-text.ts'
import type { KindPrinter } from './table.ts'
import { columns, formatLabels } from './table.ts'

const count = (value: number | undefined) => String(value ?? 0)

/** Mirrors printDeployment. */
export const deploymentPrinter: KindPrinter<StoredDeployment> = {
  columns: columns('NAME,READY,UP-TO-DATE,AVAILABLE,AGE | CONTAINERS,IMAGES,SELECTOR'),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name ?? '',
    `${count(status?.readyReplicas)}/${count(spec.replicas)}`,
    count(status?.updatedReplicas),
    count(status?.availableReplicas),
    ageOf(metadata.creationTimestamp, now),
    ...containerCells(spec.template),
    selectorText(spec.selector),
  ],
}

/** Mirrors printReplicaSet. */
export const replicaSetPrinter: KindPrinter<StoredDeployment> = {
  columns: columns('NAME,DESIRED,CURRENT,READY,AGE | CONTAINERS,IMAGES,SELECTOR'),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name ?? '',
    count(spec.replicas),
    count(status?.replicas),
    count(status?.readyReplicas),
    ageOf(metadata.creationTimestamp, now),
    ...containerCells(spec.template),
    selectorCell(spec.selector),
  ],
}

/** Mirrors printReplicationController. */
export const replicationControllerPrinter: KindPrinter<StoredReplicationController> = {
  columns: columns('NAME,DESIRED,CURRENT,READY,AGE | CONTAINERS,IMAGES,SELECTOR'),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name ?? '',
    count(spec.replicas),
    count(status?.replicas),
    count(status?.readyReplicas),
    ageOf(metadata.creationTimestamp, now),
    ...containerCells(spec.template),
    formatLabels(spec.selector),
  ],
}

/** Mirrors printStatefulSet. */
export const statefulSetPrinter: KindPrinter<StoredStatefulSet> = {
  columns: columns('NAME,READY,AGE | CONTAINERS,IMAGES'),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name ?? '',
    `${count(status?.readyReplicas)}/${count(spec.replicas)}`,
    ageOf(metadata.creationTimestamp, now),
    ...containerCells(spec.template),
  ],
}

/** Mirrors printDaemonSet. */
export const daemonSetPrinter: KindPrinter<StoredDaemonSet> = {
  columns: columns(
    'NAME,DESIRED,CURRENT,READY,UP-TO-DATE,AVAILABLE,NODE SELECTOR,AGE | CONTAINERS,IMAGES,SELECTOR',
  ),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name ?? '',
    count(status?.desiredNumberScheduled),
    count(status?.currentNumberScheduled),
    count(status?.numberReady),
    count(status?.updatedNumberScheduled),
    count(status?.numberAvailable),
    formatLabels(spec.template?.spec?.nodeSelector),
    ageOf(metadata.creationTimestamp, now),
    ...containerCells(spec.template),
    selectorCell(spec.selector),
  ],
}
