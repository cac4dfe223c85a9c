/** How text is marked up: with ANSI colours, or not at all. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
  readonly name: (text: string) => string
}

const same = (text: string) => text

/** No markup: for pipes, files and NO_COLOR. */
export const plain: Style = { bold: same, dim: same, good: same, bad: same, warn: same, name: same }

const ansi = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`

/** ANSI colours: for terminals. */
export const colored: Style = {
  bold: ansi(1, 22),
  dim: ansi(2, 22),
  good: ansi(32, 39),
  bad: ansi(31, 39),
  warn: ansi(33, 39),
  name: ansi(36, 39),
}

const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g')

/** The number of columns that a text takes, markup aside. */
export function width(text: string): number {
  return [...text.replace(escapes, '')].length
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)))
}
