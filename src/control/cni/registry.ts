import { collectDiagnostics } from '../../base/diagnostic.ts'
import type { Cluster } from '../../model/cluster.ts'
import { aci } from './aci.ts'
import { antrea } from './antrea.ts'
import { aos } from './aos.ts'
import { awsVpc } from './aws-vpc.ts'
import { azure } from './azure.ts'
import { bridge } from './bridge.ts'
import { calico } from './calico.ts'
import { canal } from './canal.ts'
import { cilium } from './cilium.ts'
import type { Cni, CniInput, CniPlugin } from './cni.ts'
import { cniGenie } from './cni-genie.ts'
import { flannel } from './flannel.ts'
import { gke } from './gke.ts'
import { kindnet } from './kindnet.ts'
import { kopeio } from './kopeio.ts'
import { kubeRouter } from './kube-router.ts'
import { kubenet } from './kubenet.ts'
import { ovnKubernetes } from './ovn-kubernetes.ts'
import { withPolicyAddOn } from './policy-add-on.ts'
import { ptp } from './ptp.ts'
import { romana } from './romana.ts'
import { weave } from './weave.ts'

/** The plugins that connect pods, in the order in which a cluster is asked whether it runs them: those that go with others come before them. */
// biome-ignore format: one plugin a line
const connecting: readonly CniPlugin[] = [
  canal,
  calico,
  awsVpc,
  cilium,
  antrea,
  ovnKubernetes,
  azure,
  gke,
  weave,
  kubeRouter,
  romana,
  kopeio,
  flannel,
  kindnet,
  kubenet,
  bridge,
  ptp,
  aci,
  aos,
]

/** Those, and the one that chooses among them, which comes first. */
export const cniPlugins: readonly CniPlugin[] = [cniGenie(connecting), ...connecting]

/** The plugin of an input that says nothing. */
export const defaultCni: CniPlugin = kindnet

/** The plugin of this name, or of another name by which it is known. */
export function cniNamed(name: string): CniPlugin | undefined {
  const wanted = name.toLowerCase()
  return cniPlugins.find((one) => one.name === wanted || one.aliases?.includes(wanted))
}

/** The plugin as a cluster has configured it, with what enforces policies beside it. */
export function configureCni(plugin: CniPlugin, input: CniInput): Cni {
  return withPolicyAddOn(plugin.configure(input), input)
}

const configured = new WeakMap<Cluster, Cni>()

/** The cluster's plugin as it is configured there. What is wrong with its configuration was told when the cluster was completed. */
export function cniOf(cluster: Cluster): Cni {
  const known = configured.get(cluster)
  if (known) return known
  const { cniObjects: objects, environment, settings } = cluster
  const made = configureCni(cniNamed(settings.cni.plugin) ?? defaultCni, {
    objects,
    environment,
    settings: settings.cni.settings,
    report: collectDiagnostics().report,
    assume: () => undefined,
  })
  configured.set(cluster, made)
  return made
}
