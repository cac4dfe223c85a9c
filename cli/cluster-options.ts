import type { Command } from 'commander'
import type {
  HostFirewallOption,
  LoadedCluster,
  LoadOptions,
  SourceFile,
  SysctlOption,
} from '../src/index.ts'
import { isHostFirewall, loadCluster, RequestError, readDumpFolders, readTexts } from '../src/index.ts'
import { diagnosticsText } from './diagnostics-text.ts'
import type { Io } from './io.ts'
import type { HostFirewallChoice } from './option-values.ts'
import { hostFirewall, nodeFile, nodeFolder, paths, sysctlSetting } from './option-values.ts'
import { showProgress } from './progress.ts'

/** The options by which every command gets its cluster. */
export interface ClusterOptions {
  readonly filename?: readonly string[]
  readonly recursive?: boolean
  readonly kubeVersion?: string
  readonly cni?: string
  readonly showAssumptions?: boolean
  readonly quiet?: boolean
  readonly nodeRules?: readonly (readonly [node: string, file: string])[]
  readonly sysctl?: readonly SysctlOption[]
  readonly hostFirewall?: readonly HostFirewallChoice[]
  readonly nodeDump?: readonly (readonly [node: string, folder: string])[]
}

/** Adds `-f`, `-R` and the rest to a command. */
export function withClusterOptions(command: Command): Command {
  return command
    .allowExcessArguments()
    .hook('preAction', (_, called) => takeFurtherFiles(called))
    .option(
      '-f, --filename <path>',
      'file, folder or glob with manifests or dumps; - for standard input; as often as needed, or with commas',
      paths,
    )
    .option('-R, --recursive', 'read folders within folders')
    .option('--kube-version <version>', 'the release of Kubernetes, 1.28 to 1.36')
    .option(
      '--cni <plugin>',
      'the network plugin, with settings: flannel, flannel:backend=host-gw; kubewalk cni lists them',
    )
    .option('--node-rules <node=file>', "iptables-save text that stands for the node's own rules", nodeFile)
    .option(
      '--sysctl <node:key=value>',
      'a kernel setting of a node, or of all: worker:net.ipv4.ip_forward=0',
      sysctlSetting,
    )
    .option(
      '--host-firewall <node=firewall>',
      "a node's own firewall: docker, ufw, firewalld, or a file with iptables-save text; without a node, of all",
      hostFirewall,
    )
    .option(
      '--node-dump <node=folder>',
      'what was collected on the node stands for it (kubewalk node-dump-script)',
      nodeFolder,
    )
    .option('--show-assumptions', 'say what the input left open and how it was filled in')
    .option('-q, --quiet', 'no warnings about the input')
}

/**
 * A shell writes `-f k8s/*.yaml` out as `-f k8s/a.yaml k8s/b.yaml`: what comes after the operands that a command has
 * is taken for further files, if there is a first one.
 */
function takeFurtherFiles(command: Command): void {
  const { registeredArguments, args } = command
  const { filename = [] } = command.opts<ClusterOptions>()
  const open = registeredArguments.at(-1)?.variadic ?? false
  const further = open
    ? args.filter((one) => /\.(?:ya?ml|json)$/.test(one))
    : args.slice(registeredArguments.length)
  const [first] = further
  if (first === undefined) return
  if (open || filename.length === 0) {
    throw new RequestError(
      'bad-request',
      `nothing is asked for with "${first}"`,
      "write -f before each file, or a pattern in quotes: -f 'k8s/*.yaml'",
    )
  }
  command.setOptionValue('filename', [...filename, ...further])
}

/** Loads the cluster that the options name; remarks about it go to standard error. */
export async function load(options: ClusterOptions, io: Io): Promise<LoadedCluster> {
  return loadWith(options, io, (read) => loadCluster(options.filename ?? [], read))
}

/** The same cluster options for manifests that come from elsewhere. */
export async function loadWith(
  options: ClusterOptions,
  io: Io,
  read: (options: LoadOptions) => LoadedCluster | Promise<LoadedCluster>,
): Promise<LoadedCluster> {
  const { quiet, showAssumptions } = options
  const progress = showProgress(io)
  const from = { ...(await libraryOptions(options, io)), onStage: progress.stage }
  const cluster = await Promise.resolve()
    .then(() => read(from))
    .finally(progress.end)
  if (!quiet) io.err(diagnosticsText(cluster.diagnostics))
  if (showAssumptions) {
    io.err('assumed:\n')
    for (const { text } of cluster.cluster.assumptions) io.err(`  ${text}\n`)
  }
  return cluster
}

async function libraryOptions(options: ClusterOptions, io: Io): Promise<LoadOptions> {
  const { recursive, kubeVersion, cni, nodeRules = [], sysctl = [], hostFirewall: firewalls = [] } = options
  const { nodeDump = [] } = options
  return {
    stdin: io.stdin,
    ...(recursive && { recursive }),
    ...(kubeVersion !== undefined && { kubeVersion }),
    ...(cni !== undefined && { cni }),
    nodeRules: await readRules(nodeRules),
    ...(sysctl.length > 0 && { sysctls: sysctl }),
    hostFirewalls: await readFirewalls(firewalls),
    ...(nodeDump.length > 0 && { nodeDumps: await readDumpFolders(nodeDump) }),
  }
}

/** A name stands for a firewall; anything else is the path of a file. */
async function readFirewalls(choices: readonly HostFirewallChoice[]): Promise<readonly HostFirewallOption[]> {
  const made: HostFirewallOption[] = []
  for (const [index, { node, choice }] of choices.entries()) {
    const common = { ...(node !== undefined && { node }), position: index + 1 }
    if (isHostFirewall(choice)) made.push({ ...common, firewall: choice })
    else for (const file of await readTexts([choice])) made.push({ ...common, firewall: file })
  }
  return made
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
