/** Reads a whole number as strconv.Atoi does; its complaint, if it is none. */
export function atoi(text: string): number | { readonly error: string } {
  if (/^[+-]?\d+$/.test(text)) return Number(text)
  return { error: `strconv.Atoi: parsing ${quote(text)}: invalid syntax` }
}

/** Reads a whole number from 0 up as strconv.ParseUint does. */
export function parseUint(text: string, bits: number): number | { readonly error: string } {
  if (!/^\d+$/.test(text)) return { error: `strconv.ParseUint: parsing ${quote(text)}: invalid syntax` }
  if (Number(text) < 2 ** bits) return Number(text)
  return { error: `strconv.ParseUint: parsing ${quote(text)}: value out of range` }
}

const seconds: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
}

/** Reads a duration as time.ParseDuration does, in seconds. */
export function parseDuration(text: string): number | { readonly error: string } {
  const unsigned = text.replace(/^[+-]/, '')
  const sign = text.startsWith('-') ? -1 : 1
  if (unsigned === '0') return 0
  const parts = [...unsigned.matchAll(/(\d+\.?\d*|\.\d+)([a-zµμ]*)/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== unsigned) {
    return { error: `time: invalid duration ${quote(text)}` }
  }
  let total = 0
  for (const [, value, unit = ''] of parts) {
    const factor = seconds[unit]
    if (unit === '') return { error: `time: missing unit in duration ${quote(text)}` }
    if (factor === undefined) {
      return { error: `time: unknown unit ${quote(unit)} in duration ${quote(text)}` }
    }
    total += Number(value) * factor
  }
  return sign * total
}

/** `%q` of Go for ordinary text. */
export function quote(text: string): string {
  return JSON.stringify(text)
}

/** Whether the text is `host:port`, as net.SplitHostPort takes it; its complaint, if not. */
export function hostPortError(text: string): string | undefined {
  if (!/:[^:\]]*$/.test(text)) return `address ${text}: missing port in address`
  if (!text.startsWith('[') && text.split(':').length > 2) {
    return `address ${text}: too many colons in address`
  }
  return undefined
}
