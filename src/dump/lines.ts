import type { DumpText } from './dump-text.ts'
import { limits } from './dump-text.ts'

/** One line of a text that says something. */
export interface Line {
  readonly text: string
  readonly offset: number
}

export interface Word {
  readonly text: string
  readonly offset: number
}

/**
 * What terminals, kubectl and the commands themselves put around an output and what says nothing about the node: the
 * prompt with the command, `set -x`, comments, kubectl's remarks, sudo's question.
 */
const noise = [
  /^\s*$/,
  /^\s*#/,
  /^\$ /,
  /^[\w.-]+@[\w.-]+[:\s][^\s]*\s?[#$] ?/,
  /^\[[\w.-]+@[\w.-]+ [^\]]*\][#$]/,
  /^\++ (?:sudo |ip|bridge|ipset|sysctl|conntrack|nsenter|cat)/,
  /^Warning: /i,
  /^Defaulted container /,
  /^Defaulting (?:debug )?container /,
  /^Creating debugging pod /,
  /^If you don't see a command prompt/,
  /^Unable to use a TTY/,
  /^Unable to find image/,
  /^\[sudo\] password/,
  /^(?:Dump terminated|Flush terminated)$/,
  /^conntrack v[\d.]+ \(conntrack-tools\)/,
]

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals colour with the escape character.
const colours = /\u001b\[[0-9;]*m/g

/** What the commands say instead of an output. */
const failures =
  /Permission denied|must be root|Operation not permitted|command not found|: not found$|No such file or directory|Kernel error received|unknown option|is unknown, try|Could not fetch rule set|Usage: /i

export function isNoise(text: string): boolean {
  return noise.some((one) => one.test(text))
}

/** Whether a line is what a command says when it fails. */
export function isFailure(text: string): boolean {
  return failures.test(text)
}

/**
 * The lines that say something, with Windows' line ends, colours and trailing blanks taken off. One that is too long
 * is told and left out.
 */
export function linesOf(dump: DumpText): readonly Line[] {
  const { text } = dump
  const lines: Line[] = []
  let start = 0
  while (start < text.length) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    if (end - start > limits.line) tooLong(dump, start)
    else {
      const line = text.slice(start, end).replace(colours, '').trimEnd()
      if (!isNoise(line)) lines.push({ text: line, offset: start })
    }
    if (lines.length > limits.lines) {
      dump.problem('dump-too-large', start, `more than ${limits.lines} lines are not read`, 'split the file')
      return []
    }
    start = end + 1
  }
  return lines
}

function tooLong(dump: DumpText, offset: number): void {
  const message = `a line of more than ${limits.line} characters is not read`
  dump.problem('dump-too-large', offset, message, 'no command prints such a line: collect the file again')
}

/** The words of a line, with their places. */
export function wordsOf({ text, offset }: Line): readonly Word[] {
  return [...text.matchAll(/\S+/g)].map((found) => ({ text: found[0], offset: offset + found.index }))
}
