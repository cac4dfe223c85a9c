import type { Located } from '../../model/objects.ts'

/** An object that no file holds. */
export function assumedObject<T>(
  kind: string,
  namespace: string | undefined,
  name: string,
  object: T,
): Located<T> {
  return {
    object,
    ref: { kind, ...(namespace !== undefined && { namespace }), name },
    locate: () => ({ file: '(assumed)', line: 1, column: 1 }),
  }
}
