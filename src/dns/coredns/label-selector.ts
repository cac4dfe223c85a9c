/** One demand on labels. */
interface Requirement {
  readonly key: string
  readonly operator: 'in' | 'notin' | 'exists' | 'absent'
  readonly values: readonly string[]
}

/** A label selector as a Corefile writes it: `app=web,tier in (a, b),!old`. */
export type Selector = readonly Requirement[]

const setBased = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/
const equality = /^([^=!\s]+)\s*(==?|!=)\s*(\S*)$/

/** Mirrors metav1.ParseToLabelSelector; `undefined` if the text is none. */
export function parseSelector(text: string): Selector | undefined {
  const requirements = splitRequirements(text).map(parseRequirement)
  return requirements.every((one) => one !== undefined) ? requirements : undefined
}

/** Splits at the commas outside of parentheses. */
function splitRequirements(text: string): readonly string[] {
  return (text.match(/(?:\([^)]*\)|[^,])+/g) ?? []).map((part) => part.trim())
}

function parseRequirement(text: string): Requirement | undefined {
  const set = setBased.exec(text)
  if (set?.[1] !== undefined) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim())
    return { key: set[1], operator: set[2] === 'in' ? 'in' : 'notin', values }
  }
  const equal = equality.exec(text)
  if (equal?.[1] !== undefined) {
    return { key: equal[1], operator: equal[2] === '!=' ? 'notin' : 'in', values: [equal[3] ?? ''] }
  }
  if (/^![^\s!=]+$/.test(text)) return { key: text.slice(1), operator: 'absent', values: [] }
  return /^[^\s!=()]+$/.test(text) ? { key: text, operator: 'exists', values: [] } : undefined
}

/** Whether an object's labels meet all demands. Mirrors labels.Selector.Matches. */
export function selects(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = labels[key]
    if (operator === 'exists') return value !== undefined
    if (operator === 'absent') return value === undefined
    return operator === 'in'
      ? value !== undefined && values.includes(value)
      : value === undefined || !values.includes(value)
  })
}
