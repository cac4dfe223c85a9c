import { nearest } from '../../base/nearest.ts'
import { formatRef } from '../../base/source.ts'
import type { CniSettings } from '../../model/cluster.ts'
import type { CniObjects } from '../../model/cni-objects.ts'
import type { Environment } from '../../model/environment.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { Cni, CniEvidence, CniPlugin } from '../cni/cni.ts'
import { cniNamed, cniPlugins, configureCni, defaultCni } from '../cni/registry.ts'
import type { Completion } from './completion.ts'

/** The objects by which plugins are found and configured. */
export function cniObjects(objects: ObjectsByKind): CniObjects {
  return {
    daemonSets: objects.DaemonSet,
    configMaps: objects.ConfigMap,
    nodes: objects.Node,
    calico: {
      installations: objects.Installation,
      ipPools: objects.IPPool,
      felixConfigurations: objects.FelixConfiguration,
      bgpConfigurations: objects.BGPConfiguration,
      bgpPeers: objects.BGPPeer,
      blockAffinities: objects.BlockAffinity,
      ipamBlocks: objects.IPAMBlock,
    },
  }
}

/** The plugin that the cluster runs, as it is configured. */
export interface ChosenCni {
  readonly settings: CniSettings
  readonly cni: Cni
  /** Fields of the Environment that the plugin reads. */
  readonly environmentFields: readonly string[]
}

/** Set by `--cni` or the Environment, else found by what its manifests install, else kindnet. */
export function chooseCni(completion: Completion, environment: Environment): ChosenCni {
  const { options, objects, report, assume } = completion
  const own = cniObjects(objects)
  const given = options.cni === undefined ? undefined : readCniOption(options.cni)
  const { plugin: stated, ...stating } = environment.cni ?? {}
  const found = findPlugin(completion, own)
  const plugin =
    named(completion, given?.plugin, '--cni') ??
    named(completion, stated, "the Environment's cni.plugin") ??
    found?.plugin ??
    defaultCni
  if (given === undefined && stated === undefined && !found) {
    assume('pods are connected by kindnet (routed veth pairs, routes between nodes)')
  }
  if (given) checkSettings(completion, plugin, given)
  const settings = { ...stating, ...given?.settings }
  const foundBy = found?.plugin === plugin ? found.evidence.object : undefined
  return {
    settings: {
      plugin: plugin.name,
      chosenBy: given ? 'option' : stated === undefined ? (found ? 'found' : 'assumed') : 'environment',
      settings,
      ...(foundBy && { foundBy }),
    },
    cni: configureCni(plugin, { objects: own, environment, settings, report, assume }),
    environmentFields: plugin.environmentFields ?? [],
  }
}

/** `flannel:backend=host-gw,mtu=1400`. */
function readCniOption(text: string): { readonly plugin: string; readonly settings: Record<string, string> } {
  const colon = text.indexOf(':')
  if (colon < 0) return { plugin: text, settings: {} }
  const pairs = text
    .slice(colon + 1)
    .split(',')
    .map((one) => one.split('='))
  return {
    plugin: text.slice(0, colon),
    settings: Object.fromEntries(pairs.map(([key = '', ...rest]) => [key, rest.join('=')])),
  }
}

/** Settings of `--cni` that the plugin does not have. */
function checkSettings(
  { report }: Completion,
  plugin: CniPlugin,
  given: ReturnType<typeof readCniOption>,
): void {
  if (!cniNamed(given.plugin)) return
  const fields = (plugin.environmentFields ?? []).map((field) => field.replace(/^cni\./, ''))
  const known = [...new Set([...(plugin.facts.settings ?? []).map(({ name }) => name), ...fields])]
  for (const key of Object.keys(given.settings)) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    report('invalid-setting', `--cni: ${plugin.name} has no setting "${key}"`, {
      fix: near === undefined ? `see kubewalk cni ${plugin.name}` : `did you mean ${near}?`,
    })
  }
}

/** A plugin by its name; one that is not modelled is told, with what stands for it. */
function named(completion: Completion, name: string | undefined, from: string): CniPlugin | undefined {
  if (name === undefined) return undefined
  const known = cniNamed(name)
  if (known) return known
  const names = cniPlugins.map((one) => one.name)
  const near = nearest(name, names)
  const fix = near === undefined ? `write one of ${names.join(', ')}` : `did you mean ${near}?`
  if (from === '--cni') {
    completion.report('invalid-setting', `--cni: there is no network plugin "${name}"`, { fix })
    return defaultCni
  }
  const at = completion.objects.Environment[0]?.locate(['spec', 'cni', 'plugin'])
  completion.report(
    'cni-not-modelled',
    `${from} is ${name}, a network plugin that is not modelled; pods are connected as by kindnet (routed veth pairs, routes between nodes)`,
    {
      ...(at && { at }),
      fix,
    },
  )
  return defaultCni
}

/** The first plugin that the objects show; where they show more than one, the others are told. */
function findPlugin(
  { report }: Completion,
  objects: CniObjects,
): { readonly plugin: CniPlugin; readonly evidence: CniEvidence } | undefined {
  const all = cniPlugins.flatMap((plugin) => {
    const evidence = plugin.find(objects)
    return evidence ? [{ plugin, evidence }] : []
  })
  const [first, ...others] = all
  for (const { plugin, evidence } of others) {
    if (!first || evidence.object === first.evidence.object) continue
    report(
      'configuration-conflict',
      `${formatRef(evidence.object)} shows the network plugin ${plugin.name}, but ${formatRef(first.evidence.object)} shows ${first.plugin.name}, which counts`,
      {
        ...(evidence.at && { at: evidence.at }),
        fix: 'take the manifests of one of them away, or say which with --cni',
      },
    )
  }
  return first
}
