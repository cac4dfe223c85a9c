import type { Option, Options, RuleSite } from '../save-format/options.ts'
import { hex, joinOptions, option, parseNumber } from '../save-format/options.ts'
import { protocolNumber, protocolText } from '../save-format/protocols.ts'
import type { MatchModule } from './match.ts'

/** Whether IPsec has protected the packet (in) or is going to (out). */
export interface PolicyMatch {
  readonly direction: 'in' | 'out'
  /** `--pol none`: the packet is in the clear. */
  readonly none: boolean
  readonly strict: boolean
  /** What is asked of each transformation, as iptables-save prints it. */
  readonly elements: readonly string[]
}

/** The order in which libxt_policy prints them. */
const elementOptions = ['reqid', 'spi', 'proto', 'mode', 'tunnel-src', 'tunnel-dst'] as const

/** Mirrors policy_mt of xt_policy. Namespaces have no IPsec policies here: every packet is in the clear. */
export const policy: MatchModule<PolicyMatch> = {
  options: {
    dir: 1,
    pol: 1,
    strict: 0,
    reqid: 1,
    spi: 1,
    proto: 1,
    mode: 1,
    'tunnel-src': 1,
    'tunnel-dst': 1,
    next: 0,
  },
  negatable: [...elementOptions],
  repeatable: [...elementOptions, 'next'],
  refuse: refuseHook,
  parse: parsePolicy,
  format: ({ direction, none, strict, elements }) =>
    joinOptions(
      `--dir ${direction} --pol ${none ? 'none' : 'ipsec'}`,
      strict && '--strict',
      elements.join(' --next '),
    ),
  test: ({ none }) => none,
}

function refuseHook({ direction }: PolicyMatch, { hook }: RuleSite): string | undefined {
  const hooks = direction === 'in' ? ['POSTROUTING', 'OUTPUT'] : ['PREROUTING', 'INPUT']
  return hook !== undefined && hooks.includes(hook)
    ? `--dir ${direction} cannot be asked in ${hook}`
    : undefined
}

function parsePolicy(options: Options): PolicyMatch {
  const direction = options.value('dir')
  if (direction !== 'in' && direction !== 'out') return options.fail('it needs --dir in or --dir out')
  const kind = options.value('pol') ?? 'ipsec'
  if (kind !== 'none' && kind !== 'ipsec') options.fail(`policy "${kind}" is not none or ipsec`)
  const strict = options.has('strict')
  const elements = kind === 'none' ? [] : readElements(options)
  if (strict && elements.some((one) => one === ''))
    options.fail('with --strict each element must ask something')
  return { direction, none: kind === 'none', strict, elements }
}

/** The elements, which `--next` parts. */
function readElements(options: Options): readonly string[] {
  const groups: Option[][] = [[]]
  for (const one of options.all) {
    if (one.name === 'next') groups.push([])
    else groups.at(-1)?.push(one)
  }
  return groups.map((group) =>
    joinOptions(
      ...elementOptions.map((name) => {
        const found = group.find((one) => one.name === name)
        return found && option(name, readValue(name, found.values[0] ?? '', options), found.inverted)
      }),
    ),
  )
}

function readValue(name: (typeof elementOptions)[number], text: string, options: Options): string {
  if (name === 'reqid') return String(parseNumber(text, 'reqid'))
  if (name === 'spi') return hex(parseNumber(text, 'SPI'))
  if (name === 'mode' && text !== 'transport' && text !== 'tunnel')
    return options.fail(`mode "${text}" is not transport or tunnel`)
  if (name === 'proto') return protocolText(protocolNumber(text))
  return text
}
