/** One condition of a label selector; all of them must hold. */
export type LabelRequirement =
  | { readonly operator: 'exists' | 'not-exists'; readonly key: string }
  | { readonly operator: 'in' | 'not-in'; readonly key: string; readonly values: readonly string[] }
  | { readonly operator: 'greater' | 'less'; readonly key: string; readonly than: number }

/** Why a selector cannot be read. */
export interface SelectorError {
  readonly message: string
}

const keyForm = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const valueForm = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/

/**
 * Reads a selector as kubectl's `-l` takes it: `a=b`, `a==b`, `a!=b`, `a`, `!a`, `a in (b,c)`, `a notin (b,c)`,
 * `a>1`, `a<1`, joined by commas. Mirrors labels.Parse of k8s.io/apimachinery.
 */
export function parseLabelSelector(text: string): readonly LabelRequirement[] | SelectorError {
  const requirements: LabelRequirement[] = []
  for (const part of splitTerms(text)) {
    const read = parseRequirement(part.trim())
    if ('message' in read) return read
    requirements.push(read)
  }
  return requirements
}

/** At the commas that stand outside parentheses; an empty text has no terms. */
function splitTerms(text: string): readonly string[] {
  if (text.trim() === '') return []
  return text.split(/,(?![^(]*\))/)
}

function parseRequirement(term: string): LabelRequirement | SelectorError {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(term)
  if (set) {
    const [, key = '', word, list = ''] = set
    const values = list.split(',').map((one) => one.trim())
    return checked({ operator: word === 'in' ? 'in' : 'not-in', key, values }, term)
  }
  const compared = /^(\S+?)\s*([<>])\s*(-?\d+)$/.exec(term)
  if (compared) {
    const [, key = '', sign, than] = compared
    return checked({ operator: sign === '>' ? 'greater' : 'less', key, than: Number(than) }, term)
  }
  const equals = /^([^\s=!]+)\s*(==|=|!=)\s*(\S*)$/.exec(term)
  if (equals) {
    const [, key = '', sign, value = ''] = equals
    return checked({ operator: sign === '!=' ? 'not-in' : 'in', key, values: [value] }, term)
  }
  const [, bang, key = ''] = /^(!?)\s*(.*)$/.exec(term) ?? []
  return checked({ operator: bang ? 'not-exists' : 'exists', key }, term)
}

function checked(requirement: LabelRequirement, term: string): LabelRequirement | SelectorError {
  if (!keyForm.test(requirement.key)) return { message: `"${requirement.key || term}" is not a label key` }
  const wrong = 'values' in requirement && requirement.values.find((one) => !valueForm.test(one))
  return typeof wrong === 'string' ? { message: `"${wrong}" is not a label value` } : requirement
}

/** Whether labels satisfy every requirement. Mirrors labels.Requirement.Matches: `!=` and `notin` hold where the key is missing. */
export function selectsLabels(
  requirements: readonly LabelRequirement[],
  labels: Readonly<Record<string, string>>,
): boolean {
  return requirements.every((one) => {
    const value = Object.hasOwn(labels, one.key) ? labels[one.key] : undefined
    switch (one.operator) {
      case 'exists':
        return value !== undefined
      case 'not-exists':
        return value === undefined
      case 'in':
        return value !== undefined && one.values.includes(value)
      case 'not-in':
        return value === undefined || !one.values.includes(value)
      case 'greater':
        return /^-?\d+$/.test(value ?? '') && Number(value) > one.than
      case 'less':
        return /^-?\d+$/.test(value ?? '') && Number(value) < one.than
      default:
        return one satisfies never
    }
  })
}
