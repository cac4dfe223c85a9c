import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCli } from '../support/run-cli.ts'

const notes = join(import.meta.dirname, '../../examples/notes/cluster-ip.yaml')
const manifest = join(import.meta.dirname, '../recorded/kubectl/manifest.yaml')

// biome-ignore format: one mistake a line
const mistakes: readonly { readonly argv: readonly string[]; readonly says: string; readonly mends: string }[] = [
  { argv: ['get', 'pdos'], says: 'there is no resource type "pdos"', mends: 'did you mean pods?' },
  { argv: ['get', 'widgets'], says: 'there is no resource type "widgets"', mends: 'types: all, configmaps, endpoints,' },
  { argv: ['get', 'pods', 'clinet'], says: 'there is no Pod clinet in namespace default', mends: 'did you mean client?' },
  { argv: ['get', 'svc', 'kube-dns'], says: 'there is no Service kube-dns in namespace default', mends: 'it is in namespace kube-system: say -n kube-system' },
  { argv: ['get', 'node', 'worker3'], says: 'there is no Node worker3', mends: 'did you mean worker?' },
  { argv: ['get', 'pods', '-n', 'kube-sytem'], says: 'there is no namespace kube-sytem', mends: 'did you mean kube-system?' },
  { argv: ['get', 'pods', '-n', 'x'], says: 'there is no namespace x', mends: 'namespaces: default, kube-system' },
  { argv: ['get', 'pods', '-l', 'app in web'], says: 'cannot read the selector "app in web"', mends: "'env in (a,b)'" },
  { argv: ['get', 'pods', '-l', 'app=we b'], says: 'cannot read the selector "app=we b"', mends: 'joined by commas' },
  { argv: ['get', 'pods', 'client', '-A'], says: 'a name needs one namespace', mends: 'leave out -A' },
  { argv: ['get', 'pods', 'client', '-l', 'a'], says: 'a name and a selector exclude each other', mends: 'leave out one' },
  { argv: ['get', 'pod/'], says: '"pod/" is not TYPE/NAME', mends: 'as in pod/web-0 svc/web' },
  { argv: ['get', 'pod/a', 'b'], says: '"b" is not TYPE/NAME', mends: 'as in pod/web-0 svc/web' },
  { argv: ['describe', 'pod', 'client'], says: 'only Services can be described, not a Pod', mends: 'kubewalk get pods NAME -o yaml' },
  { argv: ['describe', 'svc', 'http-go-svx'], says: 'there is no Service http-go-svx', mends: 'did you mean http-go-svc?' },
  { argv: ['graph', '--node', 'workre'], says: 'there is no node workre', mends: 'did you mean worker?' },
  { argv: ['graph', '--service', 'kube-dns'], says: 'there is no Service default/kube-dns', mends: 'did you mean kube-system/kube-dns?' },
  { argv: ['graph', '-n', 'defualt'], says: 'there is no namespace defualt', mends: 'did you mean default?' },
]

test.for(mistakes)('$argv', async ({ argv, says, mends }) => {
  const { code, out, err } = await runCli([...argv, '-f', notes])
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toMatch(/^error: .* \[[a-z-]+\]\n {4}to mend it: .*\n$/)
  expect(err).toContain(says)
  expect(err).toContain(mends)
})

// biome-ignore format: one mistake a line
test.for([
  { argv: ['get', 'pods', '-o', 'xml'], says: 'wide, json, yaml, name' },
  { argv: ['get', 'pods', '--now', 'tomorrow'], says: 'a time such as 2026-01-31T12:00:00Z' },
  { argv: ['get', '-f', notes], says: "missing required argument 'type'" },
  { argv: ['graph', '-o', 'png'], says: 'dot, mermaid, svg, json' },
])('$argv', async ({ argv, says }) => {
  const { code, err } = await runCli(argv)
  expect(code).toBe(2)
  expect(err).toContain(says)
})

test('what was found is shown, and what is missing is said', async () => {
  const { code, out, err } = await runCli(['get', 'pods', 'client', 'x', 'y', '--no-headers', '-f', notes])
  expect({ code, out }).toEqual({ code: 2, out: 'client   1/1   Running   0     <unknown>\n' })
  expect(err).toContain('there is no Pod x, no Pod y in namespace default')
  expect(err).toContain('pods: client, ')
})

test('what a manifest leaves open is filled in', async () => {
  const { out } = await runCli(['get', 'deploy,rs,sts,ds,rc,job,cj', '-q', '-f', manifest])
  expect(out.replace(/web-[a-z0-9]{7,}/, 'web-HASH').replace(/ +$/gm, '')).toBe(`\
NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
deployment.apps/web   3/3     3            3           <unknown>

NAME                             DESIRED   CURRENT   READY   AGE
replicaset.apps/plain            1         1         1       <unknown>
replicaset.apps/web-HASH   3         3         3       <unknown>

NAME                  READY   AGE
statefulset.apps/db   2/2     <unknown>

NAME                   DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE
daemonset.apps/agent   3         3         3       3            3           <none>          <unknown>

NAME                        DESIRED   CURRENT   READY   AGE
replicationcontroller/old   1         1         1       <unknown>

NAME              STATUS    COMPLETIONS   DURATION   AGE
job.batch/once    Running   0/1                      <unknown>
job.batch/queue   Running   0/1 of 2                 <unknown>

NAME                    SCHEDULE    TIMEZONE   SUSPEND   ACTIVE   LAST SCHEDULE   AGE
cronjob.batch/nightly   0 3 * * *   <none>     False     0        <none>          <unknown>
`)
})

test('Services of a manifest', async () => {
  const { out } = await runCli(['get', 'svc', '--no-headers', '-q', '-f', manifest])
  const cells = out
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/).slice(0, 5).join(' | '))
  expect(cells.map((line) => line.replace(/10\.96\.\d+\.\d+/, 'IP'))).toEqual([
    'db | ClusterIP | None | <none> | 5432/TCP',
    'elsewhere | ExternalName | <none> | db.example.com | <none>',
    expect.stringMatching(/^front \| LoadBalancer \| IP \| 203\.0\.113\.80 \| 80:3\d{4}\/TCP$/),
    'kubernetes | ClusterIP | IP | <none> | 443/TCP',
    'node | NodePort | IP | <none> | 80:30001/TCP',
    'outside | ClusterIP | IP | 198.51.100.9 | 80/TCP',
    'sticky | ClusterIP | IP | <none> | 80/TCP',
    'web | ClusterIP | IP | <none> | 80/TCP,53/UDP',
  ])
})

test('ages count from the present that is given', async () => {
  const text = `{apiVersion: v1, kind: Namespace, metadata: {name: a, creationTimestamp: "2026-01-01T00:00:00Z"}}`
  const ask = async (...more: string[]) =>
    (await runCli(['get', 'ns', 'a', '--no-headers', '-f', '-', ...more], text)).out
  expect(await ask()).toBe('a     Active   <unknown>\n')
  expect(await ask('--now', '2026-01-03T05:00:00Z')).toBe('a     Active   2d5h\n')
  expect(await ask('--now', '2026-01-01T01:00:30+01:00')).toBe('a     Active   30s\n')
})

test.for(['yaml', 'json'])('get -o %s goes into trace, with the same answer', async (format) => {
  const kinds = 'nodes,namespaces,all,endpoints,endpointslices'
  const dump = await runCli(['get', kinds, '-A', '-o', format, '-q', '-f', manifest])
  expect(dump.code).toBe(0)
  for (const to of ['web:80', 'svc/front:80', 'node/worker:30001', 'outside:80', 'db-0.db:5432']) {
    const question = ['trace', 'pod/client', to, '-q', '-o', 'json']
    const first = JSON.parse((await runCli([...question, '-f', manifest])).out)
    const second = JSON.parse((await runCli([...question, '-f', '-'], dump.out)).out)
    const facts = ({ outcomes }: { readonly outcomes: readonly Record<string, unknown>[] }) =>
      outcomes.map(({ probability, disposition, destination, seenSource }) => ({
        ...{ probability, disposition, destination, seenSource },
      }))
    expect(facts(second)).toEqual(facts(first))
  }
})
