/** Mirrors jhash2 of the kernel (include/linux/jhash.h): Bob Jenkins' lookup3 over 32-bit words. */
export function jhash2(words: readonly number[], initval: number): number {
  let length = words.length
  let a = (0xdeadbeef + (length << 2) + initval) | 0
  let b = a
  let c = a
  let at = 0
  for (; length > 3; length -= 3, at += 3) {
    a = (a + (words[at] ?? 0)) | 0
    b = (b + (words[at + 1] ?? 0)) | 0
    c = (c + (words[at + 2] ?? 0)) | 0
    ;[a, b, c] = mix(a, b, c)
  }
  if (length >= 3) c = (c + (words[at + 2] ?? 0)) | 0
  if (length >= 2) b = (b + (words[at + 1] ?? 0)) | 0
  if (length >= 1) {
    a = (a + (words[at] ?? 0)) | 0
    c = final(a, b, c)
  }
  return c >>> 0
}

function rol(value: number, shift: number): number {
  return (value << shift) | (value >>> (32 - shift))
}

function mix(x: number, y: number, z: number): [number, number, number] {
  let [a, b, c] = [x, y, z]
  a = (a - c) ^ rol(c, 4)
  c = (c + b) | 0
  b = (b - a) ^ rol(a, 6)
  a = (a + c) | 0
  c = (c - b) ^ rol(b, 8)
  b = (b + a) | 0
  a = (a - c) ^ rol(c, 16)
  c = (c + b) | 0
  b = (b - a) ^ rol(a, 19)
  a = (a + c) | 0
  c = (c - b) ^ rol(b, 4)
  b = (b + a) | 0
  return [a | 0, b | 0, c | 0]
}

function final(x: number, y: number, z: number): number {
  let [a, b, c] = [x, y, z]
  c = (c ^ b) - rol(b, 14)
  a = (a ^ c) - rol(c, 11)
  b = (b ^ a) - rol(a, 25)
  c = (c ^ b) - rol(b, 16)
  a = (a ^ c) - rol(c, 4)
  b = (b ^ a) - rol(a, 14)
  c = (c ^ b) - rol(b, 24)
  return c
}

/** reciprocal_scale: a hash spread over `range` values. */
export function reciprocalScale(value: number, range: number): number {
  return Number((BigInt(value >>> 0) * BigInt(range)) >> 32n)
}
