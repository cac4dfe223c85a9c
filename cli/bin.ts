#!/usr/bin/env node
import { colored, plain } from '../src/index.ts'
import { run } from './run.ts'

/** The process: arguments, streams and the exit code; nothing else. */

function styleOf(stream: NodeJS.WriteStream) {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR !== undefined && NO_COLOR !== '') return plain
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return colored
  return stream.isTTY && TERM !== 'dumb' ? colored : plain
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

// A reader that closes the pipe early (head, less) ends the program quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: readStdin,
  columns: process.stdout.columns ?? 100,
  style: styleOf(process.stdout),
  errStyle: styleOf(process.stderr),
  interactive: process.stderr.isTTY ?? false,
})
