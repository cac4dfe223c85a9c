import type { Command } from 'commander'
import type { LoadedCluster, SourceFile } from '../src/index.ts'
import { loadCluster, readTexts } from '../src/index.ts'
import { diagnosticsText } from './diagnostics-text.ts'
import type { Io } from './io.ts'
import { nodeFile } from './option-values.ts'
import { showProgress } from './progress.ts'

/** The options by which every command gets its cluster. */
export interface ClusterOptions {
  readonly filename?: readonly string[]
  readonly recursive?: boolean
  readonly kubeVersion?: string
  readonly showAssumptions?: boolean
  readonly quiet?: boolean
  readonly nodeRules?: readonly (readonly [node: string, file: string])[]
}

/** Adds `-f`, `-R` and the rest to a command. */
export function withClusterOptions(command: Command): Command {
  return command
    .option(
      '-f, --filename <path...>',
      'files, folders or globs with manifests or dumps; - for standard input',
    )
    .option('-R, --recursive', 'read folders within folders')
    .option('--kube-version <version>', 'the release of Kubernetes, 1.28 to 1.36')
    .option('--node-rules <node=file>', "iptables-save text that stands for the node's own rules", nodeFile)
    .option('--show-assumptions', 'say what the input left open and how it was filled in')
    .option('-q, --quiet', 'no warnings about the input')
}

/** Loads the cluster that the options name; remarks about it go to standard error. */
export async function load(options: ClusterOptions, io: Io): Promise<LoadedCluster> {
  const { filename = [], recursive, kubeVersion, quiet, showAssumptions, nodeRules = [] } = options
  const progress = showProgress(io)
  const cluster = await loadCluster(filename, {
    stdin: io.stdin,
    ...(recursive && { recursive }),
    ...(kubeVersion !== undefined && { kubeVersion }),
    nodeRules: await readRules(nodeRules),
    onStage: progress.stage,
  }).finally(progress.end)
  if (!quiet) io.err(diagnosticsText(cluster.diagnostics))
  if (showAssumptions) {
    io.err('assumed:\n')
    for (const { text } of cluster.cluster.assumptions) io.err(`  ${text}\n`)
  }
  return cluster
}

async function readRules(
  pairs: readonly (readonly [node: string, file: string])[],
): Promise<ReadonlyMap<string, readonly SourceFile[]>> {
  const texts = new Map<string, SourceFile[]>()
  for (const [node, file] of pairs) {
    const list = texts.get(node) ?? []
    texts.set(node, list)
    list.push(...(await readTexts([file])))
  }
  return texts
}
