import type { SourceLocation } from '../../../base/source.ts'
import type { CniObjects } from '../../../model/cni-objects.ts'
import type { Container, DaemonSet, Located } from '../../../model/objects.ts'
import type { CniInput } from '../cni.ts'

/** One setting of a plugin, and where it was found. */
export interface Setting {
  readonly value: string
  /** `--cni` and the Environment, or the object: `DaemonSet kube-system/aws-node`. */
  readonly from: string
  readonly at?: SourceLocation
}

/** Looks a plugin's setting up by its name; `undefined` where nothing states it. */
export type Settings = (name: string) => Setting | undefined

/** The DaemonSet of this name, with the container that is the plugin's own. */
export interface Daemon {
  readonly source: Located<DaemonSet>
  readonly container: Container
  /** Its place among the pod's containers. */
  readonly index: number
}

/** The plugin's daemon: the container of that name, or the first. */
export function daemonOf(objects: CniObjects, name: RegExp, container: string): Daemon | undefined {
  const source = objects.daemonSets.find(({ ref }) => name.test(ref.name))
  const containers = source?.object.spec.template?.spec?.containers ?? []
  const named = containers.findIndex((one) => one.name === container)
  const index = Math.max(named, 0)
  const found = containers[index]
  return source && found ? { source, container: found, index } : undefined
}

/** The first container of any DaemonSet that is as wanted. */
export function containerWhere(
  { daemonSets }: Pick<CniObjects, 'daemonSets'>,
  isWanted: (container: Container) => boolean,
): Daemon | undefined {
  for (const source of daemonSets) {
    const containers = source.object.spec.template?.spec?.containers ?? []
    const index = containers.findIndex(isWanted)
    const container = containers[index]
    if (container) return { source, container, index }
  }
  return undefined
}

/** Environment variables of a daemon; what `--cni` or the Environment sets comes before them. */
export function variablesOf(input: Pick<CniInput, 'settings'>, daemon: Daemon | undefined): Settings {
  return (name) => settingOf(input, name) ?? variable(daemon, name)
}

/** A setting of the command line or the Environment. */
export function settingOf({ settings }: Pick<CniInput, 'settings'>, name: string): Setting | undefined {
  const value = settings[name]
  if (value === undefined || value === null) return undefined
  const text = Array.isArray(value) ? value.join(',') : String(value)
  return { value: text, from: `cni.${name}` }
}

function variable(daemon: Daemon | undefined, name: string): Setting | undefined {
  const { env = [] } = daemon?.container ?? {}
  const index = env.findIndex((one) => one.name === name)
  const value = env[index]?.value
  if (!daemon || value === undefined) return undefined
  const path = ['spec', 'template', 'spec', 'containers', daemon.index, 'env', index, 'value']
  return { value, from: name, at: daemon.source.locate(path) }
}

/**
 * Flags of a daemon's command line (`--run-router=true`, `--run-router`); settings of the same name without the dashes
 * come before them. A flag without a value is `true`, as pflag has it.
 */
export function flagsOf(input: Pick<CniInput, 'settings'>, daemon: Daemon | undefined): Settings {
  return (name) => settingOf(input, name) ?? flag(daemon, name)
}

function flag(daemon: Daemon | undefined, name: string): Setting | undefined {
  if (!daemon) return undefined
  for (const field of ['command', 'args'] as const) {
    const words = daemon.container[field] ?? []
    const index = words.findLastIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`))
    const word = words[index]
    if (word === undefined) continue
    const at = daemon.source.locate(['spec', 'template', 'spec', 'containers', daemon.index, field, index])
    const equals = word.indexOf('=')
    return { value: equals < 0 ? 'true' : word.slice(equals + 1), from: `--${name}`, at }
  }
  return undefined
}
