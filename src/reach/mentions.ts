import type { Cidr, Ip } from '../base/ip.ts'
import { hostCidr, parseCidr, parseIp } from '../base/ip.ts'

/** Where and how a text stands in data, by the text; and the blocks and addresses that the data name. */
export interface Mentions {
  of(text: string): string
  readonly blocks: readonly Cidr[]
}

/** Goes through data for everything that can be about one pod, one node or one address. */
export function mentionsIn(data: unknown): Mentions {
  const found = new Map<string, string[]>()
  const blocks = new Map<string, Cidr>()
  const add = (text: string, what: string) => {
    const list = found.get(text)
    if (list) list.push(what)
    else found.set(text, [what])
  }
  const visitText = (text: string, path: string) => {
    add(text, path)
    for (const word of text.split(/[\s,;=()[\]{}"']+/)) {
      const block = blockOf(word)
      if (block) blocks.set(word, block)
    }
  }
  const visitEntry = (key: string, value: unknown, path: string) => {
    add(key, `${path}.* ${textOf(value)}`)
    visitText(key, `${path} key`)
    visit(value, `${path}.${key}`)
  }
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'string') visitText(value, path)
    else if (Array.isArray(value)) for (const one of value) visit(one, `${path}[]`)
    else if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value)) visitEntry(key, one, path)
  }
  visit(data, '')
  return { of: (text) => (found.get(text) ?? []).join('\n'), blocks: [...blocks.values()] }
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}` : one))
}

function blockOf(word: string): Cidr | undefined {
  const plain = word.replace(/^!/, '')
  const cidr = parseCidr(plain)
  if (cidr) return cidr
  const ip: Ip | undefined = parseIp(plain) ?? parseIp(plain.replace(/:\d+$/, ''))
  return ip === undefined ? undefined : hostCidr(ip)
}
