import { sha1 } from '@noble/hashes/legacy.js'
import { sha224, sha256, sha512 } from '@noble/hashes/sha2.js'
import { sha3_224 } from '@noble/hashes/sha3.js'

const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const encoder = new TextEncoder()

const ascii = new Uint8Array(1024)

/** A text's bytes, which the next call overwrites. What is plain ASCII and short needs no encoder, which is slow. */
function utf8(text: string): Uint8Array {
  if (text.length > ascii.length) return encoder.encode(text)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 127) return encoder.encode(text)
    ascii[at] = code
  }
  return ascii.subarray(0, text.length)
}

/** The first characters of the base32 (RFC 4648, no padding) form of a text's SHA-256. At most 51. */
export function sha256Base32(text: string, length: number): string {
  const digest = sha256(utf8(text))
  const codes: number[] = []
  let buffer = 0
  let bits = 0
  for (let at = 0; codes.length < length; at++) {
    buffer = ((buffer << 8) | (digest[at] ?? 0)) & 0xffff
    for (bits += 8; bits >= 5 && codes.length < length; bits -= 5) {
      codes.push(base32Alphabet.charCodeAt((buffer >>> (bits - 5)) & 31))
    }
  }
  return String.fromCharCode(...codes)
}

/** A text's SHA-256 in 64 hexadecimal digits, which sort as the bytes do. */
export function sha256Hex(text: string): string {
  return hex(sha256(utf8(text)))
}

/** A text's SHA-1 in 40 hexadecimal digits: plugins name devices by it. */
export function sha1Hex(text: string): string {
  return hex(sha1(utf8(text)))
}

/** A text's SHA-512 in 128 hexadecimal digits. */
export function sha512Hex(text: string): string {
  return hex(sha512(utf8(text)))
}

/** A text's SHA-256 in base64url (RFC 4648, 5), without padding. */
export function sha256Base64Url(text: string): string {
  return base64Url(sha256(utf8(text)))
}

/** A text's SHA-224 in base64url, without padding. */
export function sha224Base64Url(text: string): string {
  return base64Url(sha224(utf8(text)))
}

/** A text's SHA3-224 in base64url, without padding. */
export function sha3224Base64Url(text: string): string {
  return base64Url(sha3_224(utf8(text)))
}

/**
 * SHA-224 of each text after the hash of what stood before it, the first after that of the seed; in base64url. So each
 * says where its text stands.
 */
export function chainedSha224(seed: string, texts: readonly string[]): readonly string[] {
  let last = sha224(encoder.encode(seed))
  return texts.map((text) => {
    last = sha224(Uint8Array.from([...last, ...encoder.encode(text)]))
    return base64Url(last)
  })
}

function base64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** FNV-1a, 32 bits, over the UTF-8 bytes of a text: spreads names evenly and says the same on any machine. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  const bytes = utf8(text)
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  return hash >>> 0
}
