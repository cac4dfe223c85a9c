/** Where a value stands in a text. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** One JSON value of a stream of them. */
export interface JsonSpan extends Span {
  /** The maps and lists that the value's own list holds: the value itself, or its "items". */
  readonly items: readonly Span[]
  /** Members of all its maps, those that stand there twice counted twice. */
  readonly members: number
}

/** Where the values of a stream of JSON values stand. Nothing, if brackets do not pair off. */
export function scanJson(text: string): readonly JsonSpan[] | undefined {
  const spans: JsonSpan[] = []
  let at = skipSpace(text, 0)
  while (at < text.length) {
    const first = text.charCodeAt(at)
    const span = first === openMap || first === openList ? scanValue(text, at) : undefined
    if (!span) return undefined
    spans.push(span)
    at = skipSpace(text, span.end)
  }
  return spans
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && text.charCodeAt(at) <= 32) at++
  return at
}

const [quote, colon, openList, closeList, openMap, closeMap] = [34, 58, 91, 93, 123, 125]

/** Deeper values are left to the reader of YAML, which says so. */
const maxDepth = 1000

/** What a scan knows at one character. */
interface Scan {
  depth: number
  /** Depth of the list whose elements are wanted: 0 while it is not known, -1 when it has been read. */
  itemDepth: number
  itemStart: number
  members: number
  readonly items: Span[]
}

/** Reads one map or list in one pass over its characters; dumps have tens of millions of them. */
function scanValue(text: string, start: number): JsonSpan | undefined {
  const itemDepth = text.charCodeAt(start) === openList ? 1 : 0
  const scan: Scan = { depth: 0, itemDepth, itemStart: start, members: 0, items: [] }
  for (let at = start; at < text.length && scan.depth <= maxDepth; at++) {
    const char = text.charCodeAt(at)
    if (char === quote) at = passString(text, at, scan)
    else if (char === colon) scan.members++
    else if (char === openMap || char === openList) open(scan, at)
    else if (char === closeMap || char === closeList) close(scan, at)
    if (scan.depth === 0) return { start, end: at + 1, items: scan.items, members: scan.members }
  }
  return undefined
}

function open(scan: Scan, at: number): void {
  if (scan.depth === scan.itemDepth) scan.itemStart = at
  scan.depth++
}

function close(scan: Scan, at: number): void {
  scan.depth--
  if (scan.depth === scan.itemDepth && scan.depth > 0) scan.items.push({ start: scan.itemStart, end: at + 1 })
  if (scan.depth === 1 && scan.itemDepth === 2) scan.itemDepth = -1
}

function passString(text: string, at: number, scan: Scan): number {
  const end = endOfString(text, at)
  if (scan.depth === 1 && scan.itemDepth === 0 && opensItems(text, at, end)) scan.itemDepth = 2
  return end
}

/** Whether the string is the key "items", and a list follows it. */
function opensItems(text: string, at: number, end: number): boolean {
  return end - at === 6 && text.startsWith('"items"', at) && /^\s*:\s*\[/.test(text.slice(end + 1, end + 80))
}

/** The closing quote of the string that begins at the offset. */
function endOfString(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === 92 ? 2 : 1
  return at
}

/** Members of all maps within a value; fewer than its text has, if one of them stands there twice. */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item)
    return count
  }
  for (const item of Object.values(value)) count += 1 + countMembers(item)
  return count
}
