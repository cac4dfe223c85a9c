import type { LoadedCluster } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'

/** One object of a manifest, in a line. */
export function deployment(name: string, replicas: number, namespace = 'default'): string {
  const labels = `{app: ${name}}`
  const container = `{name: c, image: i, ports: [{containerPort: 8080}]}`
  return `{apiVersion: apps/v1, kind: Deployment, metadata: {name: ${name}, namespace: ${namespace}}, spec: {replicas: ${replicas}, selector: {matchLabels: ${labels}}, template: {metadata: {labels: ${labels}}, spec: {containers: [${container}]}}}}`
}

/** A Service for a Deployment of the same name. */
export function service(name: string, spec = '', namespace = 'default', status = ''): string {
  const ports = 'ports: [{port: 80, targetPort: 8080}]'
  return `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${namespace}}, spec: {selector: {app: ${name}}, ${ports}${spec && `, ${spec}`}}${status && `, status: ${status}`}}`
}

export function clusterOf(...objects: readonly string[]): LoadedCluster {
  return parseCluster([{ name: 'test.yaml', text: objects.join('\n---\n') }])
}
