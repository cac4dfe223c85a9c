/**
 * The same set with IPv6 addresses: each IPv4 address becomes the last 32 bits of one in 2001:db8::/96, so that what was
 * inside of what still is. Blocks of everything, and of the other family, change places.
 */
export function overIpv6<T>(value: T): T
export function overIpv6(value: unknown): unknown {
  if (typeof value === 'string') return addressOverIpv6(value)
  if (Array.isArray(value)) return value.map((one) => overIpv6(one))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, overIpv6(inner)]))
}

const others: Readonly<Record<string, string>> = {
  '0.0.0.0/0': '::/0',
  '::/0': '0.0.0.0/0',
  '2001:db8::/32': '192.0.2.0/24',
}

function addressOverIpv6(text: string): string {
  const other = others[text]
  if (other !== undefined) return other
  const found = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text)
  if (!found) return text
  const [a = 0, b = 0, c = 0, d = 0] = found.slice(1, 5).map(Number)
  const address = `2001:db8::${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  return found[5] === undefined ? address : `${address}/${96 + Number(found[5])}`
}
