import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

/** Which folder may import which: the one-way direction in which data flows. A file of its own overrides its folder. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/base': [],
  'src/netfilter': ['src/base'],
  'src/dns': ['src/base'],
  'src/http': ['src/base'],
  'src/resolver': ['src/base'],
  'src/policy': ['src/base'],
  'src/model': ['src/base', 'src/netfilter', 'src/dns', 'src/http', 'src/resolver', 'src/policy'],
  'src/manifest': ['src/base', 'src/model'],
  'src/dump': ['src/base', 'src/netfilter', 'src/model'],
  'src/control': [
    'src/base',
    'src/netfilter',
    'src/dns',
    'src/http',
    'src/resolver',
    'src/policy',
    'src/model',
  ],
  'src/dataplane': ['src/base', 'src/netfilter', 'src/model'],
  'src/drift': ['src/base', 'src/netfilter', 'src/model'],
  'src/render': [
    'src/base',
    'src/netfilter',
    'src/dns',
    'src/http',
    'src/resolver',
    'src/policy',
    'src/model',
  ],
  'src/journey': [
    'src/base',
    'src/netfilter',
    'src/dns',
    'src/http',
    'src/resolver',
    'src/policy',
    'src/model',
    'src/control',
    'src/dataplane',
  ],
  'src/reach': [
    'src/base',
    'src/netfilter',
    'src/policy',
    'src/model',
    'src/control',
    'src/dataplane',
    'src/journey',
  ],
  'src/diff': [
    'src/base',
    'src/netfilter',
    'src/policy',
    'src/model',
    'src/control',
    'src/dataplane',
    'src/journey',
    'src/reach',
  ],
  'src/simulator.ts': [
    'src/base',
    'src/netfilter',
    'src/dns',
    'src/http',
    'src/resolver',
    'src/policy',
    'src/model',
    'src/manifest',
    'src/dump',
    'src/control',
    'src/dataplane',
    'src/drift',
    'src/journey',
    'src/reach',
    'src/diff',
    'src/render',
  ],
  'src/index.ts': [
    'src/base',
    'src/netfilter',
    'src/dns',
    'src/http',
    'src/resolver',
    'src/policy',
    'src/model',
    'src/dump',
    'src/control',
    'src/dataplane',
    'src/drift',
    'src/journey',
    'src/reach',
    'src/diff',
    'src/render',
    'src/simulator.ts',
  ],
  cli: ['src/index.ts'],
  bench: ['src/index.ts'],
}

/** Where an npm package may be imported. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'ip-num': ['src/base/ip.ts'],
  '@noble/hashes': ['src/base/hash.ts'],
  yaml: ['src/manifest/yaml'],
  tinyglobby: ['src/manifest/read-files.ts'],
  'fastest-levenshtein': ['src/base/nearest.ts'],
  graphology: ['src/model/topology.ts'],
  'pure-rand': ['src/journey/sampling.ts'],
  commander: ['cli'],
}

const root = join(import.meta.dirname, '..')

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

function unitOf(file: string): string {
  return Object.keys(allowed).find((unit) => file === unit || file.startsWith(`${unit}/`)) ?? ''
}

/** Every module that a file names after `from` or in `import()`. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/^(?:import|export|\}) ?.*from '([^']+)'|import\('([^']+)'\)/gm)].map(
    (found) => found[1] ?? found[2] ?? '',
  )
}

const files = [...filesIn('src'), ...filesIn('cli')]
const edges = files.flatMap((file) => importsOf(file).map((name) => ({ file, name })))
const local = edges
  .filter(({ name }) => name.startsWith('.'))
  .map(({ file, name }) => ({ file, to: join(dirname(file), name) }))

test('the files and their imports were really read', () => {
  expect(files.length).toBeGreaterThan(80)
  expect(edges.length).toBeGreaterThan(300)
  expect(files.filter((file) => unitOf(file) === '')).toEqual([])
})

test('folders import only what stands below them', () => {
  const wrong = local.filter(
    ({ file, to }) => unitOf(file) !== unitOf(to) && !allowed[unitOf(file)]?.includes(unitOf(to)),
  )
  expect(wrong.map(({ file, to }) => `${file} imports ${to}`)).toEqual([])
})

test('packages are imported where the table says, and Node only by the file reader and the command line', () => {
  const foreign = edges.filter(({ name }) => !name.startsWith('.'))
  const wrong = foreign.filter(({ file, name }) => {
    if (name.startsWith('node:')) return file !== 'src/manifest/read-files.ts' && !file.startsWith('cli/')
    const owner = Object.keys(packages).find((one) => name === one || name.startsWith(`${one}/`))
    return !packages[owner ?? '']?.some((place) => file === place || file.startsWith(`${place}/`))
  })
  expect(wrong.map(({ file, name }) => `${file} imports ${name}`)).toEqual([])
})
