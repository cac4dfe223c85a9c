import type { CniInput } from '../cni.ts'

/** The settings of `--cni NAME:key=value,…` and of the Environment's `cni`, by type; a value of another type is told. */
export interface Settings {
  text(name: string, otherwise: string): string
  flag(name: string, otherwise: boolean): boolean
  number(name: string): number | undefined
  /** Texts with commas, or a list. */
  list(name: string): readonly string[] | undefined
}

/** What the user has set of a plugin. */
export function readSettings({ settings, report }: CniInput, plugin: string): Settings {
  const wrong = (name: string, expected: string) => {
    report(
      'invalid-setting',
      `the setting ${name} of ${plugin}: "${String(settings[name])}" is not ${expected}`,
    )
  }
  const isSet = (name: string) => settings[name] !== undefined && settings[name] !== null
  return {
    text: (name, otherwise) => (isSet(name) ? String(settings[name]) : otherwise),
    flag: (name, otherwise) => {
      if (!isSet(name)) return otherwise
      const text = String(settings[name]).toLowerCase()
      if (text === 'true' || text === 'false') return text === 'true'
      wrong(name, 'true or false')
      return otherwise
    },
    number: (name) => {
      if (!isSet(name)) return undefined
      const value = Number(settings[name])
      if (Number.isInteger(value) && value >= 0) return value
      wrong(name, 'a whole number')
      return undefined
    },
    list: (name) => {
      if (!isSet(name)) return undefined
      const value: unknown = settings[name]
      return Array.isArray(value) ? value.map(String) : String(value).split(/[,;]/)
    },
  }
}
