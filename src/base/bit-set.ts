/** A set of small numbers, as bits. The words are shared by nobody that changes them. */
export type BitSet = Uint32Array

/** An empty set for the numbers below `size`. */
export function emptyBits(size: number): BitSet {
  return new Uint32Array((size + 31) >>> 5)
}

/** The set of all numbers below `size`. */
export function fullBits(size: number): BitSet {
  const bits = emptyBits(size).fill(0xffffffff)
  const rest = size & 31
  if (rest !== 0) bits[bits.length - 1] = 2 ** rest - 1
  return bits
}

export function hasBit(bits: BitSet, at: number): boolean {
  return (((bits[at >>> 5] ?? 0) >>> (at & 31)) & 1) === 1
}

export function setBit(bits: BitSet, at: number): void {
  const word = at >>> 5
  bits[word] = (bits[word] ?? 0) | (1 << (at & 31))
}

/** What is in both. */
export function both(a: BitSet, b: BitSet): BitSet {
  return a.map((word, at) => word & (b[at] ?? 0))
}

/** What is in either. */
export function either(a: BitSet, b: BitSet): BitSet {
  return a.map((word, at) => word | (b[at] ?? 0))
}

/** What is in the first and not in the second. */
export function without(a: BitSet, b: BitSet): BitSet {
  return a.map((word, at) => word & ~(b[at] ?? 0))
}

export function isEmpty(bits: BitSet): boolean {
  return bits.every((word) => word === 0)
}

/** The members, in ascending order. */
export function members(bits: BitSet): readonly number[] {
  const found: number[] = []
  for (const [word, value] of bits.entries()) {
    for (let rest = value; rest !== 0; ) {
      const bit = 31 - Math.clz32(rest & -rest)
      found.push(word * 32 + bit)
      rest &= rest - 1
    }
  }
  return found
}

/** Writes a value at every member's place. */
export function writeAt(bits: BitSet, places: Uint8Array, value: number): void {
  for (let word = 0; word < bits.length; word++) {
    for (let rest = bits[word] ?? 0; rest !== 0; rest &= rest - 1) {
      places[word * 32 + 31 - Math.clz32(rest & -rest)] = value
    }
  }
}

/** Puts all members of the second into the first. */
export function addAll(to: BitSet, from: BitSet): void {
  for (let word = 0; word < to.length; word++) to[word] = (to[word] ?? 0) | (from[word] ?? 0)
}
