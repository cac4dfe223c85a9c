import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'
import type { AgentAnswers, AgentLine, AgentRequest } from './agent-protocol.ts'

/** A process in a network namespace of its own. The namespace has no name and ends with the process. */
export interface Agent {
  /** The network namespace, for `ip link … netns`. */
  readonly pid: number
  readonly ask: <Op extends AgentRequest['op']>(
    request: Extract<AgentRequest, { readonly op: Op }>,
  ) => Promise<AgentAnswers[Op]>
  readonly stop: () => void
}

/** The agent's program as JavaScript: Node 20 does not read TypeScript. */
function compileAgent(folder: string): string {
  const source = readFileSync(join(import.meta.dirname, 'agent.ts'), 'utf8')
  const { outputText } = transpileModule(source, {
    compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2023, verbatimModuleSyntax: true },
  })
  const path = join(folder, 'agent.mjs')
  writeFileSync(path, outputText)
  return path
}

/** Starts agents; `close` takes away the program and every agent that still runs. */
export class AgentStarter {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kubewalk-kernel-'))
  readonly #program = compileAgent(this.#folder)
  readonly #running = new Set<Agent>()

  /** An agent in a new network namespace. `name` is what its sockets answer with. */
  start(name: string): Agent {
    const child = spawn('unshare', ['--net', process.execPath, this.#program, name])
    const agent = makeAgent(name, child)
    this.#running.add(agent)
    child.on('close', () => this.#running.delete(agent))
    return agent
  }

  close(): void {
    for (const agent of this.#running) agent.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

function makeAgent(name: string, child: ChildProcessWithoutNullStreams): Agent {
  const waiting = new Map<number, Waiting>()
  let next = 0
  let stderr = ''
  const failAll = (reason: string) => {
    for (const { reject } of waiting.values()) reject(new Error(`${name}: ${reason}`))
    waiting.clear()
  }
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdin.on('error', () => {})
  child.on('error', (error) => failAll(error.message))
  child.on('close', () => failAll(`the agent ended ${stderr}`))
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as AgentLine
    const asked = waiting.get(line.id)
    waiting.delete(line.id)
    if ('error' in line) asked?.reject(new Error(`${name}: ${line.error}`))
    else asked?.resolve(line.answer)
  })
  return {
    pid: child.pid ?? 0,
    ask: (request) =>
      new Promise((resolve, reject) => {
        const id = next++
        waiting.set(id, { resolve: (answer) => resolve(answer as never), reject })
        child.stdin.write(`${JSON.stringify({ id, request })}\n`)
      }),
    stop: () => child.kill('SIGKILL'),
  }
}
