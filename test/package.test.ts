import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

beforeAll(() => {
  if (!existsSync(join(root, 'dist/src/index.js'))) throw new Error('run npm run build first')
})

describe('what npm publishes', () => {
  const printed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  })
  const [packed] = JSON.parse(printed) as readonly { readonly files: readonly { readonly path: string }[] }[]
  const paths = packed?.files.map((file) => file.path) ?? []

  // biome-ignore format: one file a line
  const needed = [
    'package.json', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE',
    'dist/cli/kubewalk.js', 'dist/src/index.js', 'dist/src/index.d.ts', 'dist/src/manifest/no-files.js',
    'docs/architecture.md', 'docs/findings.md', 'examples/notes/cluster-ip.yaml', 'examples/library/network.test.ts',
    'schema/journey.schema.json', 'schema/environment.schema.json', 'schema/network-plugins.schema.json',
  ]

  test.for(needed)('%s is there', (path) => {
    expect(paths).toContain(path)
  })

  test('and nothing else: no tests, no sources, no benchmarks, no settings', () => {
    const wanted =
      /^(package\.json|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|LICENSE|(docs|examples|schema)\/.+|dist\/cli\/kubewalk\.js|dist\/src\/.+\.(js|d\.ts))$/
    expect(paths.length).toBeGreaterThan(100)
    expect(paths.filter((path) => !wanted.test(path))).toEqual([])
  })

  // Within this repository npx runs the built file itself, as README's first command does after `npm ci`.
  test.skipIf(process.platform === 'win32')('the program may be executed as a file', () => {
    const { status, stdout } = spawnSync(join(root, 'dist/cli/kubewalk.js'), ['--version'], {
      encoding: 'utf8',
    })
    expect(status).toBe(0)
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test('every file that package.json names is there', () => {
    const { bin, exports: entries, browser } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const named = [
      ...Object.values(bin),
      entries['.'].types,
      entries['.'].default,
      ...Object.keys(browser),
      ...Object.values(browser),
    ]
    expect(named.length).toBeGreaterThanOrEqual(6)
    for (const path of named) expect(paths).toContain(String(path).replace(/^\.\//, ''))
  })
})

describe('to a project that installs it', () => {
  const project = mkdtempSync(join(tmpdir(), 'kubewalk-consumer-'))
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(root, join(project, 'node_modules/kubewalk'))
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  afterAll(() => rmSync(project, { recursive: true }))

  const use = (body: string) =>
    `import { loadCluster } from 'kubewalk'\nconst cluster = await loadCluster(['${root}/examples/notes/cluster-ip.yaml'])\n` +
    `const journey = cluster.trace({ from: 'pod/client', to: 'http-go-svc:80' })\n${body}\n`

  test('the types fit, and a wrong type is found', () => {
    writeFileSync(
      join(project, 'good.ts'),
      use('export const share: number | undefined = journey.outcomes[0]?.probability'),
    )
    writeFileSync(
      join(project, 'bad.ts'),
      use('export const share: string = journey.outcomes[0]?.probability'),
    )
    const { stdout } = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/typescript/bin/tsc'),
        ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'],
        ...['good.ts', 'bad.ts'],
      ],
      { cwd: project, encoding: 'utf8' },
    )
    const errors = stdout.split('\n').filter((line) => line.includes('error'))
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain('bad.ts(4,14): error TS2322')
  }, 120_000)

  test('the module runs', () => {
    writeFileSync(join(project, 'run.js'), use('process.stdout.write(String(journey.outcomes.length))'))
    expect(execFileSync(process.execPath, ['run.js'], { cwd: project, encoding: 'utf8' })).toBe('3')
  })

  test('the program runs, says no with 1 and nonsense with 2', () => {
    const run = (...words: string[]) =>
      spawnSync(process.execPath, [join(root, 'dist/cli/kubewalk.js'), ...words], {
        cwd: root,
        encoding: 'utf8',
      })
    const reached = run('trace', 'pod/client', 'http-go-svc:80', '-f', 'examples/notes/cluster-ip.yaml')
    expect([reached.status, reached.stderr]).toEqual([0, ''])
    expect(reached.stdout).toContain('reached, 3 ways')
    expect(run('trace', 'pod/client', 'http-go-svc:81', '-f', 'examples/notes/cluster-ip.yaml').status).toBe(
      1,
    )
    const wrong = run('trace', 'pod/client', 'http-go-svc:80', '-f', 'examples/nothing.yaml')
    expect([wrong.status, wrong.stdout]).toEqual([2, ''])
    expect(wrong.stderr).toContain('[file-not-found]')
  })
})

test('the licence is Apache 2.0, in full', () => {
  const text = readFileSync(join(root, 'LICENSE'), 'utf8')
  for (const part of [
    'Version 2.0, January 2004',
    '9. Accepting Warranty',
    'END OF TERMS AND CONDITIONS',
    'APPENDIX',
  ]) {
    expect(text).toContain(part)
  }
  expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).license).toBe('Apache-2.0')
})

describe('in a browser', () => {
  async function bundle() {
    const unresolved: string[] = []
    const build = await rolldown({
      input: join(root, 'dist/src/index.js'),
      platform: 'browser',
      onLog: (_level, log) => void unresolved.push(log.message),
    })
    const { output } = await build.generate({ format: 'iife', name: 'kubewalk', codeSplitting: false })
    return { output, unresolved }
  }

  const bundled = bundle()

  test('the bundle imports nothing of Node', async () => {
    const { output, unresolved } = await bundled
    expect(unresolved).toEqual([])
    expect(output).toHaveLength(1)
    const [{ code, imports, dynamicImports }] = output
    expect([...imports, ...dynamicImports].filter((name) => name !== output[0].fileName)).toEqual([])
    expect(code.length).toBeGreaterThan(100_000)
    expect(code).not.toMatch(/["']node:/)
  })

  test('and traces from text where there is neither require nor process', async () => {
    const { output } = await bundled
    const cluster = readFileSync(join(root, 'examples/notes/cluster-ip.yaml'), 'utf8')
    const context = createContext({ TextEncoder, TextDecoder, cluster })
    runInContext(output[0].code, context)
    expect(runInContext('typeof require + typeof process', context)).toBe('undefinedundefined')
    const reached = runInContext(
      `kubewalk.parseCluster([{ name: 'web.yaml', text: cluster }])
        .trace({ from: 'pod/client', to: 'http-go-svc:80' })
        .outcomes.map((one) => one.disposition).join()`,
      context,
    )
    expect(reached).toBe('reached,reached,reached')
  })
})
