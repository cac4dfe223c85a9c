import { Command } from 'commander'
import { addCheck } from './command/check.ts'
import { addCni } from './command/cni.ts'
import { addCompareRoutes } from './command/compare-routes.ts'
import { addCompletion } from './command/completion.ts'
import { addDescribe } from './command/describe.ts'
import { addDiff } from './command/diff.ts'
import { addDns } from './command/dns.ts'
import { addDrift } from './command/drift.ts'
import { addGet } from './command/get.ts'
import { addGraph } from './command/graph.ts'
import { addNode } from './command/node.ts'
import { addNodeDumpScript } from './command/node-dump-script.ts'
import { addReach } from './command/reach.ts'
import { addRules } from './command/rules.ts'
import { addTrace } from './command/trace.ts'
import type { ExitCode } from './exit-code.ts'
import type { Io } from './io.ts'

/** What a command tells when it is done. */
export type Finish = (code: ExitCode) => void

/** The whole command line. */
export function buildProgram(io: Io, finish: Finish): Command {
  const program = new Command('kubewalk')
    .description('Walks packets through a Kubernetes cluster that exists only as manifests.')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err, getOutHelpWidth: () => io.columns })
    .showHelpAfterError('(kubewalk --help, or kubewalk COMMAND --help, says what can be given)')
  for (const add of [
    addTrace,
    addDns,
    addRules,
    addNode,
    addGet,
    addDescribe,
    addGraph,
    addCheck,
    addCni,
    addCompareRoutes,
    addReach,
    addDiff,
    addDrift,
    addNodeDumpScript,
    addCompletion,
  ])
    add(program, io, finish)
  return program
}
