import type { SourceLocation } from '../../base/source.ts'
import { formatRef } from '../../base/source.ts'
import type { Environment } from '../../model/environment.ts'
import type { Located } from '../../model/objects.ts'
import type { Completion } from './completion.ts'

/** A setting as an object of the input states it. */
export interface Stated<T> {
  readonly value: T
  /** The object and its field, for messages. */
  readonly from: string
  readonly at?: SourceLocation
}

/** What an object states in a field; nothing, if it leaves the field out or empty. */
export function statedIn<O, T>(
  located: Located<O> | undefined,
  path: readonly string[],
  read: (object: O) => T | undefined,
): readonly Stated<NonNullable<T>>[] {
  const value = located && read(located.object)
  if (!located || value === undefined || value === null || value === '') return []
  const from = `${path.join('.')} of ${formatRef(located.ref)}`
  return [{ value, from, at: located.locate(path) }]
}

/** What the Environment states in a field of its spec. */
export function statedInEnvironment<T>(
  { objects }: Completion,
  path: readonly string[],
  read: (environment: Environment) => T | undefined,
): readonly Stated<NonNullable<T>>[] {
  return statedIn(objects.Environment[0], ['spec', ...path], ({ spec = {} }) => read(spec))
}

/** The first of the statements counts; those that contradict it are told. */
export function chooseStated<T>(
  { report }: Completion,
  statements: readonly Stated<T>[],
  agree: (a: T, b: T) => boolean = Object.is,
): Stated<T> | undefined {
  const [first, ...others] = statements
  for (const other of others) {
    if (!first || agree(first.value, other.value)) continue
    report(
      'configuration-conflict',
      `${other.from} is ${String(other.value)}, but ${first.from} is ${String(first.value)}, which counts`,
      { ...(other.at && { at: other.at }), fix: 'make the two agree' },
    )
  }
  return first
}
