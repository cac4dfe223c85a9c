import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { Option } from 'commander'
import type { LoadedCluster } from '../../src/index.ts'
import {
  diffClusters,
  diffMarkdown,
  diffText,
  loadCluster,
  nearest,
  parseCluster,
  RequestError,
} from '../../src/index.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { loadWith, withClusterOptions } from '../cluster-options.ts'
import { exitCode } from '../exit-code.ts'
import { isRevision, mergeBase, readRevision } from '../git-files.ts'
import type { Io } from '../io.ts'
import type { Finish } from '../program.ts'

interface DiffOptions extends ClusterOptions {
  readonly output?: 'json' | 'markdown'
}

const examples = `
Examples:
  kubewalk diff before/ after/                     two folders
  kubewalk diff main..HEAD -f k8s/ -R              two revisions of git
  kubewalk diff main -f k8s/ -R                    a revision against the files as they are
  kubewalk diff main...HEAD -f k8s/ -o markdown    since the branch began, as a comment of a merge request

Exit code: 0 if nothing is different for any packet or name, 1 if something is, 2 if the command or its input is wrong.`

export function addDiff(program: Command, io: Io, finish: Finish): void {
  withClusterOptions(program.command('diff'))
    .description('say which connections and names a change makes different')
    .argument('<before>', 'a folder, a file, or revisions of git: A..B, A...B, A')
    .argument('[after]', 'a folder or a file')
    .addOption(new Option('-o, --output <format>', 'a form for programs').choices(['json', 'markdown']))
    .addHelpText('after', examples)
    .action(async (before: string, after: string | undefined, options: DiffOptions) => {
      const [old, fresh] = sourcesOf(before, after, options)
      const diff = diffClusters(await read(old, options, io), await read(fresh, options, io))
      if (options.output === 'json') io.out(`${JSON.stringify(diff, undefined, 2)}\n`)
      else if (options.output === 'markdown') io.out(diffMarkdown(diff))
      else io.out(diffText(diff, { columns: io.columns, style: io.style }))
      finish(diff.connections.length + diff.names.length === 0 ? exitCode.yes : exitCode.no)
    })
}

/** Where one of the two clusters is read from. */
type Source =
  | { readonly type: 'path'; readonly path: string }
  | { readonly type: 'files' }
  | { readonly type: 'revision'; readonly revision: string }

function sourcesOf(
  before: string,
  after: string | undefined,
  { filename = [] }: DiffOptions,
): readonly [Source, Source] {
  if (after !== undefined && filename.length === 0) return [pathSource(before), pathSource(after)]
  const range = /^(.*?)(\.\.\.?)(.*)$/.exec(before)
  if (after !== undefined || filename.length === 0) {
    throw new RequestError(
      'bad-request',
      range ? `${before} names revisions, and not which files of them` : 'there is nothing to compare with',
      range || isRevision(before)
        ? `add -f with folders or files`
        : 'give two folders: kubewalk diff before/ after/',
    )
  }
  if (!range) return [revisionSource(before), { type: 'files' }]
  const [, from = '', dots, to = ''] = range
  const [first, second] = [revisionSource(from || 'HEAD'), revisionSource(to || 'HEAD')]
  const base = dots === '...' ? mergeBase(first.revision, second.revision) : undefined
  return [base === undefined ? first : { type: 'revision', revision: base }, second]
}

function pathSource(path: string): Source {
  if (existsSync(path)) return { type: 'path', path }
  const fix = isRevision(path)
    ? `revisions are given as one: kubewalk diff ${path}..HEAD -f k8s/`
    : 'check the path'
  throw new RequestError('bad-request', `there is no file or folder "${path}"`, fix)
}

function revisionSource(revision: string): Source & { readonly type: 'revision' } {
  if (isRevision(revision)) return { type: 'revision', revision }
  const near = nearest(revision, ['main', 'master', 'HEAD'])
  throw new RequestError(
    'bad-request',
    `git knows no revision "${revision}" here`,
    near === undefined ? 'give two folders, or a branch, tag or commit' : `did you mean ${near}?`,
  )
}

function read(source: Source, options: DiffOptions, io: Io): Promise<LoadedCluster> {
  const { filename = [], recursive = false } = options
  return loadWith({ ...options, quiet: true }, io, (from) => {
    switch (source.type) {
      case 'path':
        return loadCluster([source.path], from)
      case 'files':
        return loadCluster(filename, from)
      case 'revision':
        return parseCluster(readRevision(source.revision, filename, recursive), from)
      default:
        return source satisfies never
    }
  })
}
