import { formatLocation, formatRef } from '../base/source.ts'
import type { CniFacts } from '../model/cni-facts.ts'
import type { CniEntry, RunningCni } from '../model/cni-report.ts'
import { alignColumns } from './get/table.ts'
import { blockLines } from './layout.ts'
import type { Style } from './style.ts'

/** The headings of the notes' table, and of one column more, on two lines; and the facts below them. */
const columns: readonly (readonly [above: string, heading: string, cell: (facts: CniFacts) => string])[] = [
  ['', 'PROVIDER', (one) => one.title],
  ['', 'NETWORK MODEL', (one) => one.networkModel],
  ['ROUTE', 'DISTRIBUTION', (one) => one.routeDistribution],
  ['NETWORK', 'POLICIES', (one) => one.networkPolicies],
  ['', 'MESH', (one) => one.mesh],
  ['EXTERNAL', 'DATASTORE', (one) => one.externalDatastore],
  ['', 'ENCRYPTION', (one) => one.encryption],
  ['INGRESS/EGRESS', 'POLICIES', (one) => one.ingressEgressPolicies],
  ['COMMERCIAL', 'SUPPORT', (one) => one.commercialSupport],
  ['', 'MODELLED', ({ fidelity }) => (fidelity === 'exact' ? 'exactly' : 'in effect')],
]

/** How a text is laid out. */
interface Page {
  readonly columns: number
  readonly style: Style
}

/** The table of all plugins, with a mark before the one that the cluster runs, and what the words blur below it. */
export function cniTable(entries: readonly CniEntry[], running: RunningCni | undefined, page: Page): string {
  const mark = (name: string) => (running ? (name === running.name ? '* ' : '  ') : '')
  const rows = entries.map(({ name, facts }) =>
    columns.map(([, , cell], index) => (index === 0 ? mark(name) + facts.title : cell(facts))),
  )
  const headings = columns.map(([, heading], index) => (index === 0 ? mark('') + heading : heading))
  const table = alignColumns([columns.map(([above]) => above), headings, ...rows]).replace(/ +\n/, '\n')
  const remarks = entries.flatMap(({ facts }) => (facts.remark ? [pairOf(facts.title, facts.remark)] : []))
  return [
    table,
    ...(remarks.length === 0 ? [] : [`\n${pairsText(remarks, page)}`]),
    ...(running ? [`\n${runningText(running, page)}`] : []),
  ].join('')
}

/** All that is known of one plugin. */
export function cniText(
  { name, aliases, facts }: CniEntry,
  running: RunningCni | undefined,
  page: Page,
): string {
  const pairs: readonly Pair[] = [
    pairOf('name', [name, ...aliases].join(', ')),
    pairOf('network model', facts.networkModel),
    pairOf('route distribution', facts.routeDistribution),
    pairOf('encapsulation', facts.encapsulation),
    pairOf('ports between nodes', facts.ports?.join(', ')),
    pairOf('MTU', facts.mtu),
    pairOf('masquerade', facts.masquerade),
    pairOf('network policies', both(facts.networkPolicies, facts.policyEngine)),
    pairOf('ingress/egress policies', facts.ingressEgressPolicies),
    pairOf('Services', facts.serviceProxy ?? 'kube-proxy'),
    pairOf('mesh', facts.mesh),
    pairOf('external datastore', facts.externalDatastore),
    pairOf('encryption', facts.encryption),
    pairOf('commercial support', facts.commercialSupport),
    pairOf('modelled', facts.fidelity === 'exact' ? exactly : inEffect),
    pairOf('remark', facts.remark),
  ].filter(([, text]) => text !== '')
  const settings = (facts.settings ?? []).map((one) =>
    pairOf(one.name, `${one.takes}; otherwise ${one.otherwise}`),
  )
  const missing = facts.notModelled ?? []
  return [
    `${page.style.bold(facts.title)}\n${pairsText(pairs, page)}`,
    ...(settings.length === 0 ? [] : [`\nsettings: --cni ${name}:KEY=VALUE,…\n${pairsText(settings, page)}`]),
    ...(missing.length === 0
      ? []
      : [`\nnot modelled\n${missing.flatMap((one) => item(one, page)).join('')}`]),
    ...(running?.name === name ? [`\n${runningText(running, page)}`] : []),
  ].join('')
}

const exactly = 'exactly: devices, routes and rules as a real node has them'
const inEffect =
  'in effect: what happens to packets, by devices, routes and rules that are not all those of a real node'

/** The report as one JSON object; `schema/network-plugins.schema.json` is its schema. */
export function cniJson(entries: readonly CniEntry[], running: RunningCni | undefined): string {
  const plugins = entries.map(({ name, aliases, facts }) => ({ name, aliases, ...facts }))
  const kind = { apiVersion: 'kubewalk.dev/v1alpha1', kind: 'NetworkPluginList' }
  return `${JSON.stringify({ ...kind, plugins, ...(running && { running }) }, undefined, 2)}\n`
}

type Pair = readonly [name: string, text: string]

function pairOf(name: string, text: string | undefined): Pair {
  return [name, text ?? '']
}

function both(word: string, more: string | undefined): string {
  return more === undefined ? word : `${word}, ${more}`
}

function pairsText(pairs: readonly Pair[], { columns: width, style }: Page): string {
  const longest = Math.max(...pairs.map(([name]) => name.length))
  return pairs
    .flatMap(([name, text]) =>
      blockLines(
        { left: `  ${style.dim(name.padEnd(longest))}  `, text, right: '', paint: (one) => one },
        width,
        style,
      ),
    )
    .map((line) => `${line}\n`)
    .join('')
}

function item(text: string, { columns: width, style }: Page): readonly string[] {
  const lines = blockLines({ left: '  - ', text, right: '', paint: (one) => one }, width, style)
  return lines.map((line) => `${line}\n`)
}

function runningText(running: RunningCni, page: Page): string {
  const { name, configuration } = running
  const pairs = Object.entries(configuration).map(([key, value]) => pairOf(key, valueText(value)))
  const list = pairs.length === 0 ? '' : `configuration\n${pairsText(pairs, page)}`
  return `this cluster runs ${page.style.bold(name)}: ${choiceText(running)}\n${list}`
}

function choiceText({ chosenBy, foundBy, at }: RunningCni): string {
  switch (chosenBy) {
    case 'option':
      return 'set by --cni'
    case 'environment':
      return 'set by the Environment'
    case 'found':
      return `found by ${foundBy ? formatRef(foundBy) : 'its objects'}${at ? ` at ${formatLocation(at)}` : ''}`
    case 'assumed':
      return 'assumed, as nothing in the input shows one'
    default:
      return chosenBy satisfies never
  }
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join(', ')
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
