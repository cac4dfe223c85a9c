/** Several things in one sentence: the first few, and how many more. */
export function listed(things: readonly string[], most = 4): string {
  if (things.length > most + 1) return `${things.slice(0, most).join(', ')} and ${things.length - most} more`
  if (things.length < 2) return things.join('')
  return `${things.slice(0, -1).join(', ')} and ${things.at(-1)}`
}

/** `1 rule`, `3 rules`. */
export function counted(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`
}

/** `is` or `are`. */
export function be(things: readonly unknown[]): string {
  return things.length === 1 ? 'is' : 'are'
}
