import { expect, test } from 'vitest'
import { runCli } from '../support/run-cli.ts'

const service = 'examples/notes/cluster-ip.yaml'
const other = 'examples/notes/session-affinity.yaml'
const ask = ['trace', 'pod/client', 'http-go-svc:80']

/** `-f` as kubectl has it, and what a shell makes of a pattern that nobody quoted. */
test.each([
  ['after the operands', [...ask, '-f', service]],
  ['before the operands', ['trace', '-f', service, 'pod/client', 'http-go-svc:80']],
  ['between them', ['trace', 'pod/client', '-f', service, 'http-go-svc:80']],
  ['with an equals sign', [...ask, `--filename=${service}`]],
  ['without a blank', [...ask, `-f${service}`]],
  ['a pattern in quotes', [...ask, '-f', 'examples/notes/cluster-*.yaml']],
])('-f %s', async (_, argv) => {
  const { code, out } = await runCli(argv)
  expect(out).toContain('reached, 3 ways')
  expect(code).toBe(0)
})

test.each([
  ['twice', ['check', '-f', service, '-f', other]],
  ['with a comma', ['check', '-f', `${service},${other}`]],
  ['written out by a shell', ['check', '-f', service, other]],
  ['for a command with an operand', ['rules', 'worker', '-f', service, other, '-t', 'mangle']],
])('several files, %s, are all read', async (_, argv) => {
  const { out, err } = await runCli(argv)
  // Both files state a Service of one name, which nobody could know who had read one of them.
  expect(`${out}${err}`).toContain(`${other}:`)
})

test.each([
  ['more operands than a command has', [...ask, service], 'nothing is asked for with "examples'],
  ['a file among names', ['get', 'pods', '-f', service, other], 'nothing is asked for with "examples'],
])('%s: an error that says how files are given', async (_, argv, message) => {
  const { code, err } = await runCli(argv)
  expect(code).toBe(2)
  expect(err).toContain(message)
  expect(err).toContain("-f 'k8s/*.yaml'")
})
