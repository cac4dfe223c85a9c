/** A value of DER: its tag, and where its content begins and ends. */
interface DerValue {
  readonly tag: number
  readonly start: number
  readonly end: number
}

/** 2.5.29.17, subjectAltName. */
const alternativeNameOid = '551d11'

/** The tag of a dNSName within GeneralNames (RFC 5280, 4.2.1.6). */
const dnsNameTag = 0x82

/**
 * The DNS names that the first certificate of a PEM text is for: its subjectAltName, which is all that clients look
 * at (RFC 9110, 4.3.4). `unknown` if it is no certificate.
 */
export function certificateNames(pem: string): readonly string[] | 'unknown' {
  const body = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/.exec(pem)?.[1]
  const bytes = body === undefined ? undefined : decodeBase64(body)
  if (!bytes) return 'unknown'
  const [certificate] = valuesIn(bytes, 0, bytes.length)
  const [signed] = childrenOf(bytes, certificate)
  if (!signed) return 'unknown'
  const extensions = childrenOf(bytes, signed).find((one) => one.tag === 0xa3)
  const [list] = childrenOf(bytes, extensions)
  return childrenOf(bytes, list).flatMap((extension) => dnsNamesOf(bytes, extension))
}

/** The bytes of a base64 text; nothing, if it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const compact = text.replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.length % 4 !== 0) return undefined
  return Uint8Array.from(atob(compact), (letter) => letter.charCodeAt(0))
}

/** An extension is an identifier, perhaps a flag, and an octet string with the value. */
function dnsNamesOf(bytes: Uint8Array, extension: DerValue): readonly string[] {
  const parts = childrenOf(bytes, extension)
  const [oid] = parts
  const content = parts.at(-1)
  if (!oid || !content || hexOf(bytes, oid) !== alternativeNameOid) return []
  const [names] = valuesIn(bytes, content.start, content.end)
  return childrenOf(bytes, names)
    .filter((one) => one.tag === dnsNameTag)
    .map(({ start, end }) => String.fromCharCode(...bytes.subarray(start, end)))
}

function hexOf(bytes: Uint8Array, { start, end }: DerValue): string {
  return [...bytes.subarray(start, end)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function childrenOf(bytes: Uint8Array, parent: DerValue | undefined): readonly DerValue[] {
  return parent ? valuesIn(bytes, parent.start, parent.end) : []
}

/** The values that stand one after the other; it ends where one does not fit. */
function valuesIn(bytes: Uint8Array, from: number, to: number): readonly DerValue[] {
  const values: DerValue[] = []
  let at = from
  while (at + 2 <= to) {
    const tag = bytes[at] ?? 0
    const first = bytes[at + 1] ?? 0
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f
    let length = lengthBytes === 0 ? first : 0
    for (let index = 0; index < lengthBytes; index++) length = length * 256 + (bytes[at + 2 + index] ?? 0)
    const start = at + 2 + lengthBytes
    if (start + length > to) return values
    values.push({ tag, start, end: start + length })
    at = start + length
  }
  return values
}
