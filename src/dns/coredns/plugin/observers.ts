import { compilePattern, patternError } from '../go-regexp.ts'
import { hostPortError, parseDuration } from '../go-text.ts'
import type { Directive } from './directive.ts'
import { eachOnce, unknownProperty } from './directive.ts'
import type { NoConfig, PluginModule } from './plugin.ts'

/** Plugins that watch, log or are asked over HTTP, and pass every query on as it is. Their arguments are checked. */

/** Mirrors plugin/errors: logs what went wrong. */
export const errors: PluginModule<NoConfig> = { parse: parseErrors }

/** Mirrors plugin/log. */
export const log: PluginModule<NoConfig> = { parse: parseLog }

/** Mirrors plugin/health: GET /health on port 8080. */
export const health: PluginModule<NoConfig> = { parse: parseHealth, setupOnly: true }

/** Mirrors plugin/ready: GET /ready on port 8181. */
export const ready: PluginModule<NoConfig> = { parse: parseReady, setupOnly: true }

/** Mirrors plugin/metrics. */
export const prometheus: PluginModule<NoConfig> = { parse: parsePrometheus }

/** Mirrors plugin/loop: a query of its own at the start finds a forwarding loop, and ends the process then. */
export const loop: PluginModule<NoConfig> = { parse: parseLoop }

/** Mirrors plugin/reload. */
export const reload: PluginModule<NoConfig> = { parse: parseReload, setupOnly: true }

function durationOf(directive: Directive, text: string, complain: (error: string) => string): number {
  const duration = parseDuration(text)
  if (typeof duration !== 'number') throw directive.c.plain(complain(duration.error))
  return duration
}

/** At most one argument, an address with a port. */
function optionalAddress({ c }: Directive): void {
  const args = c.remainingArgs()
  if (args.length > 1) throw c.argErr()
  const wrong = args[0] === undefined ? undefined : hostPortError(args[0])
  if (wrong !== undefined) throw c.plain(wrong)
}

function parseErrors(directive: Directive): NoConfig {
  const { c } = directive
  eachOnce(directive, () => {
    const args = c.remainingArgs()
    if (args.length > 1) throw c.argErr()
    if (args[0] !== undefined && args[0] !== 'stdout') throw c.err(`invalid log file: ${args[0]}`)
    while (c.nextBlock()) {
      if (c.val === 'consolidate') parseConsolidate(directive)
      else if (c.val !== 'stacktrace') throw c.syntaxErr(`Unknown field ${c.val}`)
    }
  })
  return {}
}

function parseConsolidate(directive: Directive): void {
  const { c } = directive
  const [period = '', pattern = '', ...options] = c.remainingArgs()
  if (pattern === '' || options.length > 2) throw c.argErr()
  const duration = parseDuration(period)
  if (typeof duration !== 'number') throw c.err(duration.error)
  if (compilePattern(pattern) === undefined) throw c.err(patternError(pattern))
  const wrong = options.find(
    (option) => !['warning', 'error', 'info', 'debug', 'show_first'].includes(option),
  )
  if (wrong !== undefined) throw c.err(`unknown option in consolidate: ${wrong}`)
}

const classes = ['all', 'success', 'denial', 'error']

function parseLog(directive: Directive): NoConfig {
  const { c } = directive
  while (c.next()) {
    c.remainingArgs()
    while (c.nextBlock()) {
      if (c.val !== 'class') throw unknownProperty(directive)
      const args = c.remainingArgs()
      if (args.length === 0) throw c.argErr()
      const wrong = args.find((arg) => !classes.includes(arg))
      if (wrong !== undefined) throw c.plain(`invalid Class: ${wrong}`)
    }
  }
  return {}
}

function parseHealth(directive: Directive): NoConfig {
  const { c } = directive
  while (c.next()) {
    optionalAddress(directive)
    while (c.nextBlock()) {
      if (c.val !== 'lameduck') throw unknownProperty(directive)
      const args = c.remainingArgs()
      if (args.length !== 1) throw c.argErr()
      durationOf(
        directive,
        args[0] ?? '',
        (error) => `unable to parse lameduck duration value: '${args[0]}' : ${error}`,
      )
    }
  }
  return {}
}

function parseReady(directive: Directive): NoConfig {
  const { c } = directive
  eachOnce(directive, () => {
    optionalAddress(directive)
    while (c.nextBlock()) {
      if (c.val !== 'monitor') throw unknownProperty(directive)
      const args = c.remainingArgs()
      if (args.length !== 1) throw c.argErr()
      if (args[0] !== 'until-ready' && args[0] !== 'continuously') {
        throw c.err(`monitor type '${args[0]}' not supported`)
      }
    }
  })
  return {}
}

function parsePrometheus(directive: Directive): NoConfig {
  const { c } = directive
  eachOnce(directive, () => {
    optionalAddress(directive)
    while (c.nextBlock()) {
      const count = { runtime_metrics: 0, tls: 1 }[c.val]
      if (count === undefined) throw c.err(`unknown option: ${c.val}`)
      if (c.remainingArgs().length !== count) throw c.argErr()
    }
  })
  return {}
}

function parseLoop(directive: Directive): NoConfig {
  eachOnce(directive, () => {
    if (directive.c.nextArg()) throw directive.c.argErr()
  })
  return {}
}

function parseReload(directive: Directive): NoConfig {
  const { c } = directive
  c.next()
  const args = c.remainingArgs()
  if (args.length > 2) throw c.argErr()
  const [interval = 30, jitter = 15] = args.map((arg) => durationOf(directive, arg, (error) => error))
  if (interval < 2) throw c.plain('interval value must be greater or equal to 2s')
  if (jitter !== 0 && jitter < 1) throw c.plain('jitter value must be 0 or greater or equal to 1s')
  return {}
}
