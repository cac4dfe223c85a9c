import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { rolldown } from 'rolldown'
import { beforeAll, describe, expect, test } from 'vitest'

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
    'schema/journey.schema.json', 'schema/environment.schema.json',
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

  test('the bundle imports nothing of Node', async () => {
    const { output, unresolved } = await bundle()
    expect(unresolved).toEqual([])
    expect(output).toHaveLength(1)
    const [{ code, imports, dynamicImports }] = output
    expect([...imports, ...dynamicImports].filter((name) => name !== output[0].fileName)).toEqual([])
    expect(code.length).toBeGreaterThan(100_000)
    expect(code).not.toMatch(/["']node:/)
  })

  test('and traces from text where there is neither require nor process', async () => {
    const { output } = await bundle()
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
