import type { ContainerStatus, StoredPod } from '../../model/stored.ts'
import { ageOf } from './age.ts'
import type { KindPrinter } from './table.ts'
import { columns } from './table.ts'

/** Mirrors printPod of pkg/printers/internalversion. */
export const podPrinter: KindPrinter<StoredPod> = {
  columns: columns('NAME,READY,STATUS,RESTARTS,AGE | IP,NODE,NOMINATED NODE,READINESS GATES'),
  cells: (pod, { now }) => {
    const { metadata, spec, status = {} } = pod
    const { reason, ready, restarts, lastRestart } = summaryOf(pod)
    const sidecars = (spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always').length
    const total = (spec.containers ?? []).length + sidecars
    const again = restarts > 0 && lastRestart !== undefined ? ` (${ageOf(lastRestart, now)} ago)` : ''
    return [
      metadata.name ?? '',
      `${ready}/${total}`,
      deletionReason(pod) ?? reason,
      `${restarts}${again}`,
      ageOf(metadata.creationTimestamp, now),
      (status.podIPs?.[0]?.ip ?? status.podIP) || '<none>',
      spec.nodeName || '<none>',
      status.nominatedNodeName || '<none>',
      readinessGates(pod),
    ]
  },
}

interface Summary {
  readonly reason: string
  readonly ready: number
  readonly restarts: number
  readonly lastRestart: string | undefined
}

function summaryOf(pod: StoredPod): Summary {
  const { status = {} } = pod
  const gated = status.conditions?.some(
    (one) => one.type === 'PodScheduled' && one.reason === 'SchedulingGated',
  )
  const phase = gated ? 'SchedulingGated' : status.reason || (status.phase ?? '')
  const init = initSummary(pod)
  const initialized = status.conditions?.find((one) => one.type === 'Initialized')?.status === 'True'
  if (init.reason !== undefined && !initialized) return { ...init, reason: init.reason }
  const statuses = status.containerStatuses ?? []
  const sidecars = init.sidecarStatuses
  const running = statuses.filter((one) => isRunning(one))
  return {
    reason: mainReason(pod, init.reason ?? phase),
    ready: init.ready + running.length,
    restarts: countRestarts([...sidecars, ...statuses]),
    lastRestart: latestRestart([...sidecars, ...statuses]),
  }
}

/** A container that runs and is ready, and neither waits for a reason nor has ended. */
function isRunning({ ready, state }: ContainerStatus): boolean {
  return !state?.waiting?.reason && !state?.terminated && ready === true && state?.running !== undefined
}

/** The first container's reason counts most, as the statuses are looked at from the last one on. */
function mainReason({ status = {} }: StoredPod, before: string): string {
  let reason = before
  let failure: string | undefined
  for (const { state } of (status.containerStatuses ?? []).toReversed()) {
    if (state?.waiting?.reason) reason = state.waiting.reason
    else if (state?.terminated) {
      reason = endReason(state.terminated)
      if (state.terminated.exitCode) failure = reason
    }
  }
  if (reason !== 'Completed') return reason
  const hasRunning = (status.containerStatuses ?? []).some(isRunning)
  const ready = status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True')
  if (hasRunning && ready) return 'Running'
  return failure ?? (hasRunning ? 'NotReady' : reason)
}

type Ending = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>

function endReason({ reason, signal, exitCode = 0 }: Ending): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`)
}

/** What the init containers say, up to the first that is not done; `reason` while they are not all done. */
function initSummary({ spec, status = {} }: StoredPod) {
  const containers = spec.initContainers ?? []
  const isSidecar = (name: string | undefined) =>
    containers.some((one) => one.name === name && one.restartPolicy === 'Always')
  const seen: ContainerStatus[] = []
  let ready = 0
  let reason: string | undefined
  for (const [index, one] of (status.initContainerStatuses ?? []).entries()) {
    seen.push(one)
    if (one.state?.terminated && !one.state.terminated.exitCode) continue
    if (isSidecar(one.name) && one.started) {
      if (one.ready) ready++
      continue
    }
    reason = initReason(one, index, containers.length)
    break
  }
  return {
    reason,
    ready,
    restarts: countRestarts(seen),
    lastRestart: latestRestart(seen),
    sidecarStatuses: seen.filter((one) => isSidecar(one.name)),
  }
}

function initReason({ state }: ContainerStatus, index: number, count: number): string {
  if (state?.terminated) return `Init:${endReason(state.terminated)}`
  const waiting = state?.waiting?.reason
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${count}`
}

function countRestarts(statuses: readonly ContainerStatus[]): number {
  return statuses.reduce((sum, one) => sum + (one.restartCount ?? 0), 0)
}

/** RFC 3339 times in UTC sort as text. */
function latestRestart(statuses: readonly ContainerStatus[]): string | undefined {
  return statuses
    .flatMap((one) => one.lastState?.terminated?.finishedAt ?? [])
    .toSorted()
    .at(-1)
}

function deletionReason({ metadata, status = {} }: StoredPod): string | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined
  if (status.reason === 'NodeLost') return 'Unknown'
  return status.phase === 'Succeeded' || status.phase === 'Failed' ? undefined : 'Terminating'
}

function readinessGates({ spec, status = {} }: StoredPod): string {
  const gates = spec.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const passed = gates.filter(
    (gate) => status.conditions?.find((one) => one.type === gate.conditionType)?.status === 'True',
  )
  return `${passed.length}/${gates.length}`
}
