import type { IpSet } from '../../src/model/network.ts'
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
  const needed = sets.length > 0 ? [`ipset restore <<'SETS'\n${restoreText(sets)}SETS\n`] : []
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

/** What `ipset restore` takes. Entries with a timeout or a comment need a set that has them. */
export function restoreText(sets: readonly IpSet[]): string {
  return sets
    .map(({ name, type, entries }) => {
      const family = name.startsWith('inet6:') ? 'inet6' : 'inet'
      const options = [
        ...(entries.some((entry) => entry.includes(' timeout ')) ? ['timeout 0'] : []),
        ...(entries.some((entry) => entry.includes(' comment ')) ? ['comment'] : []),
      ]
      const create = ['create', name, type, 'family', family, ...options].join(' ')
      return [create, ...entries.map((entry) => `add ${name} ${entry}`), ''].join('\n')
    })
    .join('')
}
