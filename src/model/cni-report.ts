import type { ObjectRef, SourceLocation } from '../base/source.ts'
import type { CniFacts } from './cni-facts.ts'

/** A network plugin that is modelled. */
export interface CniEntry {
  readonly name: string
  /** Other names that people write. */
  readonly aliases: readonly string[]
  readonly facts: CniFacts
}

/** Why a cluster is taken to run its plugin. */
export type CniChoice = 'option' | 'environment' | 'found' | 'assumed'

/** The plugin that a cluster runs. */
export interface RunningCni {
  readonly name: string
  readonly chosenBy: CniChoice
  /** The object that shows it, and where. */
  readonly foundBy?: ObjectRef
  readonly at?: SourceLocation
  /** Its configuration with the defaults filled in. */
  readonly configuration: Readonly<Record<string, unknown>>
}
