import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runCli } from '../support/run-cli.ts'

/** What `-f` takes, as kubectl does: files, folders, patterns, several of them, standard input. */

const root = mkdtempSync(join(tmpdir(), 'kubewalk-'))
afterAll(() => rmSync(root, { recursive: true }))

const service = (name: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80}]}\n`
const write = (path: string, text: string | Uint8Array) => {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}

write('rules.txt', '*filter\nCOMMIT\n')
write('k8s/a.yaml', service('a'))
write('k8s/b.yml', service('b'))
write(
  'k8s/c.json',
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'c' },
    spec: { ports: [{ port: 80 }] },
  }),
)
write('k8s/README.md', '# not a manifest')
write('k8s/deep/d.yaml', service('d'))
write('k8s/.hidden/e.yaml', service('e'))
write('odd/manifest.txt', service('f'))
write('odd/a [1].yaml', service('g'))
write('empty/README.md', '')
write('broken/one.yaml', 'kind: [\n')
write('broken/two.yaml', `${service('h')}---\n${service('i')}extra: true\nspec2: 1\n`)
symlinkSync(join(root, 'k8s/a.yaml'), join(root, 'odd/link.yaml'))
symlinkSync(join(root, 'nowhere'), join(root, 'odd/dangling.yaml'))

const at = (path: string) => join(root, path)

// biome-ignore format: one command line a line
const readable: readonly (readonly [name: string, argv: readonly string[], ...services: string[]])[] = [
  ['a file', ['-f', at('k8s/a.yaml')], 'a'],
  ['a file of any name', ['-f', at('odd/manifest.txt')], 'f'],
  ['a file whose name looks like a pattern', ['-f', at('odd/a [1].yaml')], 'g'],
  ['several', ['-f', at('k8s/a.yaml'), '-f', at('k8s/b.yml')], 'a', 'b'],
  ['several after one -f', ['-f', at('k8s/a.yaml'), at('k8s/b.yml')], 'a', 'b'],
  ['a folder: what ends in .yaml, .yml or .json', ['-f', at('k8s')], 'a', 'b', 'c'],
  ['a folder with a slash', ['-f', `${at('k8s')}/`], 'a', 'b', 'c'],
  ['a folder and those within it, hidden ones too', ['-R', '-f', at('k8s')], 'a', 'b', 'c', 'd', 'e'],
  ['a pattern', ['-f', at('k8s/*.y*ml')], 'a', 'b'],
  ['a pattern of any name', ['-f', at('odd/*.txt')], 'f'],
  ['a pattern that names a folder', ['-f', at('k8*')], 'a', 'b', 'c'],
  ['a link', ['-f', at('odd/link.yaml')], 'a'],
  ['one file twice', ['-f', at('k8s/a.yaml'), '-f', at('k8s/*.yaml')], 'a'],
  ['standard input', ['-f', '-'], 'z'],
  ['standard input and a file', ['-f', '-', '-f', at('k8s/a.yaml')], 'a', 'z'],
]

describe('read', () => {
  test.for(readable)('%s', async ([, argv, ...names]) => {
    const { code, out, err } = await runCli(['rules', 'worker', '-q', '-t', 'filter', ...argv], service('z'))
    expect(err).toBe('')
    const found = new Set([...out.matchAll(/"default\/(\w+) has no endpoints"/g)].map((one) => one[1]))
    expect([...found].toSorted()).toEqual(names)
    expect(code).toBe(0)
  })

  test('in the order that was given, and a folder by name', async () => {
    const { out } = await runCli(['check', '-f', at('k8s/b.yml'), '-f', at('broken')])
    expect([...out.matchAll(/^(\S+?):\d+:\d+: /gm)].map((one) => one[1])).toEqual([
      at('broken/one.yaml'),
      at('broken/two.yaml'),
      at('broken/two.yaml'),
    ])
  })
})

// biome-ignore format: one command line a line
const refused: readonly (readonly [name: string, argv: readonly string[], said: RegExp])[] = [
  ['a file that is not there', ['-f', at('nope.yaml')], /there is no file or folder ".*nope.yaml" \[file-not-found\]/],
  ['a pattern that nothing matches', ['-f', at('*.nope')], /\[file-not-found\]/],
  ['an address', ['-f', 'https://example.com/a.yaml'], /https:\/\/example.com\/a.yaml is an address, .* \[file-not-found\]\n {4}to mend it: .*curl/],
  ['a folder without manifests', ['-f', at('empty')], /no file of .*empty ends in .yaml, .yml, .json \[empty-folder\]\n.*-R/],
  ['a link to nothing', ['-f', at('odd/dangling.yaml')], /\[file-not-found\]/],
  ['a folder with a link to nothing', ['-f', at('odd')], /cannot read .*dangling.yaml.* \[file-unreadable\]/],
  ['empty standard input', ['-f', '-'], /^\(stdin\):1:1: error: no Kubernetes object in \(stdin\) \[empty-input\]/m],
  ['rules of a file that is not there', ['-f', at('k8s'), '--node-rules', `worker=${at('nope')}`], /\[file-not-found\]/],
  ['rules of a node that is not there', ['-f', at('k8s'), '--node-rules', `wroker=${at('rules.txt')}`], /there is no node wroker/],
]

describe('refused, with a reason', () => {
  test.for(refused)('%s', async ([, argv, said]) => {
    const { code, out, err } = await runCli(['check', ...argv])
    expect(out + err).toMatch(said)
    expect(out + err).not.toMatch(/^\s+at |internal/m)
    // One mistake, one error: that nothing was read is no second one.
    expect(`${out}${err}`.match(/(?:^|: )error: /gm)).toHaveLength(1)
    expect(code).toBe(2)
  })

  test.skipIf(process.getuid?.() === 0)('a file that may not be read', async () => {
    write('secret.yaml', service('a'))
    chmodSync(at('secret.yaml'), 0)
    const { code, out } = await runCli(['check', '-f', at('secret.yaml')])
    expect(out).toMatch(/\[file-unreadable\]/)
    expect(code).toBe(2)
  })
})

describe('rules that the kernel would refuse', () => {
  const table = (chains: string, rules: string) =>
    `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${chains}${rules}COMMIT\n`

  // biome-ignore format: one text a line
  test.for([
    ['a loop of chains', table(':A - [0:0]\n:B - [0:0]\n', '-A INPUT -j A\n-A A -j B\n-A B -j A\n'), 9, 'iptables-chain-cycle'],
    ['a chain that jumps to itself', table(':A - [0:0]\n', '-A INPUT -j A\n-A A -j A\n'), 7, 'iptables-chain-cycle'],
    ['a jump to no chain', table('', '-A INPUT -j WEB-FIREWALL\n'), 5, 'iptables-dangling-jump'],
    ['a text cut off', table('', '').replace('COMMIT\n', ''), 5, 'iptables-syntax'],
  ] as const)('%s', async ([, text, line, code]) => {
    write('node.rules', text)
    const ran = await runCli(['check', '-f', at('k8s'), '--node-rules', `worker=${at('node.rules')}`])
    expect(ran.out).toMatch(new RegExp(`node\\.rules:${line}:\\d+: error: .* \\[${code}\\]`))
    expect(ran.code).toBe(2)
  })
})

/** Texts of ten megabytes that are no manifests; each is refused in a few lines. */
describe('ten megabytes of noise', () => {
  const size = 10_000_000
  const random = (seed: number) => {
    let state = seed
    return () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      return state >>> 16
    }
  }
  const next = random(7)
  const bytes = Uint8Array.from({ length: size }, next)
  const letters = Array.from({ length: size }, () => String.fromCharCode(33 + (next() % 94))).join('')

  test.for([
    ['bytes', bytes],
    ['letters', letters],
    ['lines of letters', letters.replace(/.{60}/g, '$&\n')],
    ['opening brackets', '['.repeat(size)],
    ['lists', '- a\n'.repeat(size / 4)],
    ['one key', 'a: b\n'.repeat(size / 5)],
    ['separators', '---\n'.repeat(size / 4)],
    ['JSON of nothing', `[${'{},'.repeat(size / 3)}{}]`],
  ] as const)('%s', async ([, noise]) => {
    const { code, out } = await runCli(['check', '-f', '-'], noise)
    expect(out).toMatch(/^\(stdin\):\d+:\d+: error: /m)
    expect(out.length).toBeLessThan(12_000)
    expect(code).toBe(2)
  })
})
