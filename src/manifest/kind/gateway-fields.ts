import type { Report } from '../../base/diagnostic.ts'
import { parseIp } from '../../base/ip.ts'
import type {
  BackendReference,
  NamespaceChoice,
  ObjectReference,
  ParentReference,
} from '../../model/gateway-objects.ts'
import type { Examined } from './kind.ts'
import { demand, isDnsLabel, isDnsName, isPortNumber, refuse } from './kind.ts'

type Path = readonly (string | number)[]

/** What every check of a part of an object needs: the object, where to report, and the way to the part. */
export interface Spot {
  readonly located: Examined<unknown>
  readonly report: Report
  readonly path: Path
}

/** The same, one step or more further in. */
export function within(spot: Spot, ...steps: Path): Spot {
  return { ...spot, path: [...spot.path, ...steps] }
}

/** Reports the value at the spot. */
export function reject({ located, report, path }: Spot, message: string, fix?: string): void {
  refuse(located, report, path, message, fix)
}

/** Reports that the value at the spot is missing. */
export function require({ located, report, path }: Spot, fix?: string): void {
  demand(located, report, path, fix)
}

/** Reports a text that is none of those allowed, and one that is missing where it must not be. */
export function checkChoice(
  spot: Spot,
  value: string | undefined,
  allowed: readonly string[],
  needed: 'needed' | 'optional' = 'optional',
): void {
  if (value === undefined) {
    if (needed === 'needed') require(spot)
    return
  }
  if (allowed.includes(value)) return
  const near = allowed.find((one) => one.toLowerCase() === value.toLowerCase())
  reject(spot, `${nameOf(spot)} "${value}" is not one of ${allowed.join(', ')}`, near && `write ${near}`)
}

function nameOf({ path }: Spot): string {
  return String(path.findLast((step) => typeof step === 'string') ?? '')
}

/** A port number that may or must be there. */
export function checkPort(
  spot: Spot,
  port: number | undefined,
  needed: 'needed' | 'optional' = 'optional',
): void {
  if (port === undefined) {
    if (needed === 'needed') require(spot)
  } else if (!isPortNumber(port)) reject(spot, `port ${port} is not from 1 to 65535`)
}

/** A host name that may begin with the wildcard label `*.`; never an address. */
export function checkHostname(spot: Spot, name: string | undefined, wildcard = true): void {
  if (name === undefined) return
  const bare = wildcard && name.startsWith('*.') ? name.slice(2) : name
  if (parseIp(name) !== undefined) {
    reject(spot, `"${name}" is an address; host names are wanted here`)
  } else if (!isDnsName(bare)) {
    const lower = name.toLowerCase()
    const form = wildcard
      ? 'a name in small letters, which may begin with "*."'
      : 'a name in small letters, without a wildcard'
    reject(spot, `"${name}" is not a host name`, lower !== name && isDnsName(lower) ? `write ${lower}` : form)
  }
}

/** Names of listeners, sections and rules. */
export function checkSectionName(
  spot: Spot,
  name: string | undefined,
  needed: 'needed' | 'optional' = 'optional',
): void {
  if (name === undefined) {
    if (needed === 'needed') require(spot)
  } else if (!isDnsName(name)) reject(spot, `"${name}" is not a name of small letters, digits, - and .`)
}

/** Group, kind, name and namespace of what an object points to. */
export function checkReference(spot: Spot, reference: ObjectReference | undefined): void {
  const { group, kind, name, namespace } = reference ?? {}
  if (group !== undefined && group !== '' && !isDnsName(group)) {
    reject(
      within(spot, 'group'),
      `"${group}" is not an API group`,
      group.includes('/') ? 'leave out the version' : undefined,
    )
  }
  if (kind !== undefined && !/^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/.test(kind)) {
    reject(within(spot, 'kind'), `"${kind}" is not a kind`)
  }
  if (name === undefined || name === '') require(within(spot, 'name'))
  if (namespace !== undefined && !isDnsLabel(namespace)) {
    reject(within(spot, 'namespace'), `"${namespace}" is not the name of a namespace`)
  }
}

/** Whether a reference of a backend means a Service, by what it leaves out. */
function isService({ group = '', kind = 'Service' }: ObjectReference): boolean {
  return group === '' && kind === 'Service'
}

/** A backend: a Service must come with its port, and weights have a range. */
export function checkBackend(spot: Spot, backend: BackendReference | undefined): void {
  checkReference(spot, backend)
  const { port, weight } = backend ?? {}
  if (port === undefined && isService(backend ?? {})) {
    require(within(spot, 'port'), "give the Service's port, as a number")
  }
  checkPort(within(spot, 'port'), port)
  if (weight !== undefined && !(weight >= 0 && weight <= 1_000_000)) {
    reject(within(spot, 'weight'), `weight ${weight} is not from 0 to 1000000`)
  }
}

/** A list that may have no more than so many elements. */
export function checkLength(spot: Spot, list: readonly unknown[] | undefined, most: number): void {
  if (list && list.length > most) reject(spot, `${nameOf(spot)} has ${list.length} elements; at most ${most}`)
}

/** The parents of a route: several references to one parent must tell its sections or ports apart. */
export function checkParents(spot: Spot, parents: readonly ParentReference[] = []): void {
  checkLength(spot, parents, 32)
  for (const [index, parent] of parents.entries()) {
    const at = within(spot, index)
    checkReference(at, parent)
    checkSectionName(within(at, 'sectionName'), parent.sectionName)
    checkPort(within(at, 'port'), parent.port)
    const earlier = parents.slice(0, index).find((one) => isSameParent(one, parent))
    if (!earlier) continue
    const plain = ({ sectionName, port }: ParentReference) => sectionName === undefined && port === undefined
    if (plain(parent) !== plain(earlier)) {
      reject(
        at,
        `sectionName or port must be given in all references to ${parent.name}, as there are several`,
      )
    } else if (parent.sectionName === earlier.sectionName && parent.port === earlier.port) {
      reject(at, `${parent.name} is referred to twice with the same sectionName and port`, 'remove one')
    }
  }
}

function isSameParent(a: ParentReference, b: ParentReference): boolean {
  return (
    (a.group ?? '') === (b.group ?? '') &&
    (a.kind ?? 'Gateway') === (b.kind ?? 'Gateway') &&
    a.name === b.name &&
    (a.namespace ?? '') === (b.namespace ?? '')
  )
}

/** From which namespaces something may be attached. */
export function checkNamespaces(
  spot: Spot,
  choice: NamespaceChoice | undefined,
  allowed: readonly string[],
): void {
  checkChoice(within(spot, 'from'), choice?.from, allowed)
  const selecting = choice?.from === 'Selector'
  for (const [index, { operator, values = [] }] of (choice?.selector?.matchExpressions ?? []).entries()) {
    const at = within(spot, 'selector', 'matchExpressions', index)
    checkChoice(within(at, 'operator'), operator, ['In', 'NotIn', 'Exists', 'DoesNotExist'], 'needed')
    if (selecting && (operator === 'In' || operator === 'NotIn') && values.length === 0) {
      require(within(at, 'values'))
    }
  }
}

/** Host names of a route. */
export function checkHostnames(spot: Spot, names: readonly string[] | undefined, most: number): void {
  checkLength(spot, names, most)
  for (const [index, name] of (names ?? []).entries()) checkHostname(within(spot, index), name)
}

/** Names of rules, which must differ. */
export function checkRuleNames(spot: Spot, rules: readonly { readonly name?: string }[]): void {
  for (const [index, { name }] of rules.entries()) {
    checkSectionName(within(spot, index, 'name'), name)
    if (name !== undefined && rules.slice(0, index).some((one) => one.name === name)) {
      reject(within(spot, index, 'name'), `two rules are called "${name}"`)
    }
  }
}
