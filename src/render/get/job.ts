import type { StoredCronJob, StoredJob } from '../../model/stored.ts'
import { ageOf } from './age.ts'
import { containerCells } from './containers.ts'
import { selectorCell } from './selector-text.ts'
import type { KindPrinter } from './table.ts'
import { columns } from './table.ts'

/** Mirrors printJob. */
export const jobPrinter: KindPrinter<StoredJob> = {
  columns: columns('NAME,STATUS,COMPLETIONS,DURATION,AGE | CONTAINERS,IMAGES,SELECTOR'),
  cells: (job, { now }) => {
    const { metadata, spec, status } = job
    const end = status?.completionTime === undefined ? now : Date.parse(status.completionTime)
    return [
      metadata.name ?? '',
      statusText(job),
      completions(job),
      status?.startTime === undefined ? '' : ageOf(status.startTime, end),
      ageOf(metadata.creationTimestamp, now),
      ...containerCells(spec?.template),
      selectorCell(spec?.selector),
    ]
  },
}

function completions({ spec, status }: StoredJob): string {
  const done = status?.succeeded ?? 0
  if (typeof spec?.completions === 'number') return `${done}/${spec.completions}`
  const parallelism = spec?.parallelism ?? 0
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`
}

function statusText({ metadata, status }: StoredJob): string {
  const has = (type: string) => status?.conditions?.find((one) => one.type === type)?.status === 'True'
  if (has('Complete')) return 'Complete'
  if (has('Failed')) return 'Failed'
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running'
}

/** Mirrors printCronJob. */
export const cronJobPrinter: KindPrinter<StoredCronJob> = {
  columns: columns('NAME,SCHEDULE,TIMEZONE,SUSPEND,ACTIVE,LAST SCHEDULE,AGE | CONTAINERS,IMAGES,SELECTOR'),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name ?? '',
    spec.schedule ?? '',
    spec.timeZone ?? '<none>',
    spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
    String(status?.active?.length ?? 0),
    status?.lastScheduleTime === undefined ? '<none>' : ageOf(status.lastScheduleTime, now),
    ageOf(metadata.creationTimestamp, now),
    ...containerCells(spec.jobTemplate?.spec?.template),
    '<none>',
  ],
}
