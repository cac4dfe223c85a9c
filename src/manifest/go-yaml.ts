import type { ScalarTag } from 'yaml'

/**
 * The scalars of goyaml.v2's resolve.go, by which kubectl reads YAML: YAML 1.1's booleans, Go's four forms of
 * integers, decimal floats. Timestamps, sexagesimals and binary stay text.
 */

const trueTexts = ['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']
const falseTexts = ['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']

/** Whether this text is a boolean for kubectl though YAML 1.2 and most people take it for a word. */
export function isOldBoolean(text: string): boolean {
  return (trueTexts.includes(text) || falseTexts.includes(text)) && !/^(true|false)$/i.test(text)
}

const booleanTag: ScalarTag = {
  identify: (value) => typeof value === 'boolean',
  default: true,
  tag: 'tag:yaml.org,2002:bool',
  test: /^(?:[yY]|[yY]es|YES|[tT]rue|TRUE|[oO]n|ON|[nN]|[nN]o|NO|[fF]alse|FALSE|[oO]ff|OFF)$/,
  resolve: (text) => trueTexts.includes(text),
}

const integerTag: ScalarTag = {
  identify: (value) => typeof value === 'bigint' || Number.isInteger(value),
  default: true,
  tag: 'tag:yaml.org,2002:int',
  test: /^[-+]?(?:0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|[0-9][0-9_]*)$/,
  resolve: (text, onError) => {
    const value = readInteger(text)
    if (value === undefined) onError(`"${text}" is no integer`)
    return value ?? text
  },
}

const floatTag: ScalarTag = {
  identify: (value) => typeof value === 'number',
  default: true,
  tag: 'tag:yaml.org,2002:float',
  test: /^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  resolve: (text) => {
    if (/nan/i.test(text)) return Number.NaN
    if (/inf/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    return Number(text)
  },
}

/** An integer beyond 2^53 stays a bigint, so that no digit is lost and validation can name it. */
function readInteger(text: string): number | bigint | undefined {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '')
  const prefixed = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits
  try {
    const magnitude = BigInt(
      /^0\d/.test(prefixed) ? prefixed.replace(/^0+/, '') || '0' : prefixed.toLowerCase(),
    )
    const value = text.startsWith('-') ? -magnitude : magnitude
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  } catch {
    return undefined
  }
}

export const goYamlTags: readonly ScalarTag[] = [booleanTag, integerTag, floatTag]
