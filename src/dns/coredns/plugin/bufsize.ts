import { mapBranches } from '../../branch.ts'
import { truncateResponse } from '../../wire-length.ts'
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
  serve: ({ size }, query, next) => {
    if (query.bufferSize === undefined || query.bufferSize <= size) return next(query)
    return mapBranches(next({ ...query, bufferSize: size }), (reply) => {
      if (reply.response === undefined || query.transport === 'tcp') return reply
      return { ...reply, response: truncateResponse(reply.response, size, true) }
    })
  },
}
