import { distance as editDistance } from 'fastest-levenshtein'

/** The one of the names that a typing error would turn into this one, if there is one. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  const limit = word.length <= 4 ? 1 : 2
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const name of names) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase())
    if (distance <= limit && distance < (best?.distance ?? limit + 1)) best = { name, distance }
  }
  return best?.name
}
