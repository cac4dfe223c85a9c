import type { Cni } from './cni.ts'
import { kindnet } from './kindnet.ts'

/** Every network plugin that is modelled, by name. */
export const cnis: Readonly<Record<string, Cni>> = { kindnet }

/** The plugin that stands in where none is named. */
export const defaultCni: Cni = kindnet
