import type { Path, RawDocument } from './document.ts'
import { isRecord } from './expand.ts'

/**
 * MetalLB's configuration until 0.12, the ConfigMap `config` of metallb-system, as the objects that say the same today:
 * a pool, and an advertisement for it. What is not in the old form is left as it is, to be checked as any object is.
 */
export function metallbObjects(document: RawDocument): readonly RawDocument[] {
  const { value } = document
  const pools = isRecord(value) ? value['address-pools'] : undefined
  if (!Array.isArray(pools)) return []
  return pools.flatMap((pool: unknown, index) => {
    if (!isRecord(pool)) return []
    const { name, protocol, addresses, 'auto-assign': autoAssign, 'avoid-buggy-ips': avoidBuggyIPs } = pool
    const metadata = { name, namespace: 'metallb-system' }
    const apiVersion = 'metallb.io/v1beta1'
    const spec = { addresses, autoAssign, avoidBuggyIPs }
    const kind = protocol === 'bgp' ? 'BGPAdvertisement' : 'L2Advertisement'
    const at = (path: Path) => ['address-pools', index, ...oldPath(path)]
    const made = (object: unknown): RawDocument => ({
      ...document,
      value: object,
      locate: (path) => document.locate(at(path)),
      locateKey: (path) => document.locateKey(at(path)),
      sourceAt: (path) => document.sourceAt(at(path)),
      blockIndent: () => undefined,
    })
    return [
      made({ apiVersion, kind: 'IPAddressPool', metadata, spec: withoutAbsent(spec) }),
      made({ apiVersion, kind, metadata, spec: { ipAddressPools: [name] } }),
    ]
  })
}

function withoutAbsent(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

const oldNames: Readonly<Record<string, string>> = {
  autoAssign: 'auto-assign',
  avoidBuggyIPs: 'avoid-buggy-ips',
}

/** Where in the old form a field of the object stands. */
function oldPath([first, second, ...rest]: Path): Path {
  if (first !== 'spec' && first !== 'metadata') return []
  if (second === undefined || second === 'namespace' || second === 'ipAddressPools') return []
  return [oldNames[String(second)] ?? second, ...rest]
}
