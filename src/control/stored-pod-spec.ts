import type { Container, PodSpec, PodTemplate, Volume } from '../model/objects.ts'

type Fields = Readonly<Record<string, unknown>>

const specDefaults = {
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  schedulerName: 'default-scheduler',
  securityContext: {},
  terminationGracePeriodSeconds: 30,
}

const containerDefaults = {
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
}

const probeDefaults = { failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 }

/** A pod spec with the API server's defaults. Mirrors SetDefaults_PodSpec and what it calls for containers. */
export function defaultedPodSpec(spec: PodSpec): PodSpec {
  const { containers, initContainers, volumes } = spec
  return {
    ...specDefaults,
    ...spec,
    ...(containers && { containers: containers.map(defaultedContainer) }),
    ...(initContainers && { initContainers: initContainers.map(defaultedContainer) }),
    ...(volumes && { volumes: volumes.map(defaultedVolume) }),
  }
}

/** The template of a workload, with its spec's defaults. */
export function defaultedTemplate(template: PodTemplate): PodTemplate {
  return { metadata: {}, ...template, ...(template.spec && { spec: defaultedPodSpec(template.spec) }) }
}

function defaultedContainer(container: Container): Container {
  const { image = '', ports } = container
  const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => {
    const probe = (container as Fields)[name]
    return isFields(probe) ? [[name, defaultedProbe(probe)]] : []
  })
  const env = (container as Fields)['env']
  return {
    ...containerDefaults,
    imagePullPolicy: pullPolicy(image),
    ...container,
    ...(ports && { ports: ports.map((port) => ({ protocol: 'TCP', ...port })) }),
    ...Object.fromEntries(probes),
    ...(Array.isArray(env) && { env: env.map(defaultedVariable) }),
  }
}

/** `Always` for the tag latest, which a name without tag and digest means. */
function pullPolicy(image: string): string {
  const tag = /:([^:/@]+)(?:@.*)?$/.exec(image)?.[1]
  return tag === 'latest' || (tag === undefined && !image.includes('@')) ? 'Always' : 'IfNotPresent'
}

function defaultedProbe(probe: Fields): Fields {
  const { httpGet, grpc } = probe
  return {
    ...probeDefaults,
    ...probe,
    ...(isFields(httpGet) && { httpGet: { path: '/', scheme: 'HTTP', ...httpGet } }),
    ...(isFields(grpc) && { grpc: { service: '', ...grpc } }),
  }
}

function defaultedVariable(variable: unknown): unknown {
  if (!isFields(variable) || !isFields(variable['valueFrom'])) return variable
  const { fieldRef } = variable['valueFrom']
  if (!isFields(fieldRef)) return variable
  return { ...variable, valueFrom: { ...variable['valueFrom'], fieldRef: { apiVersion: 'v1', ...fieldRef } } }
}

/** Volume sources whose files have a mode. */
const modes = ['configMap', 'secret', 'projected', 'downwardAPI']

function defaultedVolume(volume: Volume): Volume {
  if (!isFields(volume)) return volume
  const alone: Volume & Fields = { ...volume, emptyDir: {} }
  if (Object.keys(volume).every((key) => key === 'name')) return alone
  const { hostPath } = volume
  const withModes = modes.flatMap((key) => {
    const source = volume[key]
    return isFields(source) ? [[key, { defaultMode: 420, ...source }]] : []
  })
  return {
    ...volume,
    ...Object.fromEntries(withModes),
    ...(isFields(hostPath) && { hostPath: { type: '', ...hostPath } }),
  }
}

/** Whether a value is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
