import type { ApiResource, LabelRequirement, LoadedCluster, ObjectQuery } from '../src/index.ts'
import {
  apiResources,
  findResource,
  namesOf,
  nearest,
  parseLabelSelector,
  RequestError,
} from '../src/index.ts'

/** Which objects the words after `get` or `describe` mean. */
export interface ObjectArguments {
  readonly resource: ApiResource
  /** All objects of the kind, if left out. */
  readonly names?: readonly string[]
}

/** The options that narrow them down. */
export interface NarrowingOptions {
  readonly namespace?: string
  readonly allNamespaces?: boolean
  readonly selector?: string
}

/** Reads `TYPE[,TYPE…]`, `TYPE NAME…` and `TYPE/NAME…`, as kubectl takes them. */
export function readArguments(words: readonly string[]): readonly ObjectArguments[] {
  const [first = '', ...names] = words
  if (words.some((one) => one.includes('/'))) return readPairs(words)
  const resources = first.split(',').flatMap(resourcesOf)
  return resources.map((resource) => ({ resource, ...(names.length > 0 && { names }) }))
}

/** Names of one kind that stand side by side are asked for at once. */
function readPairs(words: readonly string[]): readonly ObjectArguments[] {
  const groups: { readonly resource: ApiResource; readonly names: string[] }[] = []
  for (const word of words) {
    const [type = '', name, ...rest] = word.split('/')
    if (!name || rest.length > 0) {
      throw new RequestError(
        'bad-request',
        `"${word}" is not TYPE/NAME`,
        'write each argument as TYPE/NAME, as in pod/web-0 svc/web',
      )
    }
    for (const resource of resourcesOf(type)) {
      const last = groups.at(-1)
      if (last?.resource === resource) last.names.push(name)
      else groups.push({ resource, names: [name] })
    }
  }
  return groups
}

function resourcesOf(word: string): readonly ApiResource[] {
  if (word.toLowerCase() === 'all') return apiResources.filter((one) => one.inAll)
  const found = findResource(word)
  if (found) return [found]
  const near = nearest(word, [...apiResources.flatMap(namesOf), 'all'])
  throw new RequestError(
    'unknown-resource',
    `there is no resource type "${word}"`,
    near ? `did you mean ${near}?` : `types: all, ${apiResources.map((one) => one.name).join(', ')}`,
  )
}

/** What is asked of the cluster; refuses a selector or a namespace that cannot be meant. */
export function queriesOf(
  args: readonly ObjectArguments[],
  { namespace, allNamespaces, selector }: NarrowingOptions,
  { cluster }: LoadedCluster,
): readonly ObjectQuery[] {
  const named = args.some((one) => one.names)
  if (named && allNamespaces) {
    throw new RequestError('bad-request', 'a name needs one namespace', 'leave out -A, and say -n NAMESPACE')
  }
  if (named && selector !== undefined) {
    throw new RequestError(
      'bad-request',
      'a name and a selector exclude each other',
      'leave out one of the two',
    )
  }
  const namespaces = cluster.namespaces.map((one) => one.name)
  if (namespace !== undefined && !namespaces.includes(namespace)) {
    const near = nearest(namespace, namespaces)
    throw new RequestError(
      'unknown-namespace',
      `there is no namespace ${namespace}`,
      near ? `did you mean ${near}?` : `namespaces: ${namespaces.join(', ')}`,
    )
  }
  const requirements = selector === undefined ? undefined : readSelector(selector)
  return args.map((one) => ({
    ...one,
    ...(!allNamespaces && { namespace: namespace ?? 'default' }),
    ...(requirements && { selector: requirements }),
  }))
}

function readSelector(text: string): readonly LabelRequirement[] {
  const read = parseLabelSelector(text)
  if (!('message' in read)) return read
  throw new RequestError(
    'bad-request',
    `cannot read the selector "${text}": ${read.message}`,
    "write app=web, tier!=db, 'env in (a,b)', 'env notin (a,b)', key or '!key', joined by commas",
  )
}
