/** What a file of a dump holds, as its name says. Whether it is text or JSON is seen from what is in it. */
export type DumpedCommand =
  | { readonly type: 'iptables'; readonly family: 4 | 6; readonly backend?: 'nft' | 'legacy' }
  | { readonly type: 'devices' | 'routes' | 'rules' | 'neighbors'; readonly family?: 4 | 6 }
  | { readonly type: 'forwarding' | 'sets' | 'sysctls' | 'connections' }

const extension = /\.(?:txt|text|json|log|out|output|save|dump|conf|rules|v4|v6)$/

/** Words of a command line that do not say what is asked. */
const filler = new Set(
  'j json d details s show list ls table all text o extended c n p dev save nft legacy rules v4 v6 before after node'.split(
    ' ',
  ),
)

/** What the word after `ip` asks for; ip takes any short form that is unique. */
const ipObjects: Readonly<Record<string, 'devices' | 'routes' | 'rules' | 'neighbors'>> = {
  a: 'devices',
  addr: 'devices',
  addrs: 'devices',
  address: 'devices',
  addresses: 'devices',
  l: 'devices',
  link: 'devices',
  links: 'devices',
  r: 'routes',
  ro: 'routes',
  route: 'routes',
  routes: 'routes',
  ru: 'rules',
  rule: 'rules',
  rules: 'rules',
  n: 'neighbors',
  neigh: 'neighbors',
  neighbor: 'neighbors',
  neighbors: 'neighbors',
  neighbour: 'neighbors',
  neighbours: 'neighbors',
}

/**
 * Which command a file's name stands for: the command with its words in order and anything between them that is no
 * letter or digit, after anything and before an extension: `iptables-save`, `worker.ip6tables-legacy-save.txt`,
 * `ip_-j_-d_link.json`, `ip-route-show-table-all.txt`, `02-nf_conntrack`. `undefined` for any other name.
 */
export function commandOf(fileName: string): DumpedCommand | undefined {
  let plain = fileName.toLowerCase()
  const v6 = /\.v6$/.test(plain)
  while (extension.test(plain)) plain = plain.replace(extension, '')
  const words = plain.split(/[^a-z\d]+/).filter((word) => word !== '')
  // The last word that is a command: what stands before it is the node's name, or a number.
  for (let at = words.length - 1; at >= 0; at--) {
    const found = readCommand(words[at] ?? '', words.slice(at + 1), v6)
    if (found) return found
  }
  return undefined
}

function readCommand(head: string, rest: readonly string[], v6: boolean): DumpedCommand | undefined {
  const named = rest.filter((word) => !filler.has(word) && word !== '4' && word !== '6')
  const tables = /^(ip6?)tables$/.exec(head)
  if (tables) {
    const backend = rest.includes('legacy') ? 'legacy' : rest.includes('nft') ? 'nft' : undefined
    const family = tables[1] === 'ip6' || v6 ? 6 : 4
    return named.length === 0 ? { type: 'iptables', family, ...(backend && { backend }) } : undefined
  }
  if (head === 'ip' || head === 'ip6') return readIp(head, rest, v6)
  const asked = [head, ...named].join(' ')
  switch (asked) {
    case 'bridge fdb':
    case 'fdb':
      return { type: 'forwarding' }
    case 'ipset':
    case 'ipsets':
      return { type: 'sets' }
    case 'sysctl':
    case 'sysctl a':
    case 'sysctls':
      return { type: 'sysctls' }
    case 'conntrack':
    case 'conntrack l':
    case 'nf conntrack':
      return { type: 'connections' }
    default:
      return undefined
  }
}

/** `ip [-4] [-6] [-j] [-d] OBJECT [show] [table all]`. */
function readIp(head: string, rest: readonly string[], v6: boolean): DumpedCommand | undefined {
  const objects = rest.filter((word) => Object.hasOwn(ipObjects, word))
  const other = rest.filter(
    (word) => !objects.includes(word) && !filler.has(word) && word !== '4' && word !== '6',
  )
  const type = ipObjects[objects[0] ?? '']
  if (!type || objects.length > 1 || other.length > 0) return undefined
  const family = head === 'ip6' || v6 || rest.includes('6') ? 6 : rest.includes('4') ? 4 : undefined
  return { type, ...(family && { family }) }
}
