import { describe, expect, test } from 'vitest'
import type { Completed } from './complete.ts'
import { complete } from './complete.ts'

/** What the workload controllers (pkg/controller) name their pods, how many they make, and which they adopt. */

const template = 'template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}'

function workload(kind: string, spec = '', name = 'web', meta = ''): string {
  const group =
    kind === 'Job' || kind === 'CronJob' ? 'batch/v1' : kind === 'ReplicationController' ? 'v1' : 'apps/v1'
  const selector =
    kind === 'ReplicationController' ? 'selector: {app: web}' : 'selector: {matchLabels: {app: web}}'
  const parts = [
    kind === 'Job' || kind === 'CronJob' ? '' : selector,
    kind === 'CronJob' ? '' : template,
    spec,
  ]
  return `
apiVersion: ${group}
kind: ${kind}
metadata: {name: ${name}${meta && `, ${meta}`}}
spec: {${parts.filter((part) => part !== '').join(', ')}}
---
`
}

const pod = (name: string, meta = '', status = '') => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: web}${meta && `, ${meta}`}}
spec: {containers: [{name: c, image: i}]}
status: {${status}}
---
`

function podsOf(cluster: Completed): readonly string[] {
  return cluster.pods.filter((one) => one.namespace === 'default').map((one) => one.name)
}

// rand.String's letters: no vowels, and no 0, 1 or 3.
const letters = '[bcdfghjklmnpqrstvwxz2456789]'

// biome-ignore format: one workload a line
describe('names and numbers', () => {
  test.for([
    { name: 'Deployment: ReplicaSet’s hash and five letters', text: workload('Deployment', 'replicas: 3'), form: `web-${letters}{8,10}-${letters}{5}`, count: 3 },
    { name: 'Deployment: one replica if none is stated', text: workload('Deployment'), form: `web-${letters}{8,10}-${letters}{5}`, count: 1 },
    { name: 'Deployment: none', text: workload('Deployment', 'replicas: 0'), form: '', count: 0 },
    { name: 'Deployment: a paused one makes no ReplicaSet', text: workload('Deployment', 'replicas: 2, paused: true'), form: '', count: 0 },
    { name: 'ReplicaSet', text: workload('ReplicaSet', 'replicas: 2'), form: `web-${letters}{5}`, count: 2 },
    { name: 'ReplicationController', text: workload('ReplicationController', 'replicas: 2'), form: `web-${letters}{5}`, count: 2 },
    { name: 'StatefulSet', text: workload('StatefulSet', 'replicas: 3'), form: 'web-[012]', count: 3 },
    { name: 'StatefulSet with spec.ordinals.start (KEP-3335)', text: workload('StatefulSet', 'replicas: 2, ordinals: {start: 5}'), form: 'web-[56]', count: 2 },
    { name: 'DaemonSet: one for each worker', text: workload('DaemonSet'), form: `web-${letters}{5}`, count: 2 },
    { name: 'Job', text: workload('Job'), form: `web-${letters}{5}`, count: 1 },
    { name: 'Job: parallelism', text: workload('Job', 'parallelism: 3, completions: 9'), form: `web-${letters}{5}`, count: 3 },
    { name: 'Job: no more than completions', text: workload('Job', 'parallelism: 3, completions: 2'), form: `web-${letters}{5}`, count: 2 },
    { name: 'Job: suspended', text: workload('Job', 'suspend: true'), form: '', count: 0 },
    { name: 'Job: an indexed one', text: workload('Job', 'parallelism: 2, completions: 2, completionMode: Indexed'), form: `web-[01]-${letters}{5}`, count: 2 },
    { name: 'CronJob: between its times there is no pod', text: workload('CronJob', `schedule: "* * * * *", jobTemplate: {spec: {${template}}}`), form: '', count: 0 },
  ])('$name', ({ text, form, count }) => {
    const names = podsOf(complete(text))
    expect(names).toHaveLength(count)
    expect(new Set(names).size).toBe(count)
    for (const name of names) expect(name).toMatch(new RegExp(`^${form}$`))
  })

  test.for([
    { name: 'a Deployment of 47 letters', text: workload('Deployment', '', 'a'.repeat(47)), form: `a{47}-${letters}{8,10}-?${letters}{5}` },
    { name: 'a DaemonSet of 60 letters', text: workload('DaemonSet', '', 'a'.repeat(60)), form: `a{58}${letters}{5}` },
    { name: 'job name with index suffix exceeds MaxGeneratedNameLength', text: workload('Job', 'completions: 1, completionMode: Indexed', 'a'.repeat(60)), form: `a{55}-0-${letters}{5}` },
  ])('$name: cut to 63', ({ text, form }) => {
    for (const name of podsOf(complete(text))) {
      expect(name).toMatch(new RegExp(`^${form}$`))
      expect(name.length).toBeLessThanOrEqual(63)
    }
  })

  test('labels, host names and owners are those of the real controllers', () => {
    const one = (text: string) => complete(text).pods.find((made) => made.namespace === 'default')
    const deployed = one(workload('Deployment'))
    const hash = deployed?.labels['pod-template-hash']
    expect(deployed?.name.startsWith(`web-${hash}-`)).toBe(true)
    expect(deployed?.object.metadata.ownerReferences).toEqual([{ kind: 'ReplicaSet', name: `web-${hash}`, controller: true }])
    expect(deployed?.owner).toMatchObject({ kind: 'Deployment', name: 'web' })
    const ordinal = one(workload('StatefulSet', 'serviceName: db'))
    expect(ordinal).toMatchObject({ hostname: 'web-0', subdomain: 'db' })
    expect(ordinal?.labels).toMatchObject({ 'statefulset.kubernetes.io/pod-name': 'web-0', 'apps.kubernetes.io/pod-index': '0' })
    const indexed = one(workload('Job', 'completions: 1, completionMode: Indexed'))
    expect(indexed).toMatchObject({ hostname: 'web-0' })
    expect(indexed?.labels).toMatchObject({ 'batch.kubernetes.io/job-completion-index': '0', 'job-name': 'web', 'batch.kubernetes.io/job-name': 'web' })
  })
})

// biome-ignore format: one input a line
describe('what is there counts', () => {
  const owner = (kind: string, name: string) => `ownerReferences: [{apiVersion: apps/v1, kind: ${kind}, name: ${name}, controller: true}]`
  test.for([
    { name: 'a ReplicaSet adopts a pod that it selects', text: workload('ReplicaSet', 'replicas: 2') + pod('mine'), count: 2 },
    { name: 'a finished pod does not count (IsPodActive)', text: workload('ReplicaSet', 'replicas: 2') + pod('mine', '', 'phase: Failed'), count: 3 },
    { name: 'a pod that is being deleted does not count', text: workload('ReplicaSet', 'replicas: 2') + pod('mine', 'deletionTimestamp: "2026-01-01T00:00:00Z"'), count: 3 },
    { name: 'a pod of another owner does not count', text: workload('ReplicaSet', 'replicas: 2') + pod('theirs', owner('ReplicaSet', 'other')), count: 3 },
    { name: 'a Deployment’s ReplicaSet selects by its hash as well, and adopts none', text: workload('Deployment', 'replicas: 2') + pod('mine'), count: 3 },
    { name: 'a Deployment whose ReplicaSet is there leaves the pods to it', text: workload('Deployment', 'replicas: 2') + workload('ReplicaSet', 'replicas: 1', 'web-6d4cf56db6', owner('Deployment', 'web')), count: 1 },
    { name: 'a StatefulSet makes the pods that are missing', text: workload('StatefulSet', 'replicas: 3') + pod('web-1'), count: 3 },
    { name: 'pods that name their owner stand for all of its pods', text: workload('Deployment', 'replicas: 3') + pod('web-6d4cf56db6-x2x4z', owner('ReplicaSet', 'web-6d4cf56db6')), count: 1 },
    { name: 'a dump with pods has all there are', text: workload('Deployment', 'replicas: 3', 'web', 'uid: d') + pod('else', 'uid: p'), count: 1 },
    { name: 'a dump without pods leaves them to be made', text: workload('Deployment', 'replicas: 3', 'web', 'uid: d'), count: 3 },
    { name: 'a Job that is complete has none', text: workload('Job').replace('---', 'status: {conditions: [{type: Complete, status: "True"}]}\n---'), count: 0 },
  ])('$name', ({ text, count }) => {
    expect(podsOf(complete(text))).toHaveLength(count)
  })
})
