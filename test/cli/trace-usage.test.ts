import { expect, test } from 'vitest'
import { runCli } from '../support/run-cli.ts'

const files = ['-f', 'examples/notes/cluster-ip.yaml']

test.each([
  [
    ['pod/client', 'http-go-svc:80', '-4', '-6'],
    "error: option '-4, --ipv4' cannot be used with option '-6, --ipv6'",
  ],
  [['pod/client', 'http-go-svc:80', '--interval', '5'], 'to mend it: say how many: --count NUMBER'],
  [
    ['--requests', 'requests.jsonl', '-n', 'shop'],
    "option '--requests <file>' cannot be used with option '-n, --namespace <namespace>'",
  ],
  [['pod/client'], 'error: say what pod/client asks for [bad-request]'],
])('trace %j is refused, and says why', async (argv, message) => {
  const { code, out, err } = await runCli(['trace', ...argv, ...files])
  expect([code, out]).toEqual([2, ''])
  expect(err).toContain(message)
})

test('a node that graph does not know is not guessed from its last letter', async () => {
  const { code, err } = await runCli(['graph', '--node', 'nope', ...files])
  expect(code).toBe(2)
  expect(err).toContain('to mend it: there are: control-plane, worker, worker2')
})

test('one table of a dump comes without the comment lines of the others', async () => {
  const given = ['--node-rules', 'worker=examples/dump/worker.iptables-save']
  const { out } = await runCli([
    'rules',
    'worker',
    '-t',
    'filter',
    '-f',
    'examples/dump/cluster.yaml',
    ...given,
  ])
  expect(out.split('\n')[0]).toBe('*filter')
  expect(out).not.toContain('#')
  expect(out).toMatch(/^COMMIT\n$/m)
})
