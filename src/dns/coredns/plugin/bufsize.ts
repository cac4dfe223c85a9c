import { atoi } from '../go-text.ts'
import type { PluginModule } from './plugin.ts'

/** Octets that an answer may have at most. */
export interface BufferSize {
  readonly size: number
}

/** Mirrors plugin/bufsize: a client that takes more is taken to take this much. */
export const bufsize: PluginModule<BufferSize> = {
  parse: ({ c }) => {
    c.next()
    const args = c.remainingArgs()
    const size = args[0] === undefined ? 1232 : atoi(args[0])
    if (args.length > 1 || typeof size !== 'number' || size < 512 || size > 4096) {
      throw c.plain(`plugin/bufsize: ${c.argErr().message}`)
    }
    return { size }
  },
  serve: ({ size }, query, next) =>
    next(query.bufferSize === undefined ? query : { ...query, bufferSize: Math.min(query.bufferSize, size) }),
}
