import { RuleSyntaxError } from '../../netfilter/save-format/tokens.ts'

/** The words of the short form, by the keys under which a map may say the same. */
const words: Readonly<Record<string, string>> = {
  protocol: 'protocol',
  proto: 'protocol',
  port: 'dport',
  ports: 'dport',
  dport: 'dport',
  dports: 'dport',
  sport: 'sport',
  sports: 'sport',
  from: 'from',
  source: 'from',
  src: 'from',
  to: 'to',
  destination: 'to',
  dst: 'to',
  in: 'in',
  iif: 'in',
  out: 'out',
  oif: 'out',
  interface: 'interface',
  device: 'interface',
  state: 'ctstate',
  states: 'ctstate',
  ctstate: 'ctstate',
  mark: 'mark',
}

/** An entry as text: `{ protocol: TCP, ports: [22], from: 10.0.0.0/24 }` is `protocol TCP dport 22 from 10.0.0.0/24`. */
export function entryText(entry: unknown): string {
  if (typeof entry === 'number') return String(entry)
  if (typeof entry === 'string') return entry
  if (typeof entry !== 'object' || entry === null) throw new RuleSyntaxError('an entry is a text or a map')
  const text = Object.entries(entry).flatMap(([key, value]) => {
    if (key === 'comment' || key === 'note') return []
    const word = Object.hasOwn(words, key) ? words[key] : undefined
    if (word === undefined) {
      throw new RuleSyntaxError(
        `"${key}" says nothing of a packet; expected ${Object.keys(words).join(', ')}`,
      )
    }
    return [word, Array.isArray(value) ? value.join(',') : String(value)]
  })
  return text.length === 0 ? 'any' : text.join(' ')
}
