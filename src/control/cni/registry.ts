import { collectDiagnostics } from '../../base/diagnostic.ts'
import type { Cluster } from '../../model/cluster.ts'
import { awsVpc } from './aws-vpc.ts'
import { bridge } from './bridge.ts'
import { calico } from './calico.ts'
import { cilium } from './cilium.ts'
import type { Cni, CniPlugin } from './cni.ts'
import { flannel } from './flannel.ts'
import { kindnet } from './kindnet.ts'
import { kubeRouter } from './kube-router.ts'
import { kubenet } from './kubenet.ts'
import { weave } from './weave.ts'

/** Every network plugin, in the order in which a cluster is asked whether it runs it. */
export const cniPlugins: readonly CniPlugin[] = [calico, awsVpc, cilium, weave, kubeRouter, flannel, kindnet, kubenet, bridge]

/** The plugin of an input that says nothing. */
export const defaultCni: CniPlugin = kindnet

/** The plugin of this name, or of another name by which it is known. */
export function cniNamed(name: string): CniPlugin | undefined {
  const wanted = name.toLowerCase()
  return cniPlugins.find((one) => one.name === wanted || one.aliases?.includes(wanted))
}

const configured = new WeakMap<Cluster, Cni>()

/** The cluster's plugin as it is configured there. What is wrong with its configuration was told when the cluster was completed. */
export function cniOf(cluster: Cluster): Cni {
  const known = configured.get(cluster)
  if (known) return known
  const { cniObjects: objects, environment, settings } = cluster
  const made = (cniNamed(settings.cni.plugin) ?? defaultCni).configure({
    objects,
    environment,
    settings: settings.cni.settings,
    report: collectDiagnostics().report,
    assume: () => undefined,
  })
  configured.set(cluster, made)
  return made
}
