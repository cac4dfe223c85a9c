import type { CalicoSelector } from '../../../../base/calico-selector.ts'
import type { Cidr } from '../../../../base/ip.ts'
import { bitsOf, compareIp, familyOf, formatCidr, formatIp } from '../../../../base/ip.ts'
import { protocolName } from '../../../../base/packet.ts'
import type { Cluster } from '../../../../model/cluster.ts'
import type { IpSet } from '../../../../model/network.ts'
import { holds } from '../../../../policy/label-expression.ts'
import { formatSelector, labelExpressionOf } from '../selector.ts'
import type { FelixEndpoint } from './felix-endpoint.ts'
import { felixEndpoints } from './felix-endpoint.ts'
import { namespaceLabel } from './label-names.ts'
import { servicePorts } from './service-members.ts'
import type { SetDefinition } from './set-definition.ts'
import { policySetName } from './set-definition.ts'

/** A set as the kernel has it: blocks for what selectors select, pairs of address and port for named ports. */
export function policySet(cluster: Cluster, definition: SetDefinition, family: 4 | 6): IpSet {
  const name = policySetName(family, definition)
  switch (definition.type) {
    case 'selector': {
      const nets = selected(cluster, definition.selector).flatMap((one) => one.nets)
      return { name, type: 'hash:net', entries: entriesOf(nets, family) }
    }
    case 'named-port': {
      const entries = selected(cluster, definition.selector).flatMap((one) =>
        pairsOf(one, definition, family),
      )
      return { name, type: 'hash:ip,port', entries: [...new Set(entries)] }
    }
    case 'service': {
      const ports = servicePorts(cluster, definition)
      if (!definition.withPorts) {
        return {
          name,
          type: 'hash:net',
          entries: entriesOf(
            ports.flatMap(({ nets }) => nets),
            family,
          ),
        }
      }
      const pairs = ports.flatMap(({ nets, protocol, port }) =>
        entriesOf(nets, family).map((ip) => `${ip},${protocolName(protocol)}:${port}`),
      )
      return { name, type: 'hash:ip,port', entries: [...new Set(pairs)] }
    }
    default:
      return definition satisfies never
  }
}

/** Each block once, in the order of addresses; a set of blocks cannot hold all addresses as one, but it can as two halves. */
function entriesOf(nets: readonly Cidr[], family: 4 | 6): readonly string[] {
  const own = nets.filter(({ first }) => familyOf(first) === family)
  const sorted = own.toSorted((a, b) => compareIp(a.first, b.first) || a.bits - b.bits)
  return [...new Set(sorted.flatMap(entryOf))]
}

function entryOf(cidr: Cidr): readonly string[] {
  const family = familyOf(cidr.first)
  if (cidr.bits === 0) return family === 4 ? ['0.0.0.0/1', '128.0.0.0/1'] : ['::/1', '8000::/1']
  return [cidr.bits === bitsOf(family) ? formatIp(cidr.first) : formatCidr(cidr)]
}

function pairsOf(
  { nets, ports }: FelixEndpoint,
  { name, protocol }: Extract<SetDefinition, { readonly type: 'named-port' }>,
  family: 4 | 6,
): readonly string[] {
  return nets
    .filter(({ first, bits }) => familyOf(first) === family && bits === bitsOf(family))
    .flatMap(({ first }) =>
      ports
        .filter(
          (port) => port.name === name && (protocol === 'any' || protocolName(port.protocol) === protocol),
        )
        .map((port) => `${formatIp(first)},${protocolName(port.protocol)}:${port.port}`),
    )
}

interface Index {
  readonly all: readonly FelixEndpoint[]
  readonly byNamespace: ReadonlyMap<string, readonly FelixEndpoint[]>
  readonly found: Map<string, readonly FelixEndpoint[]>
}

const indexes = new WeakMap<Cluster, Index>()

function indexOf(cluster: Cluster): Index {
  const known = indexes.get(cluster)
  if (known) return known
  const all = felixEndpoints(cluster)
  const byNamespace = new Map<string, FelixEndpoint[]>()
  for (const one of all) {
    const namespace = one.labels[namespaceLabel] ?? ''
    const list = byNamespace.get(namespace)
    if (list) list.push(one)
    else byNamespace.set(namespace, [one])
  }
  const made: Index = { all, byNamespace, found: new Map() }
  indexes.set(cluster, made)
  return made
}

/** What a selector selects; found once for each. */
function selected(cluster: Cluster, selector: CalicoSelector): readonly FelixEndpoint[] {
  const { all, byNamespace, found } = indexOf(cluster)
  const text = formatSelector(selector)
  const known = found.get(text)
  if (known) return known
  const namespace = namespaceOf(selector)
  const candidates = namespace === undefined ? all : (byNamespace.get(namespace) ?? [])
  const expression = labelExpressionOf(selector)
  const made = candidates.filter(({ labels }) => holds(expression, labels))
  found.set(text, made)
  return made
}

/** The only namespace in which a selector selects anything, if it says so. */
export function namespaceOf(selector: CalicoSelector): string | undefined {
  if (selector.type === '==' && selector.label === namespaceLabel) return selector.value
  if (selector.type !== 'and') return undefined
  for (const one of selector.of) {
    const namespace = namespaceOf(one)
    if (namespace !== undefined) return namespace
  }
  return undefined
}
