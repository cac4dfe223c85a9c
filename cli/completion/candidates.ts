import type { Command, Option } from 'commander'
import type { LoadedCluster } from '../../src/index.ts'
import { loadCluster } from '../../src/index.ts'
import type { Candidate } from './names.ts'
import {
  argumentNames,
  cniNames,
  namespaceNames,
  namespaceRefs,
  nodeNames,
  reachSenders,
  reachTargets,
  serviceNames,
} from './names.ts'

/** What may stand where the cursor is. */
export interface Completion {
  readonly candidates: readonly Candidate[]
  /** Names of files may stand there. */
  readonly files: boolean
}

const nothing: Completion = { candidates: [], files: false }

/**
 * Completes the last of the words after `kubewalk`: commands, options, their values, and names of objects in the
 * files that `-f` names. Derived from the program itself, so that it knows every option there is.
 */
export async function complete(program: Command, words: readonly string[]): Promise<Completion> {
  const [name = ''] = words
  const current = words.at(-1) ?? ''
  if (words.length < 2) return matching(commandsOf(program), current)
  const command = program.commands.find((one) => one.name() === name)
  if (!command) return nothing
  const parsed = parseWords(command, words.slice(1, -1))
  // An option that takes several values has enough with one.
  const mayEnd = parsed.awaiting === undefined
  if (mayEnd && current.startsWith('-')) return matching(optionsOf(command), current)
  if (parsed.awaiting) return completeValue(parsed.awaiting, current, parsed)
  if (name === 'completion')
    return matching(
      ['bash', 'zsh', 'fish'].map((word) => ({ word })),
      current,
    )
  if (name === 'help') return matching(commandsOf(program), current)
  const cluster = await clusterOf(parsed.files)
  return matching(argumentNames(name, parsed.operands, current, cluster), current)
}

function matching(candidates: readonly Candidate[], start: string): Completion {
  return { candidates: candidates.filter((one) => one.word.startsWith(start)), files: false }
}

function commandsOf(program: Command): readonly Candidate[] {
  return program.commands
    .filter((one) => !one.name().startsWith('_'))
    .map((one) => ({ word: one.name(), about: one.description() }))
}

function optionsOf(command: Command): readonly Candidate[] {
  return command.options
    .flatMap((one) =>
      [one.long, one.short].flatMap((word) => (word ? [{ word, about: one.description }] : [])),
    )
    .concat([{ word: '--help', about: 'what can be given' }])
}

interface ParsedWords {
  readonly operands: readonly string[]
  /** The paths after `-f`. */
  readonly files: readonly string[]
  /** The option whose value comes next. */
  readonly awaiting?: Option
}

/** Tells options and their values from operands, as commander does. */
function parseWords(command: Command, words: readonly string[]): ParsedWords {
  const operands: string[] = []
  const files: string[] = []
  let open: Option | undefined
  for (const word of words) {
    const option = command.options.find((one) => word === one.long || word === one.short)
    files.push(...joinedFile(word))
    if (word.startsWith('-')) {
      open = option?.required ? option : undefined
      continue
    }
    if (open?.long === '--filename') files.push(...word.split(','))
    if (!open) operands.push(word)
    open = undefined
  }
  return { operands, files, ...(open && { awaiting: open }) }
}

/** `-fPATH` and `--filename=PATH`. */
function joinedFile(word: string): readonly string[] {
  const path = /^(?:--filename=|-f)(.+)$/.exec(word)?.[1]
  return path === undefined ? [] : path.split(',')
}

async function completeValue(option: Option, current: string, { files }: ParsedWords): Promise<Completion> {
  if (option.argChoices)
    return matching(
      option.argChoices.map((word) => ({ word })),
      current,
    )
  switch (option.long) {
    case '--filename':
    case '--requests':
    case '--node-rules':
    case '--node-dump':
      return { candidates: [], files: true }
    case '--cni':
      return matching(cniNames, current)
    case '--namespace':
      return matching(namespaceNames(await clusterOf(files)), current)
    case '--node':
      return matching(nodeNames(await clusterOf(files)), current)
    case '--between':
      return matching(namespaceRefs(await clusterOf(files)), current)
    case '--from':
      return matching(reachSenders(await clusterOf(files)), current)
    case '--to':
      return matching(reachTargets(await clusterOf(files)), current)
    case '--service':
      return matching(serviceNames(await clusterOf(files)), current)
    default:
      return nothing
  }
}

/** The cluster in the files, if there are any and they can be read; standard input is left to the command. */
async function clusterOf(files: readonly string[]): Promise<LoadedCluster | undefined> {
  const readable = files.filter((one) => one !== '-')
  if (readable.length === 0) return undefined
  return loadCluster(readable).catch(() => undefined)
}
