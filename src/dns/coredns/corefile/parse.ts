import type { SourceLocation } from '../../../base/source.ts'
import { normalName } from '../../name.ts'
import type { ServedZone, ServerBlock } from '../config.ts'
import type { Directive } from '../plugin/directive.ts'
import type { PluginName } from '../plugin/order.ts'
import { isPluginName, pluginOrder } from '../plugin/order.ts'
import type { Plugin } from '../plugin/registry.ts'
import { effectOf, parsePlugin } from '../plugin/registry.ts'
import { pluginOf } from '../plugin-of.ts'
import type { Transport } from '../zones.ts'
import { splitHostPort, splitTransport } from '../zones.ts'
import type { RawBlock } from './blocks.ts'
import { CONFIG_FOLDER, parseBlocks } from './blocks.ts'
import { Dispenser } from './dispenser.ts'
import { CorefileFault } from './fault.ts'
import type { Token } from './lexer.ts'

/** What a Corefile is read with. */
export interface CorefileInput {
  /** The place of a line and column; `file` is the path of what was imported, and empty for the Corefile itself. */
  locate(line: number, column: number, file: string): SourceLocation
  /** The other keys of the ConfigMap, which are mounted beside the Corefile; and other files by their whole paths. */
  readonly files: ReadonlyMap<string, string>
  readonly environment: ReadonlyMap<string, string>
}

/** Something that CoreDNS does not start with. */
export interface CorefileError {
  readonly line: number
  readonly column: number
  readonly at: SourceLocation
  /** In CoreDNS' own words, as its log has them. */
  readonly message: string
  /** What would mend it. */
  readonly fix?: string
}

/** Something of a Corefile that is worth knowing. */
export interface CorefileNotice {
  readonly at: SourceLocation
  readonly message: string
  /** The plugin that is not modelled although it could change an answer. */
  readonly plugin?: string
}

/** A Corefile as CoreDNS reads it. */
export interface ParsedCorefile {
  readonly blocks: readonly ServerBlock[]
  readonly errors: readonly CorefileError[]
  readonly notices: readonly CorefileNotice[]
}

/** What CoreDNS serves if its Corefile is empty. */
const defaultCorefile = '.:53 {\nwhoami\nlog\n}\n'

/** Ports of the transports, where the key of a block states none. */
const defaultPorts: Readonly<Record<Transport, number>> = {
  dns: 53,
  tls: 853,
  quic: 853,
  grpc: 443,
  https: 443,
  https3: 443,
  unix: 53,
}

/**
 * Reads a Corefile. CoreDNS stops at the first error; here all are given that are certain: every directive that is not
 * known, the first error of each plugin of each block, and every zone that is served twice. After an error in the
 * structure of the file the rest is not read.
 */
export function parseCorefile(text: string, input: CorefileInput): ParsedCorefile {
  const reading = new Reading(input)
  const isDirective = (name: string) => isPluginName(name)
  const raw = parseBlocks(text, { ...input, isDirective, directives: pluginOrder })
  const parsed =
    raw.blocks.length === 0 && raw.faults.length === 0
      ? parseBlocks(defaultCorefile, { ...input, isDirective, directives: pluginOrder })
      : raw
  for (const fault of parsed.faults) reading.fail(fault)
  for (const warning of parsed.warnings) reading.warn(warning.message, warning.token)
  const blocks = parsed.blocks.map((block) => readBlock(block, reading))
  if (parsed.faults.length === 0) {
    checkPorts(blocks, reading)
    checkOverlaps(blocks, reading)
  }
  return { blocks, errors: reading.errors, notices: reading.notices }
}

/** Collects what is found while a Corefile is read. */
class Reading {
  readonly input: CorefileInput
  readonly errors: CorefileError[] = []
  readonly notices: CorefileNotice[] = []

  constructor(input: CorefileInput) {
    this.input = input
  }

  place(token: Token | undefined): SourceLocation {
    return this.input.locate(token?.line ?? 1, token?.column ?? 1, token?.file ?? '')
  }

  fail({ message, token, fix }: CorefileFault): void {
    const { line, column } = token ?? { line: 1, column: 1 }
    this.errors.push({ line, column, at: this.place(token), message, ...(fix === undefined ? {} : { fix }) })
  }

  warn(message: string, token: Token | undefined, plugin?: string): void {
    this.notices.push({ at: this.place(token), message, ...(plugin === undefined ? {} : { plugin }) })
  }
}

function readBlock(raw: RawBlock, reading: Reading): ServerBlock {
  const zones = raw.keys.flatMap((key) => readKey(key, reading))
  const folder = raw.directives.get('root')?.[1]?.text ?? '/'
  const plugins = pluginOrder.flatMap((name) => {
    const tokens = raw.directives.get(name)
    return tokens === undefined ? [] : readPlugin(name, tokens, { zones, folder, reading })
  })
  const external = pluginOf(plugins, 'k8s_external')
  if (external !== undefined && !raw.directives.has('kubernetes')) {
    const token = raw.directives.get('k8s_external')?.[0]
    reading.fail(new CorefileFault('plugin/k8s_external: kubernetes plugin not loaded', token))
  }
  return { zones, plugins, at: reading.place(raw.keys[0]) }
}

/** The zones of one key; a CIDR may be several. Mirrors InspectServerBlocks. */
function readKey(key: Token, reading: Reading): readonly ServedZone[] {
  const { transport, rest } = splitTransport(key.text)
  const split = splitHostPort(rest)
  if ('error' in split) {
    reading.fail(new CorefileFault(`error inspecting server blocks: ${split.error}`, key))
    return []
  }
  const port = split.port ?? defaultPorts[transport]
  return split.hosts.map((host) => ({ zone: normalName(host), port, transport }))
}

interface Surroundings {
  readonly zones: readonly ServedZone[]
  /** The folder that relative paths begin in. */
  readonly folder: string
  readonly reading: Reading
}

/** Reads one plugin; the error of one that cannot be read has the plugin's name in front, as CoreDNS logs it. */
function readPlugin(name: PluginName, tokens: readonly Token[], around: Surroundings): readonly Plugin[] {
  const { reading } = around
  const [first] = tokens
  const effect = effectOf(name)
  if (effect !== undefined) reading.warn(`plugin ${name} is not modelled: ${effect}`, first, name)
  const c = new Dispenser(tokens)
  const directive: Directive = {
    c,
    zones: around.zones.map(({ zone }) => zone),
    readFile: (path) => readMounted(path, around.folder, reading.input.files),
    here: () => reading.place(c.token),
    warn: (message) => reading.warn(message, c.token, name),
  }
  try {
    return [parsePlugin(name, directive, reading.place(first))]
  } catch (fault) {
    if (!(fault instanceof CorefileFault)) throw fault
    reading.fail(new CorefileFault(`plugin/${name}: ${fault.message}`, fault.token ?? first, fault.fix))
    return []
  }
}

/** The text of a file: one that is mounted from the ConfigMap, or one that is given by its whole path. */
function readMounted(path: string, folder: string, files: ReadonlyMap<string, string>): string | undefined {
  const whole = path.startsWith('/') ? path : `${folder.replace(/\/$/, '')}/${path}`
  if (files.has(whole)) return files.get(whole)
  return whole.startsWith(`${CONFIG_FOLDER}/`) ? files.get(whole.slice(CONFIG_FOLDER.length + 1)) : undefined
}

/** A port that is none is found when CoreDNS begins to listen. */
function checkPorts(blocks: readonly ServerBlock[], reading: Reading): void {
  for (const { zones, at } of blocks) {
    const { line, column } = at
    for (const { port } of zones.filter((zone) => zone.port > 65535)) {
      reading.errors.push({ line, column, at, message: `address ${port}: invalid port` })
    }
  }
}

/** Two blocks may not serve one zone on one port, unless they listen on different addresses or choose by `view`. */
function checkOverlaps(blocks: readonly ServerBlock[], reading: Reading): void {
  const taken = new Map<string, readonly (string | undefined)[]>()
  for (const block of blocks) {
    const bound = pluginOf(block.plugins, 'bind')?.config
    const addresses: readonly (string | undefined)[] =
      bound === undefined ? [undefined] : [...bound.addresses.map(String), ...bound.devices]
    const filtered = pluginOf(block.plugins, 'view') !== undefined
    for (const zone of block.zones) {
      const key = `${zone.transport}://${zone.zone}:${zone.port}`
      const others = taken.get(key) ?? []
      const same = addresses.find((address) => others.includes(address))
      const overlaps = addresses.includes(undefined) || others.includes(undefined)
      if (!filtered && others.length > 0 && (overlaps || same !== undefined)) {
        reading.errors.push(overlap(key, block.at))
      }
      if (!filtered) taken.set(key, [...others, ...addresses])
    }
  }
}

function overlap(key: string, at: SourceLocation): CorefileError {
  return {
    line: at.line,
    column: at.column,
    at,
    message: `cannot serve ${key} - it is already defined`,
    fix: 'put the plugins of both blocks into one, or give one of them another zone or port',
  }
}
