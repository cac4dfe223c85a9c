import type { Report } from '../../base/diagnostic.ts'
import type { Completion } from './completion.ts'

/** A place in the Environment's spec. */
export type EnvironmentPath = readonly (string | number)[]

/** Says something of a place in the Environment: `the Environment's kubelet.worker.clusterDNS.0 …`. */
export function tellOfEnvironment(
  { objects, report }: Completion,
  code: 'unknown-reference' | 'field-not-modelled' | 'invalid-setting',
  path: EnvironmentPath,
  text: string,
  options: Parameters<Report>[2] = {},
): void {
  const located = objects.Environment[0]
  if (!located) return
  report(code, `the Environment's ${path.join('.')} ${text}`, {
    at: located.locate(['spec', ...path]),
    ...(code !== 'invalid-setting' && { severity: 'warning' }),
    ...options,
  })
}
