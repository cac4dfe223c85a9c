import { RuleSyntaxError } from '../../netfilter/save-format/tokens.ts'
import type { HostContext, HostFirewall, NodePath } from './host-firewall.ts'
import type { HostLine } from './rule-text.ts'
import { readTableLines } from './rule-text.ts'
import { readShortForm } from './short-form.ts'
import type { UfwDefault } from './ufw-chains.ts'
import { ufwChains } from './ufw-chains.ts'

/**
 * ufw, enabled: what comes in is dropped but for its own list, what is forwarded is dropped, what goes out passes. Rules
 * are written as its command takes them: `allow 22/tcp`, `route allow in on cni0 out on eth0`.
 */
export const ufw: HostFirewall = (context) => {
  const { stated, family } = context
  const settings = stated.ufw
  if (!settings || settings.enabled === false) return { shares: [] }
  const defaults = {
    input: defaultOf(context, 'incoming', 'deny'),
    forward: defaultOf(context, 'routed', 'deny'),
    output: defaultOf(context, 'outgoing', 'allow'),
  }
  const logs = (settings.logging ?? 'low') !== 'off'
  const fixed = (text: string): HostLine => ({ text, origin: context.origin('ufw', ['ufw']) })
  const { policies, chains, rules } = ufwChains(family, { defaults, logs })
  const user = [
    ...(settings.allow ?? []).flatMap((text, index) =>
      userLines(context, `allow ${text}`, ['ufw', 'allow', index]),
    ),
    ...(settings.rules ?? []).flatMap((text, index) => userLines(context, text, ['ufw', 'rules', index])),
  ]
  const { contributions } = readTableLines(
    { filter: [...policies.map(fixed), ...chains.map(fixed), ...rules.map(fixed), ...user] },
    family,
  )
  return { shares: contributions.map((contribution) => ({ backend: context.backend, contribution })) }
}

function defaultOf(
  context: HostContext,
  field: 'incoming' | 'routed' | 'outgoing',
  otherwise: UfwDefault,
): UfwDefault {
  const value = context.stated.ufw?.[field]?.toLowerCase()
  if (value === undefined) return otherwise
  if (value === 'allow' || value === 'deny' || value === 'reject') return value
  // Where the system does not forward, ufw calls the default of what is routed disabled, and drops.
  if (value === 'disabled' || value === 'drop') return 'deny'
  context.refuse(['ufw', field], `"${value}" is no default of ufw`, 'write allow, deny or reject')
  return otherwise
}

type Action = 'allow' | 'deny' | 'reject' | 'limit'

/** One command as the rules of a user's chain. */
function userLines(context: HostContext, text: string, path: NodePath): readonly HostLine[] {
  try {
    const { action, hook, words } = readCommand(text)
    const { family } = context
    const own = family === 4 ? 'ufw' : 'ufw6'
    const origin = context.origin('ufw', path)
    const form = readShortForm(words, { hook, portAfterFrom: 'source' })
    const matching = form.alternatives.filter((one) => isOfFamily(one, family))
    const chain = `${own}-user-${hook.toLowerCase()}`
    const lines = matching.flatMap((one) => actionLines(`-A ${chain} ${one}`.trim(), action, own))
    const { faults } = readTableLines(
      { filter: lines.map((line) => ({ text: line, origin })) },
      family,
      () => true,
    )
    for (const { diagnostic } of faults) context.refuse(path, diagnostic.message)
    return lines.map((line) => ({ text: line, origin }))
  } catch (error) {
    if (!(error instanceof RuleSyntaxError)) throw error
    context.refuse(path, error.message, 'write what ufw takes, such as allow 22/tcp')
    return []
  }
}

/** `route allow in on cni0 out on eth0` in its parts. */
function readCommand(text: string): {
  readonly action: Action
  readonly hook: 'INPUT' | 'FORWARD' | 'OUTPUT'
  readonly words: string
} {
  const words = text
    .trim()
    .replace(/^(?:sudo\s+)?ufw\s+/, '')
    .replace(/\s+comment\s+.*$/, '')
    .split(/\s+/)
  const routed = words.includes('route')
  const rest = words.filter((word) => word !== 'route')
  const action = rest.shift()?.toLowerCase() ?? ''
  if (action !== 'allow' && action !== 'deny' && action !== 'reject' && action !== 'limit')
    throw new RuleSyntaxError(`"${action}" is none of allow, deny, reject and limit`)
  const out = rest[0] === 'out'
  // The direction stands alone; `in on eth0` names a device as well.
  if ((rest[0] === 'in' || out) && rest[1] !== 'on') rest.shift()
  const hook = routed ? 'FORWARD' : out ? 'OUTPUT' : 'INPUT'
  return { action, hook, words: rest.length === 0 ? 'any' : rest.join(' ') }
}

function isOfFamily(matches: string, family: 4 | 6): boolean {
  const has6 = /-[sd] [0-9a-fA-F]*:/.test(matches)
  const has4 = /-[sd] \d+\.\d+/.test(matches)
  return family === 4 ? !has6 : !has4
}

/** Mirrors ufw's backend: TCP is refused with a RST, `limit` counts with -m recent. */
function actionLines(rule: string, action: Action, own: string): readonly string[] {
  switch (action) {
    case 'allow':
      return [`${rule} -j ACCEPT`]
    case 'deny':
      return [`${rule} -j DROP`]
    case 'reject':
      return [rule.includes('-p tcp') ? `${rule} -j REJECT --reject-with tcp-reset` : `${rule} -j REJECT`]
    case 'limit':
      return [
        `${rule} -m conntrack --ctstate NEW -m recent --set --name DEFAULT --rsource`,
        `${rule} -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --rsource -j ${own}-user-limit`,
        `${rule} -j ${own}-user-limit-accept`,
      ]
    default:
      return action satisfies never
  }
}
