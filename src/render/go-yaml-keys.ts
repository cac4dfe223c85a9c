/** Orders keys as go-yaml does: letters by code point, after all else; runs of digits as numbers. Mirrors keyList.Less. */
export function byNaturalOrder(a: string, b: string): number {
  const left = [...a]
  const right = [...b]
  const at = left.findIndex((char, index) => char !== right[index])
  const [x, y] = [left[at], right[at]]
  if (x === undefined || y === undefined) return left.length - right.length
  const [xLetter, yLetter] = [isLetter(x), isLetter(y)]
  if (xLetter && yLetter) return byCodePoint(x, y)
  if (xLetter || yLetter) return yLetter ? -1 : 1
  return byDigits(left, right, at) || byCodePoint(x, y)
}

function isLetter(char: string): boolean {
  return /^\p{L}$/u.test(char)
}

function byCodePoint(a: string, b: string): number {
  return (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0)
}

/** The numbers that begin here, then their lengths. Zeros after a significant digit belong to the number before. */
function byDigits(left: readonly string[], right: readonly string[], at: number): number {
  const zero = left[at] === '0' || right[at] === '0'
  const prefix = zero && /[1-9]\d*$/.test(left.slice(0, at).join('')) ? '1' : ''
  const digits = (list: readonly string[]) => /^\d*/.exec(list.slice(at).join(''))?.[0] ?? ''
  const [x, y] = [digits(left), digits(right)]
  const difference = Number(prefix + x) - Number(prefix + y)
  return difference || x.length - y.length
}
