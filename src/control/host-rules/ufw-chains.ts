/** What a default is: `deny` drops, `reject` drops in the policy and answers in a chain of its own. */
export type UfwDefault = 'allow' | 'deny' | 'reject'

/** What decides about ufw's chains beside the rules that a user adds. */
export interface UfwSettings {
  readonly defaults: Readonly<Record<'input' | 'forward' | 'output', UfwDefault>>
  /** LOGLEVEL low, as it is installed, or off. */
  readonly logs: boolean
}

/** Lines of table filter, of which those of the user's rules are left out. */
export interface UfwChains {
  readonly policies: readonly string[]
  readonly chains: readonly string[]
  readonly rules: readonly string[]
}

const hooks = ['input', 'forward', 'output'] as const

/**
 * The chains that ufw 0.36 makes: its files before.rules, after.rules and user.rules, and what ufw-init and `ufw
 * default` add to them. As recorded from 0.36.2 of Debian 12 (test/recorded/host-rules).
 */
export function ufwChains(family: 4 | 6, settings: UfwSettings): UfwChains {
  const own = family === 4 ? 'ufw' : 'ufw6'
  const rules = [
    ...hooks.flatMap((hook) => jumpsOf(own, hook)),
    ...(family === 4 ? beforeAndAfter4 : beforeAndAfter6),
    ...hooks.flatMap((hook) => byDefault(own, hook, settings)),
    ...(settings.logs ? logging(own) : []),
    ...limiting(own, family, settings.logs),
  ]
  return {
    policies: hooks.map(
      (hook) => `:${hook.toUpperCase()} ${settings.defaults[hook] === 'allow' ? 'ACCEPT' : 'DROP'}`,
    ),
    chains: chainNames(own).map((name) => `:${name} -`),
    rules: rules.map((rule) => `-A ${rule.replaceAll('@', own)}`),
  }
}

const jumpsOf = (own: string, hook: string): readonly string[] =>
  ['before-logging', 'before', 'after', 'after-logging', 'reject', 'track'].map(
    (stage) => `${hook.toUpperCase()} -j ${own}-${stage}-${hook}`,
  )

function chainNames(own: string): readonly string[] {
  const stages = ['before-logging', 'before', 'after', 'after-logging', 'reject', 'track']
  return [
    ...[...stages, 'user', 'user-logging', 'skip-to-policy'].flatMap((stage) =>
      hooks.map((hook) => `${own}-${stage}-${hook}`),
    ),
    ...['logging-allow', 'logging-deny', 'user-limit', 'user-limit-accept'].map((name) => `${own}-${name}`),
    ...(own === 'ufw' ? ['ufw-not-local'] : []),
  ]
}

/** What hangs on the default of a hook: what skips to the policy, what is answered, what is tracked, what is noted. */
function byDefault(
  own: string,
  hook: (typeof hooks)[number],
  { defaults, logs }: UfwSettings,
): readonly string[] {
  const kind = defaults[hook]
  const skip = kind === 'allow' ? 'ACCEPT' : kind === 'deny' ? 'DROP' : 'REJECT'
  return [
    `${own}-skip-to-policy-${hook} -j ${skip}`,
    ...(kind === 'reject' ? [`${own}-reject-${hook} -j REJECT`] : []),
    ...(kind === 'allow'
      ? ['tcp', 'udp'].map((name) => `${own}-track-${hook} -p ${name} -m conntrack --ctstate NEW -j ACCEPT`)
      : []),
    ...(logs && kind !== 'allow'
      ? [`${own}-after-logging-${hook} ${limited} -j LOG --log-prefix "[UFW BLOCK] "`]
      : []),
    ...(logs ? [] : [`${own}-user-logging-${hook} -j RETURN`]),
  ]
}

const limited = '-m limit --limit 3/min --limit-burst 10'

const logging = (own: string): readonly string[] => [
  `${own}-logging-allow ${limited} -j LOG --log-prefix "[UFW ALLOW] "`,
  `${own}-logging-deny -m conntrack --ctstate INVALID ${limited} -j RETURN`,
  `${own}-logging-deny ${limited} -j LOG --log-prefix "[UFW BLOCK] "`,
]

/** The chains behind `ufw limit`; those of IPv6 are empty but for the note, as ufw leaves them. */
const limiting = (own: string, family: 4 | 6, logs: boolean): readonly string[] => [
  ...(logs ? [`${own}-user-limit -m limit --limit 3/min -j LOG --log-prefix "[UFW LIMIT BLOCK] "`] : []),
  ...(family === 4 ? [`${own}-user-limit -j REJECT`, `${own}-user-limit-accept -j ACCEPT`] : []),
]

const established = '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'

const beforeAndAfter4: readonly string[] = [
  ...[137, 138].map((port) => `@-after-input -p udp -m udp --dport ${port} -j @-skip-to-policy-input`),
  ...[139, 445].map((port) => `@-after-input -p tcp -m tcp --dport ${port} -j @-skip-to-policy-input`),
  ...[67, 68].map((port) => `@-after-input -p udp -m udp --dport ${port} -j @-skip-to-policy-input`),
  '@-after-input -m addrtype --dst-type BROADCAST -j @-skip-to-policy-input',
  `@-before-forward ${established}`,
  ...[3, 11, 12, 8].map((type) => `@-before-forward -p icmp -m icmp --icmp-type ${type} -j ACCEPT`),
  '@-before-forward -j @-user-forward',
  '@-before-input -i lo -j ACCEPT',
  `@-before-input ${established}`,
  '@-before-input -m conntrack --ctstate INVALID -j @-logging-deny',
  '@-before-input -m conntrack --ctstate INVALID -j DROP',
  ...[3, 11, 12, 8].map((type) => `@-before-input -p icmp -m icmp --icmp-type ${type} -j ACCEPT`),
  '@-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT',
  '@-before-input -j @-not-local',
  '@-before-input -d 224.0.0.251/32 -p udp -m udp --dport 5353 -j ACCEPT',
  '@-before-input -d 239.255.255.250/32 -p udp -m udp --dport 1900 -j ACCEPT',
  '@-before-input -j @-user-input',
  '@-before-output -o lo -j ACCEPT',
  `@-before-output ${established}`,
  '@-before-output -j @-user-output',
  ...['LOCAL', 'MULTICAST', 'BROADCAST'].map(
    (type) => `@-not-local -m addrtype --dst-type ${type} -j RETURN`,
  ),
  `@-not-local ${limited} -j @-logging-deny`,
  '@-not-local -j DROP',
]

const icmp6 = (chain: string, types: readonly number[], rest = '', source = ''): readonly string[] =>
  types.map((type) => `${chain} ${source}-p ipv6-icmp -m icmp6 --icmpv6-type ${type} ${rest}-j ACCEPT`)

const onLink = '-m hl --hl-eq 255 '
const firstHop = '-m hl --hl-eq 1 '
const linkLocal = '-s fe80::/10 '

const beforeAndAfter6: readonly string[] = [
  ...[137, 138].map((port) => `@-after-input -p udp -m udp --dport ${port} -j @-skip-to-policy-input`),
  ...[139, 445].map((port) => `@-after-input -p tcp -m tcp --dport ${port} -j @-skip-to-policy-input`),
  ...[546, 547].map((port) => `@-after-input -p udp -m udp --dport ${port} -j @-skip-to-policy-input`),
  '@-before-forward -m rt --rt-type 0 -j DROP',
  `@-before-forward ${established}`,
  ...icmp6('@-before-forward', [1, 2, 3, 4, 128, 129]),
  '@-before-forward -j @-user-forward',
  '@-before-input -i lo -j ACCEPT',
  '@-before-input -m rt --rt-type 0 -j DROP',
  `@-before-input ${established}`,
  ...icmp6('@-before-input', [129]),
  '@-before-input -m conntrack --ctstate INVALID -j @-logging-deny',
  '@-before-input -m conntrack --ctstate INVALID -j DROP',
  ...icmp6('@-before-input', [1, 2, 3, 4, 128]),
  ...icmp6('@-before-input', [133, 134, 135, 136, 141, 142], onLink),
  ...icmp6('@-before-input', [130, 131, 132, 143], '', linkLocal),
  ...icmp6('@-before-input', [148, 149], onLink),
  ...icmp6('@-before-input', [151, 152, 153], firstHop, linkLocal),
  ...icmp6('@-before-input', [144, 145, 146, 147]),
  '@-before-input -s fe80::/10 -d fe80::/10 -p udp -m udp --sport 547 --dport 546 -j ACCEPT',
  '@-before-input -d ff02::fb/128 -p udp -m udp --dport 5353 -j ACCEPT',
  '@-before-input -d ff02::f/128 -p udp -m udp --dport 1900 -j ACCEPT',
  '@-before-input -j @-user-input',
  '@-before-output -o lo -j ACCEPT',
  '@-before-output -m rt --rt-type 0 -j DROP',
  `@-before-output ${established}`,
  ...icmp6('@-before-output', [1, 2, 3, 4, 128, 129]),
  ...icmp6('@-before-output', [133, 136, 135, 134, 141, 142], onLink),
  ...icmp6('@-before-output', [130, 131, 132, 143], '', linkLocal),
  ...icmp6('@-before-output', [148, 149], onLink),
  ...icmp6('@-before-output', [151, 152, 153], firstHop, linkLocal),
  '@-before-output -j @-user-output',
]
