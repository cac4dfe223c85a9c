import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseCorefile } from '../../src/dns/coredns/corefile/parse.ts'

const path = process.env['COREDNS_RECORDED'] ?? join(import.meta.dirname, '../recorded/coredns')

/** A Corefile and what the real CoreDNS ended with; null, where it served. */
interface Recorded {
  readonly corefile: string
  readonly files?: Readonly<Record<string, string>>
  readonly error: string | null
}

const recorded: readonly Recorded[] = readFileSync(join(path, 'broken.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))

/** What CoreDNS says first of all that is wrong. */
function firstError({ corefile, files = {} }: Recorded): string | null {
  const hosts = readFileSync(join(path, 'etc/hosts'), 'utf8')
  const { errors } = parseCorefile(corefile, {
    locate: (line, column) => ({ file: 'Corefile', line, column }),
    files: new Map([...Object.entries(files), ['/etc/hosts', hosts]]),
    environment: new Map(),
  })
  return errors[0]?.message ?? null
}

/** Plugins that are not modelled, whose arguments are therefore not read. */
const unread =
  'auto cancel debug dns64 erratic grpc multisocket pprof secondary sign timeouts tls transfer view'.split(
    ' ',
  )

/** What else is not found, and why. */
const unfound: ReadonlyMap<string, string> = new Map([
  ['not a valid IP address or interface name: "nothing0"', 'which devices there are is not known'],
  ['no command contained in', 'the arguments of `on` are not read'],
])

function isUnread({ error }: Recorded): boolean {
  if (error === null) return false
  return (
    unread.some((name) => error.startsWith(`plugin/${name}: `)) ||
    [...unfound.keys()].some((text) => error.includes(text))
  )
}

/** The words of miekg/dns about a zone file and of Kubernetes about a selector are cut off: they are others here. */
function comparable(error: string | null): string | undefined {
  return error
    ?.trim()
    .replace(/ with error .*/s, '')
    .replace(/: couldn't parse the selector.*/s, '')
}

test('each Corefile is refused with the words of CoreDNS, or taken as CoreDNS takes it', () => {
  const wrong = recorded
    .filter((row) => !isUnread(row))
    .flatMap((row) => {
      const error = firstError(row)
      return comparable(error) === comparable(row.error)
        ? []
        : [`${JSON.stringify(row.corefile)}\n  expected ${row.error}\n  given    ${error}`]
    })
  expect(wrong).toEqual([])
})
