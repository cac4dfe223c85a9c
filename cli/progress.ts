import type { Io } from './io.ts'

/** Work that takes less than this shows nothing, in milliseconds. */
const patience = 1000

/** A line on the terminal that says what takes so long; wiped when it is over. */
export function showProgress(io: Io): { readonly stage: (name: string) => void; readonly end: () => void } {
  const start = performance.now()
  let shown = false
  return {
    stage: (name) => {
      if (!io.interactive || performance.now() - start < patience) return
      io.err(`\r\u001b[K${io.errStyle.dim(`kubewalk: ${name} …`)}`)
      shown = true
    },
    end: () => {
      if (shown) io.err('\r\u001b[K')
    },
  }
}
