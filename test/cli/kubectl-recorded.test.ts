import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { humanDuration } from '../../src/index.ts'
import { runCli } from '../support/run-cli.ts'

/** What the real kubectl printed about the same objects; test/recorded/kubectl/README.md tells how it was recorded. */
const root = join(import.meta.dirname, '../recorded/kubectl')

interface Recording {
  readonly command: string
  readonly out: string
  readonly err: string
}

function readTranscript(): readonly Recording[] {
  const text = readFileSync(join(root, 'transcript.txt'), 'utf8')
  return text
    .trimEnd()
    .split('\n\n$ ')
    .map((block) => {
      const [command = '', ...lines] = block.replace(/^\$ /, '').split('\n')
      const marked = (mark: string) =>
        lines.flatMap((line) => (line.startsWith(`${mark} `) ? [`${line.slice(2)}\n`] : [])).join('')
      return { command, out: marked('|'), err: marked('!') }
    })
}

/** A tilde stands for a space within an argument. */
function argumentsOf(command: string): readonly string[] {
  return command
    .split(' ')
    .slice(1)
    .map((one) => one.replaceAll('~', ' ').replace(/^'|'$/g, ''))
}

const transcript = readTranscript()

test('the transcript was really read', () => {
  expect(transcript.length).toBeGreaterThan(70)
  expect(transcript.filter((one) => one.out === '').length).toBeLessThan(12)
})

test.for(transcript)('$command', async ({ command, out, err }) => {
  const result = await runCli([...argumentsOf(command), '-q', '-f', join(root, 'cluster.yaml')])
  expect(result).toMatchObject({ code: 0, out, err })
})

test('ages are rounded as kubectl rounds them', () => {
  const lines = readFileSync(join(root, 'durations.txt'), 'utf8').trim().split('\n')
  expect(lines.length).toBeGreaterThan(30)
  expect(lines.map((line) => `${line.split(' ')[0]} ${humanDuration(Number(line.split(' ')[0]))}`)).toEqual(
    lines,
  )
})
