import { distance as editDistance } from 'fastest-levenshtein'

/** The one of the names that a typing error would turn into this one, if there is one. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  const limit = word.length <= 4 ? 1 : 2
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const name of names) {
    const distance = typingDistance(word.toLowerCase(), name.toLowerCase())
    if (distance <= limit && distance < (best?.distance ?? limit + 1)) best = { name, distance }
  }
  return best?.name
}

/** Edit distance in which two letters in each other's place are one mistake. */
function typingDistance(word: string, name: string): number {
  const at = [...word].findIndex((letter, index) => letter !== name[index])
  const swapped = `${word.slice(0, at)}${word[at + 1] ?? ''}${word[at] ?? ''}${word.slice(at + 2)}`
  return word !== name && swapped === name ? 1 : editDistance(word, name)
}
