import type { IpSet } from '../../src/model/network.ts'
import { formatSets } from '../../src/render/node-state/tables.ts'
import type { Backend } from './availability.ts'
import { inOwnNamespace } from './availability.ts'

/** What the kernel holds after the text has been loaded; or what the command said against it. */
export async function throughKernel(
  text: string,
  family: 4 | 6,
  backend: Backend,
  sets: readonly IpSet[] = [],
): Promise<string> {
  const command = `${family === 4 ? 'iptables' : 'ip6tables'}-${backend}`
  const rules = 'printf "%s\\n" "$rules"'
  const needed = sets.length > 0 ? [`ipset restore <<'SETS'\n${formatSets(sets)}SETS\n`] : []
  const script = [
    'set -e',
    ...needed,
    'rules=$(cat)',
    `${rules} | ${command}-restore --test`,
    `${rules} | ${command}-restore`,
    `${command}-save`,
  ].join('\n')
  const { status, stdout, stderr } = await inOwnNamespace(script, text)
  if (status !== 0) return `${command}-restore: ${stderr}`
  return stdout.replaceAll(/^#.*\n/gm, '').replaceAll(/^(:\S+ \S+) \[\d+:\d+\]$/gm, '$1 [0:0]')
}

/**
 * The one thing in which the backends differ: iptables-nft-save prints tables in a fixed order, which is ours;
 * iptables-legacy-save takes them from /proc/net/ip_tables_names, where the last that was made stands first.
 */
export function asSavedBy(backend: Backend, text: string): string {
  const tables = text.split(/^(?=\*)/m)
  return (backend === 'nft' ? tables : tables.toReversed()).join('')
}
