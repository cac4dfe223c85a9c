/** Thrown when kubewalk itself is wrong: never for a bad input and never for a packet's fate. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Asserts what the code relies on; a failure is a bug in kubewalk. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}
