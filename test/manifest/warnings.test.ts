import { describe, expect, test } from 'vitest'
import { examine } from '../support/examine.ts'

/** What is let pass and told: names that lead nowhere, contradictions, fields that are not modelled. */

const svc = (name: string, rest = '') =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}${rest}}\nspec: {ports: [{port: 80}]}\n`
const slice = (labels: string, node = '') =>
  `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s, labels: ${labels}}\naddressType: IPv4\nendpoints: [{addresses: [10.244.1.5]${node}}]\nports: [{port: 80}]\n`
const namespace = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`
const node = 'apiVersion: v1\nkind: Node\nmetadata: {name: worker}\n'
const pod = (metadata: string, spec = '') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: p${metadata}}\nspec: {${spec}containers: [{name: c}]}\n`
const kubeadm = (fields: string) =>
  `apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n${fields}\n`
const proxy = (fields: string) =>
  `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n${fields}\n`
const kind = (fields: string) => `apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n${fields}\n`
const environment = (spec: string) => `apiVersion: kubewalk.dev/v1alpha1\nkind: Environment\nspec: ${spec}\n`
const all = (...texts: readonly string[]) => texts.join('---\n')
const replicaSet = (name: string) =>
  `apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: ${name}, uid: u}\nspec: {replicas: 0, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c}]}}}\n`

type Row = readonly [name: string, text: string, ...said: string[]]

// biome-ignore format: one input a line
const references: readonly Row[] = [
  ['a slice of a Service that is there', all(svc('web'), slice('{kubernetes.io/service-name: web}'))],
  ['a slice of a Service that is not there', all(svc('web'), slice('{kubernetes.io/service-name: wbe}')), '8:58 warning unknown-reference'],
  ['a slice of no Service', all(svc('web'), slice('{}')), '8:29 warning unknown-reference'],
  ['a slice with an endpoint on no node', all(node, svc('web'), slice('{kubernetes.io/service-name: web}', ', nodeName: wroker')), '14:49 warning unknown-reference'],
  ['a namespace of a dump that is not there', all(namespace('default'), namespace('kube-system'), svc('web', ', namespace: shop')), '11:34 warning unknown-reference'],
  ['a namespace with a letter wrong', all(namespace('shop'), svc('web', ', namespace: sohp')), '7:34 warning unknown-reference'],
  ['a namespace that may well be there', all(namespace('shop'), svc('web', ', namespace: payments'))],
  ['an owner that a dump lacks', all(replicaSet('web-1'), pod(', ownerReferences: [{kind: ReplicaSet, name: web-2}]')), '8:64 warning unknown-reference'],
  ['an owner that a dump has', all(replicaSet('web-1'), pod(', ownerReferences: [{kind: ReplicaSet, name: web-1}]'))],
  ['an owner of which no dump tells', pod(', ownerReferences: [{kind: ReplicaSet, name: web-2}]')],
]

// biome-ignore format: one input a line
const contradictions: readonly Row[] = [
  ['pod subnets of kubeadm and kind', all(kubeadm('networking: {podSubnet: 10.1.0.0/16}'), kind('networking: {podSubnet: 10.2.0.0/16}')), '7:25 warning configuration-conflict'],
  ['pod subnets that are written differently', all(kubeadm('networking: {podSubnet: 10.1.0.0/16}'), kind('networking: {podSubnet: 10.1.2.3/16}'))],
  ['Service subnets of kubeadm and the Environment', all(kubeadm('networking: {serviceSubnet: 10.1.0.0/16}'), environment('{clusterNetwork: {serviceCIDR: 10.2.0.0/16}}')), '7:38 warning configuration-conflict'],
  ['a kube-proxy that takes others for pods', all(kubeadm('networking: {podSubnet: 10.1.0.0/16}'), proxy('clusterCIDR: 10.2.0.0/16')), '7:14 warning configuration-conflict'],
  ['a kube-proxy that takes more for pods', all(kubeadm('networking: {podSubnet: 10.1.0.0/16}'), proxy('clusterCIDR: 10.0.0.0/8'))],
  ['modes of kube-proxy and kind', all(proxy('mode: iptables'), kind('networking: {kubeProxyMode: nftables}')), '7:29 warning configuration-conflict'],
  ['two configurations of kube-proxy', all(proxy('mode: iptables'), proxy('clusterCIDR: 10.2.0.0/16')), '5:1 warning configuration-conflict'],
  ['one configuration of kube-proxy twice', all(proxy('mode: iptables'), proxy('mode: iptables'))],
  ['two Environments', all(environment('{nodes: {}}'), environment('{listeners: []}')), '5:1 warning configuration-conflict'],
  ['releases of kubeadm and the Environment', all(kubeadm('kubernetesVersion: v1.31.2'), environment('{kubeProxy: {version: v1.30}}')), '3:20 warning configuration-conflict'],
  ['pods and Services of one block', kubeadm('networking: {podSubnet: 10.96.0.0/16}')],
]

// biome-ignore format: one input a line
const notModelled: readonly Row[] = [
  ['spreading, where a pod may run anywhere', pod('', 'topologySpreadConstraints: [{maxSkew: 1}], '), '4:35 warning field-not-modelled'],
  ['spreading, where a pod runs on a node', pod('', 'nodeName: worker, topologySpreadConstraints: [{maxSkew: 1}], ')],
  ["kind's port mappings", kind('nodes: [{role: control-plane, extraPortMappings: [{containerPort: 30080, hostPort: 80}]}]'), '3:50 warning field-not-modelled'],
  ['a kind cluster without its network plugin', kind('networking: {disableDefaultCNI: true}'), '3:33 warning field-not-modelled'],
  ['a field that Kubernetes has not', pod('', 'wholly: unknown, '), '4:8 warning unknown-field'],
  ['a selector whose label has no value', 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: }, ports: [{port: 80}]}\n', '4:19 warning null-value'],
  ['a Service whose name begins with a digit', svc('2web'), '3:18 warning invalid-value'],
  ['a boolean of YAML 1.1 where a boolean is wanted', pod('', 'hostNetwork: no, '), '4:21 warning yaml-1.1-boolean'],
]

describe.each([
  ['references', references],
  ['contradictions', contradictions],
  ['what is not modelled', notModelled],
] as const)('%s', (_, rows) => {
  test.for(rows)('%s', async ([, text, ...wanted]) => {
    const { code, said, unplaced } = await examine(text)
    expect(said).toEqual(wanted)
    expect(unplaced.filter((line) => !line.includes('overlapping-cidrs'))).toEqual([])
    expect(code).toBe(0)
  })
})
