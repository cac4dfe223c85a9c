import { joinOptions, parseNumber } from '../save-format/options.ts'
import { saveString } from '../save-format/tokens.ts'
import type { TargetModule } from './target.ts'

export interface LogTarget {
  readonly prefix: string
  /** A syslog level from 0 (emerg) to 7 (debug). */
  readonly level: number
  /** The flags without a value, by their names. */
  readonly flags: readonly string[]
}

const levels: Readonly<Record<string, number>> = {
  emerg: 0,
  panic: 0,
  alert: 1,
  crit: 2,
  err: 3,
  error: 3,
  warning: 4,
  warn: 4,
  notice: 5,
  info: 6,
  debug: 7,
}
const flags = ['log-tcp-sequence', 'log-tcp-options', 'log-ip-options', 'log-uid', 'log-macdecode'] as const

/** The level that is meant when none is written. */
const warning = 4
/** The characters of a prefix that the kernel keeps. */
const prefixLength = 29

/** Mirrors log_tg of xt_LOG: it writes to the kernel's log, and the packet goes on. */
export const log: TargetModule<LogTarget> = {
  harmless: true,
  options: { 'log-prefix': 1, 'log-level': 1, ...Object.fromEntries(flags.map((flag) => [flag, 0])) },
  parse: (options) => {
    const level = options.value('log-level') ?? 'warning'
    return {
      prefix: (options.value('log-prefix') ?? '').slice(0, prefixLength),
      level: levels[level.toLowerCase()] ?? parseNumber(level, 'log level', 7),
      flags: flags.filter((flag) => options.has(flag)),
    }
  },
  format: (target) =>
    joinOptions(
      target.prefix !== '' && `--log-prefix ${saveString(target.prefix)}`,
      target.level !== warning && `--log-level ${target.level}`,
      ...target.flags.map((flag) => `--${flag}`),
    ),
  apply: () => ({ type: 'continue' }),
}
