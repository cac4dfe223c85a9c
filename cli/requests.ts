import type { BatchAnswer } from '../src/index.ts'
import { groupedJourney, journeyJson, journeySummary, readTexts } from '../src/index.ts'
import { load } from './cluster-options.ts'
import type { ExitCode } from './exit-code.ts'
import { exitCode } from './exit-code.ts'
import type { Io } from './io.ts'
import type { TraceCommandOptions } from './trace-options.ts'
import { codeOf } from './trace-options.ts'

/** Answers a file of requests; the cluster is loaded once. Exit code 2 if a line could not be answered. */
export async function answerRequests(options: TraceCommandOptions, path: string, io: Io): Promise<ExitCode> {
  const texts = await readTexts([path], { stdin: io.stdin })
  const cluster = await load(options, io)
  let code: ExitCode = exitCode.yes
  const how = { recordMisses: options.verbose > 1, ...(options.seed !== undefined && { seed: options.seed }) }
  for (const { text } of texts) {
    for (const answer of cluster.answerLines(text, how)) {
      io.out(`${answerText(answer, options, io)}\n`)
      const own = 'error' in answer ? exitCode.wrong : codeOf([answer.journey])
      if (own > code) code = own
    }
  }
  return code
}

function answerText(answer: BatchAnswer, { output, group }: TraceCommandOptions, io: Io): string {
  if ('error' in answer) {
    const { code, message, fix } = answer.error
    if (!output)
      return `line ${answer.line}: ${io.style.bad('error')}: ${message} [${code}]${fix ? `; to mend it: ${fix}` : ''}`
    const error = {
      apiVersion: 'kubewalk.dev/v1alpha1',
      kind: 'Error',
      line: answer.line,
      code,
      message,
      fix,
    }
    return JSON.stringify(error)
  }
  const { journey } = answer
  return output
    ? JSON.stringify(journeyJson(group ? groupedJourney(journey) : journey))
    : journeySummary(journey, io.style)
}
