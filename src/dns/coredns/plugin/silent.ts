import { after } from '../../branch.ts'
import type { Directive } from './directive.ts'
import type { NoConfig, PluginModule } from './plugin.ts'

/** A plugin that changes no answer; what is written of it is not read. */
export const silent: PluginModule<NoConfig> = { parse: skip }

/** A directive that sets something up and has no place in the chain; a block of such alone refuses all. */
export const setupOnly: PluginModule<NoConfig> = { parse: skip, setupOnly: true }

/** A plugin that is known, is not modelled, and could change an answer in the way that is said. */
export function notModelled(effect: string): PluginModule<NoConfig> {
  return {
    parse: skip,
    effect,
    serve: (_config, query, next, context) =>
      after([context.step(`not modelled: ${effect}`, { notModelled: true })], next(query)),
  }
}

function skip({ c }: Directive): NoConfig {
  while (c.next());
  return {}
}
