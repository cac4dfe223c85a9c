/** The options of `resolv.conf` that change what glibc asks, with its defaults and limits (resolv/res_init.c). */
export interface GlibcOptions {
  /** A name with at least so many dots is first tried as it is; 1 if not said, 15 at most. */
  readonly ndots: number
  /** Seconds to wait for the first server; 5 if not said, 30 at most; 0 counts as 1. */
  readonly timeout: number
  /** How often the whole list of servers is gone through; 2 if not said, 5 at most. */
  readonly attempts: number
  /** Each query begins with the next server. */
  readonly rotate: boolean
  /** A and AAAA are sent one after the other; `single-request-reopen` does so from two sockets. */
  readonly singleRequest: boolean
  readonly singleRequestReopen: boolean
  /** Queries go over TCP. */
  readonly useVc: boolean
  /** AAAA is not asked for, where both families are wanted (from glibc 2.36). */
  readonly noAaaa: boolean
  /** A name without a dot is not tried as it is. */
  readonly noTldQuery: boolean
}

/** Reads options as glibc does: the last of each name counts, and of the plain words only their beginning. */
export function glibcOptions(options: readonly string[]): GlibcOptions {
  const has = (word: string) => options.some((option) => option.startsWith(word))
  const reopen = has('single-request-reopen')
  return {
    ndots: Math.min(lastNumber(options, 'ndots:') ?? 1, 15),
    timeout: Math.min(lastNumber(options, 'timeout:') ?? 5, 30),
    attempts: Math.min(lastNumber(options, 'attempts:') ?? 2, 5),
    rotate: has('rotate'),
    singleRequest: options.some(
      (one) => one.startsWith('single-request') && !one.startsWith('single-request-reopen'),
    ),
    singleRequestReopen: reopen,
    useVc: has('use-vc'),
    noAaaa: has('no-aaaa'),
    noTldQuery: has('no-tld-query') || has('no_tld_query'),
  }
}

function lastNumber(options: readonly string[], name: string): number | undefined {
  const value = options.findLast((option) => option.startsWith(name))
  return value === undefined ? undefined : Number(/^\d*/.exec(value.slice(name.length))?.[0] ?? 0)
}

/** The options that musl knows (src/network/resolvconf.c). */
export interface MuslOptions {
  readonly ndots: number
  /** Seconds for all attempts together; 5 if not said, 60 at most. */
  readonly timeout: number
  /** How often the servers are asked within that time; 2 if not said, 10 at most. */
  readonly attempts: number
}

/** Reads options as musl does: of each name the first, and only if a digit follows. */
export function muslOptions(options: readonly string[]): MuslOptions {
  return {
    ndots: Math.min(firstNumber(options, 'ndots:') ?? 1, 15),
    timeout: Math.min(firstNumber(options, 'timeout:') ?? 5, 60),
    attempts: Math.min(firstNumber(options, 'attempts:') ?? 2, 10),
  }
}

function firstNumber(options: readonly string[], name: string): number | undefined {
  const line = options.join(' ')
  const at = line.indexOf(name)
  const digits = at < 0 ? undefined : /^\d+/.exec(line.slice(at + name.length))?.[0]
  return digits === undefined ? undefined : Number(digits)
}
