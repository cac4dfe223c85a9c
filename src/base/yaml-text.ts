/** Plain data as YAML is made of: no dates, no functions. */
export type YamlValue =
  | string
  | number
  | boolean
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue }

/** A value in one line, in YAML's flow style: `{protocol: TCP, port: 8080}`. */
export function flowYaml(value: YamlValue): string {
  if (isList(value)) return `[${value.map(flowYaml).join(', ')}]`
  if (typeof value !== 'object') return scalar(value)
  const fields = Object.entries(value).map(([key, one]) => `${scalar(key)}: ${flowYaml(one)}`)
  return `{${fields.join(', ')}}`
}

/** A value in lines, in YAML's block style, as manifests are written: lists begin at their key's column plus two. */
export function blockYaml(value: YamlValue): readonly string[] {
  if (isList(value)) return value.length === 0 ? ['[]'] : value.flatMap((one) => afterMark('- ', one))
  if (typeof value !== 'object') return [scalar(value)]
  const fields = Object.entries(value)
  return fields.length === 0 ? ['{}'] : fields.flatMap(([key, one]) => field(scalar(key), one))
}

function afterMark(mark: string, value: YamlValue): readonly string[] {
  return blockYaml(value).map((line, index) => `${index === 0 ? mark : ' '.repeat(mark.length)}${line}`)
}

function field(key: string, value: YamlValue): readonly string[] {
  const isShort = typeof value !== 'object' || Object.keys(value).length === 0
  if (isShort) return [`${key}: ${blockYaml(value).join('')}`]
  return [`${key}:`, ...blockYaml(value).map((line) => `  ${line}`)]
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value)
}

/** Words that YAML 1.1 reads as something else than the text that they are. */
const reserved = /^(?:true|false|yes|no|on|off|null|y|n|~)$/i

/** Texts that need no quotes: they begin with a letter or a digit, and are neither numbers nor times. */
const plain = /^[a-z][\w./-]*$|^\d+(?:\.\d+){3}(?:\/\d+)?$/i

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value)
  return plain.test(value) && !reserved.test(value) ? value : JSON.stringify(value)
}
