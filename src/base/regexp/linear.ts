import type { Instruction } from './program.ts'
import { makeProgram } from './program.ts'
import type { Assertion, Part, Syntax } from './syntax.ts'
import { readSyntax } from './syntax.ts'

/**
 * A regular expression that takes time in proportion to the text, whatever the text: where backtracking could take
 * exponential time, it is run by Pike's machine, as RE2 and Go's regexp do. Manifests come from anywhere, and a
 * pattern in them must not make the reader hang. Throws a SyntaxError for what cannot be read, and for what could
 * backtrack without end and cannot be run so.
 */
export function linearRegExp(source: string, flags: string): RegExp {
  const native = new RegExp(source, flags)
  const syntax = readSyntax(source, flags)
  if (syntax && !mayBacktrack(syntax.part)) return native
  if (!syntax) {
    if (nestsRepeats(source)) throw new SyntaxError('the expression may backtrack without end')
    return native
  }
  const program = makeProgram(syntax.part)
  if (!program) throw new SyntaxError('the expression is too large')
  return new LinearRegExp(source, flags, syntax, program)
}

/** Whether a group that holds a repetition or a choice is repeated itself, by the letters alone. */
function nestsRepeats(source: string): boolean {
  return /[*+}|][^()]*\)+[*+{]/.test(source.replace(/\\./g, '_'))
}

/** More variable parts than these in a row could take a backtracking matcher too long. */
const mostUnbounded = 2
const mostVariable = 10

function mayBacktrack(part: Part): boolean {
  const found = [...variableParts(part, false)]
  const unbounded = found.filter(({ part: one }) => one.type === 'repeat' && one.max === Infinity)
  const isNested = found.some(({ isRepeated }) => isRepeated)
  return isNested || unbounded.length > mostUnbounded || found.length > mostVariable
}

/** The parts that may match in several ways, and whether they stand within a repetition. */
function* variableParts(
  part: Part,
  isRepeated: boolean,
): Generator<{ readonly part: Part; readonly isRepeated: boolean }> {
  switch (part.type) {
    case 'letter':
    case 'assertion':
      return
    case 'choice':
      yield { part, isRepeated }
      break
    case 'repeat':
      if (part.min !== part.max) yield { part, isRepeated }
  }
  const isInside = isRepeated || (part.type === 'repeat' && part.max > 1)
  for (const inner of 'parts' in part ? part.parts : [part.part]) yield* variableParts(inner, isInside)
}

/** One way in which the text may have been matched so far: the next instruction, and where groups begin and end. */
interface Thread {
  readonly at: number
  readonly slots: readonly (number | undefined)[]
}

/** `test`, `replace` and `match` of the language go through `exec`, which is another here. */
class LinearRegExp extends RegExp {
  readonly #syntax: Syntax
  readonly #program: readonly Instruction[]

  constructor(source: string, flags: string, syntax: Syntax, program: readonly Instruction[]) {
    super(source, flags)
    this.#syntax = syntax
    this.#program = program
  }

  override exec(text: string): RegExpExecArray | null {
    const slots = run(this.#program, text)
    if (!slots) return null
    const { groups, names } = this.#syntax
    const group = (index: number) => {
      const [start, end] = [slots[index * 2], slots[index * 2 + 1]]
      return start === undefined || end === undefined ? undefined : text.slice(start, end)
    }
    const found = Array.from({ length: groups + 1 }, (_, index) => group(index))
    const named = [...names].map(([name, index]) => [name, group(index)] as const)
    return Object.assign(found, {
      index: slots[0] ?? 0,
      input: text,
      ...(names.size > 0 ? { groups: Object.fromEntries(named) } : { groups: undefined }),
    }) as RegExpExecArray
  }
}

/** The slots of the match that a backtracking matcher would find first. */
function run(program: readonly Instruction[], text: string): Thread['slots'] | undefined {
  let threads: readonly Thread[] = []
  let found: Thread['slots'] | undefined
  for (let place = 0; place <= text.length; place += 1) {
    if (!found) {
      const seen = new Set(threads.map(({ at }) => at))
      threads = [...threads, ...follow(program, { at: 0, slots: [] }, { text, place, seen })]
    }
    const end = threads.findIndex(({ at }) => program[at]?.type === 'match')
    // What is tried after a match does not count any more.
    if (end >= 0) found = threads[end]?.slots
    const preferred = end >= 0 ? threads.slice(0, end) : threads
    threads = step(program, preferred, { text, place })
    if (found && threads.length === 0) break
  }
  return found
}

/** The threads that take the letter at a place, as they stand behind it. */
function step(
  program: readonly Instruction[],
  threads: readonly Thread[],
  { text, place }: { readonly text: string; readonly place: number },
): readonly Thread[] {
  if (place === text.length) return []
  const seen = new Set<number>()
  return threads.flatMap(({ at, slots }) => {
    const instruction = program[at]
    if (instruction?.type !== 'letter' || !instruction.matches.test(text.charAt(place))) return []
    return follow(program, { at: at + 1, slots }, { text, place: place + 1, seen })
  })
}

interface Following {
  readonly text: string
  readonly place: number
  /** Instructions that a thread of more weight stands at, or has passed. */
  readonly seen: Set<number>
}

/** What a thread becomes before it looks at the next letter, the preferred first. */
function follow(program: readonly Instruction[], start: Thread, following: Following): readonly Thread[] {
  const { seen } = following
  const waiting: Thread[] = []
  const open = [start]
  for (let thread = open.pop(); thread; thread = open.pop()) {
    const instruction = program[thread.at]
    if (!instruction || seen.has(thread.at)) continue
    seen.add(thread.at)
    if (instruction.type === 'letter' || instruction.type === 'match') waiting.push(thread)
    else open.push(...goOn(thread, instruction, following).toReversed())
  }
  return waiting
}

/** Where a thread goes on from an instruction that takes no letter. */
function goOn(
  { at, slots }: Thread,
  instruction: Exclude<Instruction, { type: 'letter' | 'match' }>,
  { text, place }: Following,
): readonly Thread[] {
  switch (instruction.type) {
    case 'split':
      return instruction.to.map((to) => ({ at: to, slots }))
    case 'save':
      return [{ at: at + 1, slots: Object.assign([...slots], { [instruction.slot]: place }) }]
    case 'assertion':
      return holds(instruction.holds, text, place) ? [{ at: at + 1, slots }] : []
  }
}

function holds(assertion: Assertion, text: string, place: number): boolean {
  const isWord = (at: number) => /\w/.test(text.charAt(at))
  const isEdge = isWord(place - 1) !== isWord(place)
  switch (assertion) {
    case 'start':
      return place === 0
    case 'end':
      return place === text.length
    case 'line-start':
      return place === 0 || text.charAt(place - 1) === '\n'
    case 'line-end':
      return place === text.length || text.charAt(place) === '\n'
    case 'word-edge':
      return isEdge
    case 'no-word-edge':
      return !isEdge
  }
}
