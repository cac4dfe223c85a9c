import type { Diagnostic, Severity } from '../src/index.ts'
import { formatDiagnostic } from '../src/index.ts'

/** More than this is not read by anybody at once. */
const limit = 50

const order: readonly Severity[] = ['error', 'warning', 'info']

/** Diagnostics as text, the gravest first; of very many, the first fifty and how many more there are. */
export function diagnosticsText(diagnostics: readonly Diagnostic[]): string {
  const sorted = order.flatMap((severity) => diagnostics.filter((one) => one.severity === severity))
  const lines = sorted.slice(0, limit).map(formatDiagnostic)
  const rest = sorted.length - limit
  if (rest > 0) lines.push(`and ${rest} more; kubewalk check -o json lists them all`)
  return lines.map((line) => `${line}\n`).join('')
}
