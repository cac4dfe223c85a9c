/** NetworkPolicies for the running example of the plugins, one of each form that rules and sets show. */
const policy = (name: string, spec: string) =>
  `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}}, spec: {${spec}}}`

const toP21 = 'podSelector: {matchLabels: {app: p21}}'
const fromP11 = 'from: [{podSelector: {matchLabels: {app: p11}}}]'

export const policyExamples: Readonly<Record<string, string>> = {
  'nobody may come in': policy('closed', 'podSelector: {}'),
  'nobody may go out': policy('shut', 'podSelector: {matchLabels: {app: p11}}, policyTypes: [Egress]'),
  'one pod by its label': policy('from-p11', `${toP21}, ingress: [{${fromP11}}]`),
  'one pod, one port': policy('port', `${toP21}, ingress: [{${fromP11}, ports: [{port: 8080}]}]`),
  'another port': policy('other-port', `${toP21}, ingress: [{${fromP11}, ports: [{port: 9090}]}]`),
  'a range of ports by UDP': policy(
    'range',
    `${toP21}, ingress: [{${fromP11}, ports: [{protocol: UDP, port: 8000, endPort: 8100}]}]`,
  ),
  'a protocol alone': policy('protocol', `${toP21}, ingress: [{ports: [{protocol: TCP}]}]`),
  'all namespaces': policy('namespaces', `${toP21}, ingress: [{from: [{namespaceSelector: {}}]}]`),
  'pods of a namespace with a label': policy(
    'both',
    `${toP21}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [default, other]}]}, podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [p11]}]}}]}]`,
  ),
  'blocks with exceptions': policy(
    'blocks',
    `${toP21}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [192.168.1.9/32]}}]}, {from: [{ipBlock: {cidr: 192.168.1.12/32}}], ports: [{port: 8080}]}]`,
  ),
  'egress to a block and a port': policy(
    'out',
    'podSelector: {matchLabels: {app: p11}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.244.2.0/24, 10.44.0.0/14]}}]}, {ports: [{protocol: UDP, port: 8080}]}]',
  ),
  'both directions of all pods': policy(
    'mesh',
    `podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{${fromP11}}], egress: [{to: [{podSelector: {matchLabels: {app: p12}}}]}]`,
  ),
}
