import { compilePattern } from './pattern.ts'
import type { PathRewrite } from './proxy.ts'

/** A path and what follows its `?`. */
export interface RequestTarget {
  readonly path: string
  readonly query?: string
}

/** What a rewrite makes of a path. The query is kept. */
export function rewriteTarget(rewrite: PathRewrite, target: RequestTarget): RequestTarget {
  switch (rewrite.type) {
    case 'full':
      return { ...target, path: rewrite.path }
    case 'prefix':
      return { ...target, path: replacePrefix(rewrite.matched, rewrite.replacement, target.path) }
    case 'drop-last-slash':
      return target.query === undefined ? { ...target, path: target.path.replace(/\/$/, '') } : target
    case 'regex':
      return replaceWhole(compilePattern(rewrite.pattern, rewrite.ignoreCase), rewrite.replacement, target)
    default:
      return rewrite satisfies never
  }
}

/** `/a/b?c=d`. */
export function formatTarget({ path, query }: RequestTarget): string {
  return query === undefined ? path : `${path}?${query}`
}

/** Gateway API, ReplacePrefixMatch: by whole elements, with exactly one slash between the parts. */
function replacePrefix(matched: string, replacement: string, path: string): string {
  const rest = path.slice(matched.replace(/\/$/, '').length)
  const head = replacement.replace(/\/$/, '')
  if (rest === '') return head === '' ? '/' : replacement
  return rest.startsWith('/') ? `${head}${rest}` : `${head}/${rest}`
}

/** Mirrors nginx's `rewrite … break`. */
function replaceWhole(
  pattern: RegExp | undefined,
  replacement: string,
  target: RequestTarget,
): RequestTarget {
  const found = pattern?.exec(target.path)
  if (!found) return target
  const fill = (text: string) => text.replace(/\$(\d)/g, (_, digit: string) => found[Number(digit)] ?? '')
  const question = replacement.indexOf('?')
  if (question < 0) return { ...target, path: fill(replacement) }
  const path = fill(replacement.slice(0, question))
  const added = fill(replacement.slice(question + 1))
  if (added === '') return { path }
  return { path, query: target.query === undefined ? added : `${added}&${target.query}` }
}
