import type { Report } from '../../base/diagnostic.ts'
import { nearest } from '../../base/nearest.ts'
import type { SourceFile, SourceLocation } from '../../base/source.ts'
import type { ClusterNode } from '../../model/cluster.ts'
import type { Environment, NodeEnvironment } from '../../model/environment.ts'
import { isComponentChain } from '../host-rules/component-chains.ts'
import type { PresetName } from '../host-rules/registry.ts'
import { familyOfText, readRuleFile } from '../host-rules/rule-files.ts'
import type { Completion } from './completion.ts'
import { isReadSetting, nearSetting } from './kernel-settings.ts'

/** `--sysctl NODE:KEY=VALUE`; of all nodes if none is named. */
export interface SysctlOption {
  readonly node?: string
  readonly key: string
  readonly value: number
  /** Which of several `--sysctl` it is, from 1. */
  readonly position: number
}

/** `--host-firewall NODE=NAME`, or a file with rules; of all nodes if none is named. */
export interface HostFirewallOption {
  readonly node?: string
  readonly firewall: PresetName | SourceFile
  readonly position: number
}

/** What is stated of nodes, by the name of each: what the Environment says of all (`*`), and the command line, filled in. */
export interface NodeSettings {
  readonly environment: Environment
  readonly hostRuleFiles: ReadonlyMap<string, readonly SourceFile[]>
}

/** Every node's own share of what is stated of nodes. What is stated of one counts before what is stated of all. */
export function nodeSettings(
  { options, report }: Completion,
  environment: Environment,
  nodes: readonly ClusterNode[],
): NodeSettings {
  const { sysctls = [], hostFirewalls = [] } = options
  for (const one of sysctls) checkSysctl(one, nodes, report)
  for (const one of hostFirewalls) checkHostFirewall(one, nodes, report)
  const { '*': all, ...named } = environment.nodes ?? {}
  const names = [...new Set([...Object.keys(named), ...nodes.map(({ name }) => name)])]
  const filled = names.flatMap((name): [string, NodeEnvironment][] => {
    const own = withAll(named[name], all)
    const made = withCommandLine(own, name, sysctls, hostFirewalls)
    return made ? [[name, made]] : []
  })
  const files = nodes.flatMap(({ name }): [string, readonly SourceFile[]][] => {
    const own = hostFirewalls.flatMap(({ node, firewall }) =>
      typeof firewall !== 'string' && isFor(node, name) ? [firewall] : [],
    )
    return own.length > 0 ? [[name, own]] : []
  })
  return {
    environment: filled.length === 0 ? environment : { ...environment, nodes: Object.fromEntries(filled) },
    hostRuleFiles: new Map(files),
  }
}

function isFor(stated: string | undefined, node: string): boolean {
  return stated === undefined || stated === '*' || stated === node
}

function withAll(
  own: NodeEnvironment | undefined,
  all: NodeEnvironment | undefined,
): NodeEnvironment | undefined {
  if (!all) return own
  const taken = Object.keys(all).filter(
    (field) => field !== 'sysctl' && own?.[field as 'filter'] === undefined,
  )
  const settings = Object.keys(all.sysctl ?? {}).filter((key) => own?.sysctl?.[key] === undefined)
  const statedBy = [...taken, ...settings.map((key) => `sysctl ${key}`)].map((one) => [one, '*'] as const)
  return {
    ...all,
    ...own,
    ...((all.sysctl || own?.sysctl) && { sysctl: { ...all.sysctl, ...own?.sysctl } }),
    statedBy: Object.fromEntries(statedBy),
  }
}

function withCommandLine(
  own: NodeEnvironment | undefined,
  node: string,
  sysctls: readonly SysctlOption[],
  hostFirewalls: readonly HostFirewallOption[],
): NodeEnvironment | undefined {
  const settings = sysctls.filter((one) => isFor(one.node, node))
  // What is said of one node counts, whatever comes after it of all.
  const ordered = [
    ...settings.filter((one) => one.node !== node),
    ...settings.filter((one) => one.node === node),
  ]
  const presets = hostFirewalls.flatMap(({ node: stated, firewall }) =>
    typeof firewall === 'string' && isFor(stated, node) ? [firewall] : [],
  )
  if (ordered.length + presets.length === 0) return own
  const said = [...ordered.map(({ key }) => `sysctl ${key}`), ...presets]
  return {
    ...own,
    ...(ordered.length > 0 && {
      sysctl: { ...own?.sysctl, ...Object.fromEntries(ordered.map(({ key, value }) => [key, value])) },
    }),
    ...Object.fromEntries(
      presets.map((name) => [name, { ...own?.[name], [name === 'ufw' ? 'enabled' : 'running']: true }]),
    ),
    statedBy: { ...own?.statedBy, ...Object.fromEntries(said.map((one) => [one, 'command line' as const])) },
  }
}

/** The place of an option on the command line: which of them, and the column within its text. */
function placeOf(option: string, position: number, column = 1): SourceLocation {
  return { file: option, line: position, column }
}

function checkNode(
  option: string,
  { node, position }: { readonly node?: string; readonly position: number },
  nodes: readonly ClusterNode[],
  report: Report,
): void {
  if (node === undefined || node === '*' || nodes.some(({ name }) => name === node)) return
  const names = nodes.map(({ name }) => name)
  const near = nearest(node, names)
  report('unknown-node', `there is no node ${node}`, {
    at: placeOf(option, position),
    fix: near === undefined ? `nodes: ${names.join(', ')}` : `did you mean ${near}?`,
  })
}

function checkSysctl(option: SysctlOption, nodes: readonly ClusterNode[], report: Report): void {
  checkNode('--sysctl', option, nodes, report)
  const { key, node, position } = option
  if (isReadSetting(key)) return
  const near = nearSetting(key)
  report('invalid-setting', `${key} is a setting that no walk reads`, {
    at: placeOf('--sysctl', position, node === undefined ? 1 : node.length + 2),
    fix:
      near === undefined
        ? 'leave it out, or ask for one such as net.ipv4.ip_forward'
        : `did you mean ${near}?`,
  })
}

function checkHostFirewall(option: HostFirewallOption, nodes: readonly ClusterNode[], report: Report): void {
  checkNode('--host-firewall', option, nodes, report)
  const { firewall } = option
  if (typeof firewall === 'string') return
  const { faults } = readRuleFile(firewall, familyOfText(firewall.text), isComponentChain)
  for (const { diagnostic, line } of faults) {
    const { code, message, fix, at } = diagnostic
    const place = { file: firewall.name, line, column: at?.column ?? 1 }
    report(code, message, { at: place, ...(fix !== undefined && { fix }) })
  }
}
