import { dotsIn } from './names.ts'
import { glibcOptions } from './options.ts'
import type { ResolvConf } from './resolv-conf.ts'

/**
 * The names that a tool tries for one that it is given, in order, all absolute: along the search list unless the name
 * ends in a dot; the name as it stands first, if it has at least `ndots` dots. Mirrors res_nsearch, for records other
 * than addresses.
 */
export function searchedNames(name: string, conf: ResolvConf): readonly string[] {
  if (name.endsWith('.')) return [name]
  const { ndots } = glibcOptions(conf.options)
  const along = conf.searches.map((suffix) =>
    suffix === '.' ? `${name}.` : `${name}.${suffix.replace(/\.$/, '')}.`,
  )
  return dotsIn(name) >= ndots ? [`${name}.`, ...along] : [...along, `${name}.`]
}
