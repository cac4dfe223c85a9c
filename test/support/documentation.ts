import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import { runCommand } from './command.ts'
import { extensionTable, layerTable, mirrorTable } from './docstrings.ts'
import { fieldTable } from './json-schema.ts'
import { exampleOf, withCodes } from './reference-pages.ts'

const root = join(import.meta.dirname, '../..')

/**
 * A fenced block of a page. Its info string says where its text comes from:
 *
 *     console [exit=N] [head=N] [tail=N]   `$ kubewalk …` lines; what they print stands below them
 *     ts file=PATH                         the file itself
 *     text run=PATH                        what a script of examples/library prints
 *     text diagnostic=CODE, finding=CODE   what kubewalk says of the code's example
 *
 * Between a comment and `<!-- end -->` stands a table: `<!-- fields SCHEMA DEFINITION -->` of a schema's fields,
 * `<!-- mirrors FOLDER -->` of what its code says that it mirrors, `<!-- extensions match -->` of all matches,
 * `<!-- layers folders -->` of who may import whom.
 *
 * `head` and `tail` quote only so many lines of each output; `...` stands for the rest.
 */
interface Block {
  readonly language: string
  readonly options: ReadonlyMap<string, string>
  readonly lines: readonly string[]
}

/** A page as it should read, and how many commands and files were asked for it. */
export interface Refreshed {
  readonly text: string
  readonly commands: number
  readonly files: number
  /** Commands that ended with another exit code than the page says. */
  readonly wrongCodes: readonly string[]
}

const fence = /^```(\S+)([^\n]*)\n(.*?)^```$/gms

/** Runs all that a page quotes and writes the page anew. */
export async function refreshPage(page: string): Promise<Refreshed> {
  const text = await withTables(withCodes(page, readFileSync(join(root, page), 'utf8')))
  let result = ''
  let end = 0
  let commands = 0
  let files = 0
  const wrongCodes: string[] = []
  for (const found of text.matchAll(fence)) {
    const [whole, language = '', info = '', body = ''] = found
    const block: Block = { language, options: optionsOf(info), lines: body.split('\n').slice(0, -1) }
    const fresh = await refreshBlock(block, wrongCodes)
    commands += language === 'console' ? block.lines.filter(isCommand).length : 0
    files += block.options.has('file') || block.options.has('run') ? 1 : 0
    result += `${text.slice(end, found.index)}\`\`\`${language}${info}\n${fresh.map((line) => `${line}\n`).join('')}\`\`\``
    end = found.index + whole.length
  }
  return { text: result + text.slice(end), commands, files, wrongCodes }
}

const table = /<!-- (fields|mirrors|extensions|layers) (\S+) ?(\S*) -->\n.*?<!-- end -->/gs

async function withTables(text: string): Promise<string> {
  let result = ''
  let end = 0
  for (const found of text.matchAll(table)) {
    const [whole, type = '', of = '', name = ''] = found
    const rows = await tableOf(type, of, name)
    const head = whole.slice(0, whole.indexOf('\n'))
    result += `${text.slice(end, found.index)}${[head, '', ...rows, '', '<!-- end -->'].join('\n')}`
    end = found.index + whole.length
  }
  return result + text.slice(end)
}

async function tableOf(type: string, of: string, name: string): Promise<readonly string[]> {
  if (type === 'mirrors') return mirrorTable(of)
  if (type === 'extensions') return extensionTable(of === 'match' ? 'match' : 'target')
  if (type === 'layers') return layerTable(of === 'folders' ? 'folders' : 'packages')
  return fieldTable(JSON.parse(readFileSync(join(root, of), 'utf8')), name)
}

function optionsOf(info: string): ReadonlyMap<string, string> {
  const pairs = info
    .trim()
    .split(/\s+/)
    .map((word) => word.split('='))
  return new Map(pairs.map(([key = '', value = '']) => [key, value]))
}

async function refreshBlock(block: Block, wrongCodes: string[]): Promise<readonly string[]> {
  const file = block.options.get('file')
  if (file !== undefined) return linesOf(readFileSync(join(root, file), 'utf8'))
  const script = block.options.get('run')
  if (script !== undefined) return linesOf(await printedBy(script))
  const code = block.options.get('diagnostic') ?? block.options.get('finding')
  if (code !== undefined) return exampleOf(block.options.has('diagnostic') ? 'diagnostic' : 'finding', code)
  return block.language === 'console' ? refreshConsole(block, wrongCodes) : block.lines
}

const isCommand = (line: string) => line.startsWith('$ ')

async function refreshConsole({ lines, options }: Block, wrongCodes: string[]): Promise<readonly string[]> {
  const fresh: string[] = []
  const starts = lines.flatMap((line, index) => (isCommand(line) ? [index] : []))
  for (const [nth, start] of starts.entries()) {
    const line = lines[start] ?? ''
    const quoted = lines.slice(start + 1, starts[nth + 1] ?? lines.length)
    const { screen, code } = await runShellLine(line.slice(2))
    if (code !== Number(options.get('exit') ?? 0)) wrongCodes.push(`${line}: exit code ${code}`)
    const printed = linesOf(screen)
    fresh.push(line, ...(elidedMatch(quoted, printed) ? quoted : excerpt(printed, options)))
    if (nth < starts.length - 1 && fresh.at(-1) !== '') fresh.push('')
  }
  return fresh
}

/** `[cat FILE… |] [npx] kubewalk …` */
async function runShellLine(line: string) {
  const [, cat, command] = /^(?:cat (\S+(?: \S+)*) \| )?(?:npx )?kubewalk (.*)$/.exec(line) ?? []
  if (command === undefined) throw new Error(`this is not a kubewalk command: ${line}`)
  const stdin = (cat?.split(' ') ?? []).map((file) => readFileSync(join(root, file), 'utf8')).join('---\n')
  return runCommand(command, stdin)
}

function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n')
}

function excerpt(lines: readonly string[], options: ReadonlyMap<string, string>): readonly string[] {
  const head = Number(options.get('head') ?? (options.has('tail') ? 0 : lines.length))
  const tail = Number(options.get('tail') ?? 0)
  if (lines.length <= head + tail) return lines
  return [...lines.slice(0, head), '...', ...(tail === 0 ? [] : lines.slice(-tail))]
}

/** Whether a quote that was shortened by hand still fits: each `...` stands for any run of lines. */
function elidedMatch(quoted: readonly string[], printed: readonly string[]): boolean {
  if (!quoted.includes('...')) return false
  const at = quoted.indexOf('...')
  const before = quoted.slice(0, at)
  if (!before.every((line, index) => line === printed[index])) return false
  const after = quoted.slice(at + 1)
  if (after.length === 0) return true
  return printed.some(
    (_, from) =>
      from >= at &&
      (after.includes('...')
        ? elidedMatch(after, printed.slice(from))
        : after.length === printed.length - from &&
          after.every((line, index) => line === printed[from + index])),
  )
}

/** Runs a script and keeps what it logs. */
async function printedBy(script: string): Promise<string> {
  process.chdir(root)
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => {
    lines.push(words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' '))
  })
  try {
    await import(join(root, script))
  } finally {
    log.mockRestore()
  }
  return lines.join('\n')
}
