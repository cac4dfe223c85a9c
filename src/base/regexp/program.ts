import type { Assertion, Part } from './syntax.ts'

/** An instruction of Pike's machine; numbers are those of instructions, in the order in which they are tried. */
export type Instruction =
  | { readonly type: 'letter'; readonly matches: RegExp }
  | { readonly type: 'assertion'; readonly holds: Assertion }
  | { readonly type: 'save'; readonly slot: number }
  | { readonly type: 'split'; readonly to: number[] }
  | { readonly type: 'match' }

/** More than any expression that people write; counted repetitions of counted repetitions would grow beyond it. */
const longest = 20_000

/** The instructions of an expression; `undefined` if there would be too many. */
export function makeProgram(part: Part): readonly Instruction[] | undefined {
  const program: Instruction[] = []
  const isWhole = emit(program, { type: 'group', index: 0, part })
  program.push({ type: 'match' })
  return isWhole ? program : undefined
}

/** Appends the instructions of a part; whether there was room for them. */
function emit(program: Instruction[], part: Part): boolean {
  if (program.length > longest) return false
  switch (part.type) {
    case 'letter':
    case 'assertion':
      program.push(part)
      return true
    case 'sequence':
      return part.parts.every((one) => emit(program, one))
    case 'group':
      program.push({ type: 'save', slot: part.index * 2 })
      if (!emit(program, part.part)) return false
      program.push({ type: 'save', slot: part.index * 2 + 1 })
      return true
    case 'choice':
      return emitChoice(program, part.parts)
    case 'repeat':
      return emitRepeat(program, part)
  }
}

function emitChoice(program: Instruction[], parts: readonly Part[]): boolean {
  const fork = split(program)
  const ends: number[][] = []
  for (const part of parts) {
    fork.push(program.length)
    if (!emit(program, part)) return false
    ends.push(split(program))
  }
  for (const end of ends) end.push(program.length)
  return true
}

function emitRepeat(program: Instruction[], repeat: Extract<Part, { type: 'repeat' }>): boolean {
  const { part, min, max } = repeat
  for (let count = 0; count < min; count += 1) if (!emit(program, part)) return false
  if (max === Infinity) {
    const start = program.length
    const loop = split(program)
    if (!emit(program, part)) return false
    split(program).push(start)
    join(loop, start + 1, program.length, repeat)
    return true
  }
  const forks: { readonly fork: number[]; readonly inside: number }[] = []
  for (let count = min; count < max; count += 1) {
    const fork = split(program)
    forks.push({ fork, inside: program.length })
    if (!emit(program, part)) return false
  }
  for (const { fork, inside } of forks) join(fork, inside, program.length, repeat)
  return true
}

function split(program: Instruction[]): number[] {
  const to: number[] = []
  program.push({ type: 'split', to })
  return to
}

function join(fork: number[], inside: number, behind: number, { greedy }: { readonly greedy: boolean }) {
  fork.push(...(greedy ? [inside, behind] : [behind, inside]))
}
