import type { PathNormalization } from './proxy.ts'

/** The path that routes look at. Mirrors ngx_http_parse_complex_uri where all of it is done. */
export function normalizePath(path: string, rules: PathNormalization | undefined): string {
  if (!rules) return path
  const decoded = decode(path, rules.decodes)
  const merged = rules.mergesSlashes ? decoded.replace(/\/{2,}/g, '/') : decoded
  return rules.resolvesDots ? resolveDots(merged) : merged
}

/** A settled path in a form that may stand in a request line again. */
export function encodePath(path: string, rules: PathNormalization | undefined): string {
  const special = rules?.decodes === 'all' ? /[^!-~]|[%?#"<>]/gu : /[^!-~]|[?#"<>]/gu
  return path.replace(special, (letter) =>
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

/** RFC 3986, 5.2.4. What would lead above the root stays at it. */
function resolveDots(path: string): string {
  const kept: string[] = []
  const parts = path.split('/').slice(1)
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1
    if (part === '..') kept.pop()
    else if (part !== '.') kept.push(part)
    if (last && (part === '.' || part === '..')) kept.push('')
  }
  return `/${kept.join('/')}`
}
