import type { CniFacts } from '../../model/cni-facts.ts'
import type { Cni, CniInput, CniPlugin } from './cni.ts'
import { foundByAny, foundByConfigMap, foundByDaemonSet } from './find.ts'
import { approximated } from './parts/approximated.ts'
import { configMapNamed } from './parts/config-entries.ts'
import type { Setting } from './parts/daemon.ts'
import { settingOf } from './parts/daemon.ts'

const facts: CniFacts = {
  title: 'CNI-Genie',
  networkModel: 'that of the plugin it chooses',
  routeDistribution: 'N/A',
  networkPolicies: 'No',
  mesh: 'N/A',
  externalDatastore: 'None',
  encryption: 'N/A',
  ingressEgressPolicies: 'No',
  commercialSupport: 'No',
  fidelity: 'model',
  remark: 'chooses another plugin for each pod, by the annotation cni of the pod, else its default plugin',
  encapsulation: 'that of the plugin it chooses',
  mtu: 'that of the plugin it chooses',
  masquerade: 'by the plugin it chooses',
  policyEngine: 'its own for logical networks',
  settings: [
    {
      name: 'default_plugin',
      takes: 'the name of a plugin',
      otherwise: 'default_plugin of genie_conf, else weave',
    },
  ],
  notModelled: [
    'a plugin of its own for each pod: all pods have the default plugin\u2019s network',
    'several networks of one pod, logical networks',
  ],
}

/** CNI-Genie, which is given the plugins that it may choose from. */
export function cniGenie(plugins: readonly CniPlugin[]): CniPlugin {
  return {
    name: 'cni-genie',
    aliases: ['genie'],
    facts,
    environmentFields: [
      'cni.default_plugin',
      ...new Set(plugins.flatMap((one) => one.environmentFields ?? [])),
    ],
    find: foundByAny(foundByDaemonSet(/^genie/), foundByConfigMap(/^genie-config$/)),
    configure: (input) => configureGenie(input, plugins),
  }
}

function configureGenie(input: CniInput, plugins: readonly CniPlugin[]): Cni {
  approximated(input, facts)
  const setting = defaultPlugin(input)
  // Of several names the first is the network of eth0.
  const [name = ''] = (setting?.value ?? 'weave').split(',').map((one) => one.trim().toLowerCase())
  const found = plugins.find((one) => one.name === name || one.aliases?.includes(name))
  const [first] = plugins
  if (!found) {
    input.report(
      'cni-not-modelled',
      `CNI-Genie's default plugin is ${name}, which is not modelled; ${first?.name} stands for it`,
      {
        ...(setting?.at && { at: setting.at }),
        fix: `choose one of ${plugins.map((one) => one.name).join(', ')}`,
      },
    )
  }
  const { default_plugin: _own, ...settings } = input.settings
  const chosen = (found ?? first)?.configure({ ...input, settings })
  if (!chosen) throw new Error('CNI-Genie has no plugin to choose from')
  return {
    ...chosen,
    name: 'cni-genie',
    configuration: { default_plugin: chosen.name, ...chosen.configuration },
  }
}

/** `default_plugin` of the setting, else of `genie_conf`. */
function defaultPlugin(input: CniInput): Setting | undefined {
  const stated = settingOf(input, 'default_plugin')
  if (stated) return stated
  const map = configMapNamed(input.objects, /^genie-config$/)
  const text = Object.values(map?.object.data ?? {}).join('\n')
  const value = /"default_plugin"\s*:\s*"([^"]*)"/.exec(text)?.[1]
  return value && map ? { value, from: 'default_plugin', at: map.locate(['data']) } : undefined
}
