/** Orders texts by their UTF-16 code units: the same on every machine, unlike a locale's order. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Orders by a text that is computed from each value. */
export function by<T>(key: (value: T) => string): (a: T, b: T) => number {
  return (a, b) => byText(key(a), key(b))
}
