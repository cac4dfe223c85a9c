import type { CalicoSelector } from '../../../../base/calico-selector.ts'
import { sha224Base64Url } from '../../../../base/hash.ts'
import { formatSelector } from '../selector.ts'

/** What an ipset of Felix holds (IPSetData of felix/calc). */
export type SetDefinition =
  | { readonly type: 'selector'; readonly selector: CalicoSelector }
  | {
      /** The ports of this name of the endpoints selected, as pairs of address and port. */
      readonly type: 'named-port'
      readonly selector: CalicoSelector
      readonly name: string
      /** `any` for ports of every protocol, where the rule states none. */
      readonly protocol: string
    }
  | {
      /** The endpoints of a Service, with their ports or without. */
      readonly type: 'service'
      readonly namespace: string
      readonly name: string
      readonly withPorts: boolean
    }

/** The id by which Felix names the set. Mirrors IPSetData.UniqueID. */
export function setId(definition: SetDefinition): string {
  switch (definition.type) {
    case 'selector':
      return uniqueId('s', formatSelector(definition.selector))
    case 'named-port': {
      const { selector, protocol, name } = definition
      return uniqueId('n', `${uniqueId('s', formatSelector(selector))},${protocol},${name}`)
    }
    case 'service': {
      const { namespace, name, withPorts } = definition
      return uniqueId(withPorts ? 'svc' : 'svcnoport', `${namespace}/${name}`)
    }
    default:
      return definition satisfies never
  }
}

/** Mirrors MakeUniqueID of libcalico-go/lib/hash. */
function uniqueId(prefix: string, text: string): string {
  return `${prefix}:${sha224Base64Url(`${prefix}:${text}`)}`
}

/** The longest name that the kernel gives an ipset (MaxIPSetNameLength). */
const longestName = 31

/** The name of the set in the kernel: `cali40s:…`, cut off where names end. */
export function policySetName(family: 4 | 6, definition: SetDefinition): string {
  return `cali${family}0${setId(definition)}`.slice(0, longestName)
}
