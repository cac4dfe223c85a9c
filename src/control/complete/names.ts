import { fnv1a } from '../../base/hash.ts'

/** The letters of generated names (k8s.io/apimachinery/pkg/util/rand): no vowels, no look-alikes. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** A suffix of the form that the API server generates, the same for the same seed. */
export function nameSuffix(seed: string, length = 5): string {
  let out = ''
  for (let round = 0; out.length < length; round++) {
    let hash = fnv1a(`${seed} ${round}`)
    for (let count = 0; count < 5 && out.length < length; count++) {
      out += alphabet[hash % alphabet.length]
      hash = Math.floor(hash / alphabet.length)
    }
  }
  return out
}

/** MaxGeneratedNameLength: what is left of 63 letters before the five that are generated. */
export const maxGeneratedBase = 58

/** A name as the API server makes it from `metadata.generateName`, whose end is cut off where it is too long. */
export function generatedName(base: string, seed: string): string {
  return base.slice(0, maxGeneratedBase) + nameSuffix(seed)
}

/**
 * A pod-template-hash in its real form (a 32-bit number through SafeEncodeString). The number itself is a hash of
 * Go's in-memory template and is not reproduced.
 */
export function templateHash(seed: string): string {
  const digits = String(fnv1a(seed))
  return [...digits].map((digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('')
}
