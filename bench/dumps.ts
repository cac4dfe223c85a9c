import type { NodeDumpFiles } from '../src/index.ts'

/** What might be collected on a large node: kube-proxy's rules, a set, and connections, so many of each. */
export function largeDump(rules: number, entries: number, connections: number): NodeDumpFiles {
  return {
    folder: 'large',
    files: [
      { name: 'iptables-save', text: rulesText(rules) },
      { name: 'ipset-save', text: setText(entries) },
      { name: 'conntrack', text: connectionsText(connections) },
    ],
  }
}

/** Fourteen rules a Service: the cluster IP, its masquerade, four endpoints of three rules each. */
function rulesText(rules: number): string {
  const chains: string[] = []
  const lines: string[] = []
  for (let index = 0; lines.length < rules; index++) {
    const name = `KUBE-SVC-${index.toString(36).toUpperCase().padStart(16, '0')}`
    const ip = address(0x0a640000 + index)
    const comment = `-m comment --comment "default/svc-${index}:http`
    chains.push(`:${name} - [0:0]`)
    lines.push(`-A KUBE-SERVICES -d ${ip}/32 -p tcp ${comment} cluster IP" -m tcp --dport 80 -j ${name}`)
    lines.push(
      `-A ${name} ! -s 10.244.0.0/16 -d ${ip}/32 -p tcp ${comment} cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
    )
    for (let endpoint = 0; endpoint < 4; endpoint++) {
      const own = `KUBE-SEP-${index.toString(36).toUpperCase().padStart(15, '0')}${endpoint}`
      const pod = address(0x0af40000 + index * 4 + endpoint)
      const share =
        endpoint < 3 ? `-m statistic --mode random --probability ${(1 / (4 - endpoint)).toFixed(11)} ` : ''
      chains.push(`:${own} - [0:0]`)
      lines.push(`-A ${name} ${comment} -> ${pod}:8080" ${share}-j ${own}`)
      lines.push(`-A ${own} -s ${pod}/32 ${comment}" -j KUBE-MARK-MASQ`)
      lines.push(`-A ${own} -p tcp ${comment}" -m tcp -j DNAT --to-destination ${pod}:8080`)
    }
  }
  const fixed = ['KUBE-SERVICES', 'KUBE-MARK-MASQ'].map((name) => `:${name} - [0:0]`)
  const head = ['*nat', ':PREROUTING ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', ':POSTROUTING ACCEPT [0:0]']
  const first = ['-A PREROUTING -j KUBE-SERVICES', '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000']
  return [...head, ...fixed, ...chains, ...first, ...lines, 'COMMIT', ''].join('\n')
}

function setText(entries: number): string {
  const lines = Array.from({ length: entries }, (_, index) => `add blocked ${address(0x64400000 + index)}`)
  return ['create blocked hash:ip family inet hashsize 65536 maxelem 1048576', ...lines, ''].join('\n')
}

function connectionsText(connections: number): string {
  const line = (_: unknown, index: number) => {
    const [client, port] = [address(0x0af50000 + (index >> 4)), 32768 + (index & 15)]
    return `tcp      6 86399 ESTABLISHED src=${client} dst=10.100.0.1 sport=${port} dport=80 src=10.244.0.1 dst=${client} sport=8080 dport=${port} [ASSURED] mark=0 use=1`
  }
  return `${Array.from({ length: connections }, line).join('\n')}\n`
}

function address(ip: number): string {
  return [24, 16, 8, 0].map((shift) => (ip >>> shift) & 255).join('.')
}
