import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCommand } from './support/command.ts'
import { refreshPage } from './support/documentation.ts'

const root = join(import.meta.dirname, '..')

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .toSorted(),
]

/** How many commands and files the pages quote at least; a page that is no longer read would make these fall. */
const least = { commands: 30, files: 15 }
const asked = { commands: 0, files: 0 }

/** `npm run docs` runs this file with --update, which writes what has changed into the pages. */
describe('what the pages quote is what kubewalk prints', () => {
  test.for(pages)('%s', async (page) => {
    const { text, commands, files, wrongCodes } = await refreshPage(page)
    asked.commands += commands
    asked.files += files
    expect(wrongCodes).toEqual([])
    await expect(text).toMatchFileSnapshot(join(root, page))
  })

  test('the pages were really read', () => {
    expect(asked.commands).toBeGreaterThanOrEqual(least.commands)
    expect(asked.files).toBeGreaterThanOrEqual(least.files)
  })
})

/** Pictures, and the commands that draw them. */
const pictures = {
  'docs/images/cluster-ip.svg': 'graph -o svg -n default -f examples/notes/cluster-ip.yaml',
}

test.for(Object.entries(pictures))('%s is what kubewalk %s draws', async ([path, command]) => {
  const { out } = await runCommand(command)
  await expect(out).toMatchFileSnapshot(join(root, path))
})

test('docs/library.md speaks of every function and value that the package exports', async () => {
  const page = readFileSync(join(root, 'docs/library.md'), 'utf8')
  const names = Object.keys(await import('../src/index.ts'))
  expect(names.length).toBeGreaterThan(15)
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([])
})

/** Links to other files of the repository, from where they stand. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, path]) => path ?? '')
}

test('links lead to files that are there', () => {
  const links = pages.flatMap((page) => linksOf(page).map((link) => ({ page, link })))
  expect(links.length).toBeGreaterThan(10)
  const broken = links.filter(({ page, link }) => !existsSync(join(root, dirname(page), link)))
  expect(broken).toEqual([])
})
