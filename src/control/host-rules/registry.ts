import { docker } from './docker.ts'
import { firewalld } from './firewalld.ts'
import { handWritten } from './hand-written.ts'
import type { HostFirewall } from './host-firewall.ts'
import { ruleText } from './rule-files.ts'
import { ufw } from './ufw.ts'

/** Firewalls that `--host-firewall` knows by name. */
export const presetNames = ['docker', 'ufw', 'firewalld'] as const
export type PresetName = (typeof presetNames)[number]

export function isPreset(name: string): name is PresetName {
  return (presetNames as readonly string[]).includes(name)
}

/**
 * Every kind of host firewall, in the order in which their rules stand in a base chain: Docker puts its own in front
 * of what it finds.
 */
export const hostFirewalls: readonly HostFirewall[] = [docker, ufw, firewalld, ruleText, handWritten]
