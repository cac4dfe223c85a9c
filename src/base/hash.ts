import { sha256 } from '@noble/hashes/sha2.js'

const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const encoder = new TextEncoder()

/** The first characters of the base32 (RFC 4648, no padding) form of a text's SHA-256. At most 51. */
export function sha256Base32(text: string, length: number): string {
  const digest = sha256(encoder.encode(text))
  let out = ''
  let buffer = 0
  let bits = 0
  for (let at = 0; out.length < length; at++) {
    buffer = ((buffer << 8) | (digest[at] ?? 0)) & 0xffff
    for (bits += 8; bits >= 5 && out.length < length; bits -= 5) {
      out += base32Alphabet[(buffer >>> (bits - 5)) & 31]
    }
  }
  return out
}

/** FNV-1a, 32 bits, over the UTF-8 bytes of a text: spreads names evenly and says the same on any machine. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
