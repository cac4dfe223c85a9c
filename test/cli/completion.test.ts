import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { completionScripts } from '../../cli/completion/scripts.ts'
import { runCli } from '../support/run-cli.ts'

const manifest = join(mkdtempSync(join(tmpdir(), 'kubewalk-')), 'web.yaml')
writeFileSync(
  manifest,
  `apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
`,
)
const f = `-f${manifest}`

// biome-ignore format: one question a line
const questions: readonly { readonly name: string; readonly words: readonly string[]; readonly some?: readonly string[]; readonly all?: readonly string[] }[] = [
  { name: 'commands', words: ['de'], all: ['describe', ':none'] },
  { name: 'no command that is hidden', words: ['_'], all: [':none'] },
  { name: 'options', words: ['trace', '--se'], all: ['--seed', ':none'] },
  { name: 'short options', words: ['get', '-A'], all: ['-A', ':none'] },
  { name: 'values that an option may have', words: ['trace', '-p', ''], all: ['tcp', 'udp', 'sctp', 'icmp', ':none'] },
  { name: 'files after -f', words: ['trace', '-f', ''], all: [':files'] },
  { name: 'options after -f', words: ['trace', '-f', 'a', '--spo'], all: ['--sport', ':none'] },
  { name: 'nodes', words: ['rules', f, ''], all: ['control-plane', 'worker', 'worker2', ':none'] },
  { name: 'one node is enough', words: ['rules', 'worker', f, ''], all: [':none'] },
  { name: 'senders', words: ['trace', f, 'pod/c'], all: ['pod/client', ':none'] },
  { name: 'senders of all sorts', words: ['trace', f, ''], some: ['pod/client', 'deploy/kube-system/coredns', 'node/worker', 'internet'] },
  { name: 'destinations with their ports', words: ['trace', 'pod/client', f, 'svc/shop'], all: ['svc/shop/web:80', ':none'] },
  { name: 'a pod as destination', words: ['trace', 'pod/client', f, 'pod/cl'], all: ['pod/client:8080', ':none'] },
  { name: 'after a file, operands', words: ['trace', '-f', manifest, 'pod/c'], all: ['pod/client', ':none'] },
  { name: 'after a file and another option, operands', words: ['trace', '-f', manifest, '-p', 'udp', 'pod/c'], all: ['pod/client', ':none'] },
  { name: 'types', words: ['get', 'endpointsl'], all: ['endpointslices', ':none'] },
  { name: 'a second type', words: ['get', 'pods,ep'], all: ['pods,ep', ':none'] },
  { name: 'names of a type', words: ['get', 'pods', f, ''], all: ['client', ':none'] },
  { name: 'type/name', words: ['get', f, 'po/'], all: ['po/client', ':none'] },
  { name: 'namespaces', words: ['get', 'pods', f, '-n', 's'], all: ['shop', ':none'] },
  { name: 'a node to draw', words: ['graph', f, '--node', 'c'], all: ['control-plane', ':none'] },
  { name: 'a Service to draw', words: ['graph', f, '--service', 'sh'], all: ['shop/web', ':none'] },
  { name: 'who is asked', words: ['reach', f, '--to', 'svc/shop'], all: ['svc/shop/web:80', ':none'] },
  { name: 'two namespaces, the first', words: ['reach', f, '--between', 'ns/s'], all: ['ns/shop', ':none'] },
  { name: 'two namespaces, the second', words: ['reach', f, '--between', 'ns/shop', 'ns/d'], all: ['ns/default', ':none'] },
  { name: 'shells', words: ['completion', ''], all: ['bash', 'zsh', 'fish', ':none'] },
  { name: 'files that cannot be read give no names', words: ['rules', '-f/nowhere.yaml', ''], all: [':none'] },
  { name: 'an unknown command has none', words: ['walk', ''], all: [':none'] },
]

test.for(questions)('$name: $words', async ({ words, some, all }) => {
  const { code, out, err } = await runCli(['__complete', '--', ...words])
  const found = out
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0])
  if (all) expect(found.filter((one) => !one?.startsWith('endpoints.'))).toEqual(all)
  if (some) expect(found).toEqual(expect.arrayContaining([...some]))
  expect({ code, err }).toMatchObject({ code: 0, err: '' })
})

/** Runs bash with the script; `kubewalk` prints the candidates given and what it was asked. */
function completeInBash(
  line: string,
  candidates: string,
): { readonly reply: string[]; readonly asked: string } {
  const script = `
    kubewalk() { printf '%s\\n' "$*" >&3; printf '${candidates}'; }
    ${completionScripts.bash}
    COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}
    { _kubewalk; } 3>"$1"
    printf '%s\\n' "\${COMPREPLY[@]}"
    cat "$1"`
  const asked = join(mkdtempSync(join(tmpdir(), 'kubewalk-')), 'asked')
  const lines = execFileSync('bash', ['-c', script, 'bash', asked], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
  return { reply: lines.slice(0, -1), asked: lines.at(-1) ?? '' }
}

// biome-ignore format: one line of input a line
const typed = [
  { line: 'kubewalk tr', candidates: 'trace\\tfollow\\n:none\\n', reply: ['trace'], asked: '__complete -- tr' },
  { line: 'kubewalk get ', candidates: 'pods\\tPod\\nsvc\\n:none\\n', reply: ['pods', 'svc'], asked: '__complete -- get ' },
  { line: 'kubewalk trace pod/a svc/web:', candidates: 'svc/web:80\\n:none\\n', reply: ['80'], asked: '__complete -- trace pod/a svc/web:' },
  { line: 'kubewalk trace pod/a svc/w', candidates: 'svc/web:80\\n:none\\n', reply: ['svc/web:80'], asked: '__complete -- trace pod/a svc/w' },
  { line: 'kubewalk rules zz', candidates: ':none\\n', reply: [''], asked: '__complete -- rules zz' },
]

test.for(typed)('bash: $line', ({ line, candidates, reply, asked }) => {
  const result = completeInBash(line, candidates)
  expect(result.reply).toEqual(reply)
  expect(result.asked.trimEnd()).toBe(asked.trimEnd())
})

test.for(['bash', 'zsh', 'fish'] as const)('the script for %s', async (shell) => {
  expect(await runCli(['completion', shell])).toMatchObject({
    code: 0,
    out: completionScripts[shell],
    err: '',
  })
})

test('a shell that is not known', async () => {
  const { code, err } = await runCli(['completion', 'csh'])
  expect(code).toBe(2)
  expect(err).toContain('bash, zsh, fish')
})
