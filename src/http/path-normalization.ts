import type { PathNormalization } from './proxy.ts'

/**
 * The path that routes look at. Mirrors ngx_http_parse_complex_uri where all of it is done. `undefined` for one that is
 * refused.
 */
export function normalizePath(path: string, rules: PathNormalization | undefined): string | undefined {
  if (!rules) return path
  if (rules.refusesBadCodes && /%(?![0-9A-Fa-f]{2})|%00/.test(path)) return undefined
  const decoded = decode(path, rules.decodes)
  const merged = rules.mergesSlashes ? decoded.replace(/\/{2,}/g, '/') : decoded
  return rules.resolvesDots ? resolveDots(merged, rules.refusesAboveRoot === true) : merged
}

/** A settled path in a form that may stand in a request line again. Mirrors ngx_escape_uri. */
export function encodePath(path: string, rules: PathNormalization | undefined): string {
  const escapes = rules?.decodes === 'all' ? /[^!-~]|[%?#"<>\\^`{|}]/gu : /[^!-~]|[?#"<>\\^`{|}]/gu
  return path.replace(escapes, (letter) =>
    [...new TextEncoder().encode(letter)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  )
}

function decode(path: string, which: PathNormalization['decodes']): string {
  if (which === 'none') return path
  return path.replace(/(?:%[0-9A-Fa-f]{2})+/g, (codes) => {
    const text = decodeBytes(codes)
    if (which === 'all') return text
    return codes.replace(/%[0-9A-Fa-f]{2}/g, (code) => {
      const letter = String.fromCharCode(Number.parseInt(code.slice(1), 16))
      return /[A-Za-z0-9\-._~]/.test(letter) ? letter : code
    })
  })
}

function decodeBytes(codes: string): string {
  const bytes = codes
    .split('%')
    .slice(1)
    .map((code) => Number.parseInt(code, 16))
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

/** RFC 3986, 5.2.4. What would lead above the root stays at it, or is refused. */
function resolveDots(path: string, refusesAboveRoot: boolean): string | undefined {
  const kept: string[] = []
  const parts = path.split('/').slice(1)
  for (const [index, part] of parts.entries()) {
    if (part === '..' && kept.pop() === undefined && refusesAboveRoot) return undefined
    if (part !== '..' && part !== '.') kept.push(part)
    else if (index === parts.length - 1) kept.push('')
  }
  return `/${kept.join('/')}`
}
