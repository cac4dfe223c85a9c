import type { DiagnosticCode } from './diagnostic-catalog.ts'
import { diagnosticCatalog } from './diagnostic-catalog.ts'
import type { ObjectRef, SourceLocation } from './source.ts'
import { formatLocation } from './source.ts'

/** `error` stops the run with exit code 2; `warning` may change an answer; `info` is worth knowing. */
export type Severity = 'error' | 'warning' | 'info'

/** One thing about the input that the user should know. Codes are stable, words are not. */
export interface Diagnostic {
  readonly code: DiagnosticCode
  readonly severity: Severity
  readonly message: string
  /** What would mend it. */
  readonly fix?: string
  readonly at?: SourceLocation
  readonly object?: ObjectRef
}

/** What a reporter gives; the severity comes from the catalogue unless it is stated. */
export type Report = (
  code: DiagnosticCode,
  message: string,
  details?: { at?: SourceLocation; fix?: string; object?: ObjectRef; severity?: Severity },
) => void

/** A value, and everything that was found while it was made. */
export interface Checked<T> {
  readonly value: T
  readonly diagnostics: readonly Diagnostic[]
}

/** Collects diagnostics, so that one run can show them all. */
export function collectDiagnostics(): { readonly report: Report; readonly diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  const report: Report = (code, message, details = {}) => {
    const at = details.at ?? details.object?.at
    diagnostics.push({
      code,
      severity: details.severity ?? diagnosticCatalog[code].severity,
      message,
      ...(details.fix === undefined ? {} : { fix: details.fix }),
      ...(at === undefined ? {} : { at }),
      ...(details.object === undefined ? {} : { object: details.object }),
    })
  }
  return { report, diagnostics }
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error')
}

/** `web.yaml:14:17: error: node port 30080 belongs to shop/api [node-port-taken]`, and a second line for the fix. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const place = diagnostic.at === undefined ? '' : `${formatLocation(diagnostic.at)}: `
  const fix = diagnostic.fix === undefined ? '' : `\n    to mend it: ${diagnostic.fix}`
  return `${place}${diagnostic.severity}: ${diagnostic.message} [${diagnostic.code}]${fix}`
}
