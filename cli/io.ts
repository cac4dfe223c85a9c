import type { Style } from '../src/index.ts'

/** All that a command may touch of the process around it. */
export interface Io {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly stdin: () => Promise<string | Uint8Array>
  readonly columns: number
  /** How standard output is marked up; `errStyle` the same for standard error. */
  readonly style: Style
  readonly errStyle: Style
  /** Whether a person watches standard error, so that long work may show that it goes on. */
  readonly interactive: boolean
}
