import type { PluginName } from './plugin/order.ts'
import type { Plugin } from './plugin/registry.ts'

/** The plugin of this name in a block. */
export function pluginOf<N extends PluginName>(plugins: readonly Plugin[], name: N): Plugin<N> | undefined {
  return plugins.find((plugin): plugin is Extract<Plugin<N>, Plugin> => plugin.name === name)
}
