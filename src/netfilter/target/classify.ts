import type { TargetModule } from './target.ts'

/** A class of a queueing discipline. */
export interface ClassifyTarget {
  readonly major: number
  readonly minor: number
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, '0')
}

/** Mirrors classify_tg of xt_CLASSIFY: chooses the queue that the packet waits in, which delays and decides nothing here. */
export const classify: TargetModule<ClassifyTarget> = {
  harmless: true,
  options: { 'set-class': 1 },
  hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'],
  parse: (options) => {
    const text = options.required('set-class')
    const [, major, minor] = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(text) ?? []
    if (major === undefined || minor === undefined)
      return options.fail(`"${text}" is not a class such as 1:10`)
    return { major: Number.parseInt(major, 16), minor: Number.parseInt(minor, 16) }
  },
  format: ({ major, minor }) => `--set-class ${hex4(major)}:${hex4(minor)}`,
  apply: () => ({ type: 'continue' }),
}
