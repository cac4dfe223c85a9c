import { ext } from './cni-example.ts'

/**
 * Policies for the running example in which every way of writing a rule occurs that Felix makes rules of its own for: names of
 * ports, more ports than one match takes, several blocks and exceptions, sets, tiers, groups, and every action.
 */
export const examplePolicies = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ext-alone}
spec:
  podSelector: {matchLabels: {app: p21}}
  ingress:
  - from: [{ipBlock: {cidr: 192.168.1.0/24, except: [192.168.1.0/29, 192.168.1.10/31]}}]
  - from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [p12, none]}]}}]
    ports: [{port: 8080}, {port: 8081, endPort: 9000}, {port: metrics}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nobody}
spec:
  podSelector: {matchLabels: {app: p11}}
  policyTypes: [Ingress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nobody-either}
spec:
  podSelector: {matchLabels: {app: p11}}
  policyTypes: [Ingress]
---
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: early}
spec: {order: 10, defaultAction: Pass}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: world, labels: {list: world}}
spec: {nets: [203.0.113.0/24, 198.51.100.0/24]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: early.no-udp-out}
spec:
  tier: early
  order: 5
  selector: app == 'p12' && has(app)
  types: [Egress]
  egress:
  - {action: Log, destination: {nets: [${ext}/32]}}
  - {action: Deny, protocol: UDP, destination: {selector: list == 'world'}}
  - {action: Pass, protocol: TCP, destination: {notNets: [10.96.0.0/12, 172.16.0.0/12]}}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: p12-in, namespace: default}
spec:
  selector: app == 'p12'
  order: 20
  types: [Ingress]
  ingress:
  - action: Deny
    protocol: UDP
    source: {nets: [10.244.0.0/16, 192.168.1.11/32]}
    destination: {ports: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, "8000:8090"]}
  - {action: Allow, notProtocol: ICMP, source: {notSelector: app == 'p21'}}`
