import { spawnSync } from 'node:child_process'
import type { SourceFile } from '../src/index.ts'
import { RequestError } from '../src/index.ts'

/** Manifests as they are in a revision of the git repository around the working directory. */

const extensions = /\.(?:ya?ml|json)$/

/** Git lists and prints at most as many bytes. */
const maxBytes = 1_000_000_000

function git(args: readonly string[], input?: string): { readonly ok: boolean; readonly out: Buffer } {
  const { status, stdout, error } = spawnSync('git', args, {
    maxBuffer: maxBytes,
    ...(input !== undefined && { input }),
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  return { ok: status === 0 && !error, out: stdout ?? Buffer.alloc(0) }
}

/** Whether git knows a commit by this name. */
export function isRevision(name: string): boolean {
  return !name.startsWith('-') && git(['rev-parse', '--verify', '--quiet', `${name}^{commit}`]).ok
}

/** The last commit that two revisions have in common. */
export function mergeBase(one: string, other: string): string | undefined {
  const { ok, out } = git(['merge-base', one, other])
  return ok ? out.toString().trim() : undefined
}

/**
 * Reads manifests of a revision: files, and those of folders by name, with folders within them if `recursive`. A path
 * that was not there then is as good as an empty folder: what stands there now is new.
 */
export function readRevision(
  revision: string,
  paths: readonly string[],
  recursive: boolean,
): readonly SourceFile[] {
  const names = paths.flatMap((path) => filesAt(revision, path.replace(/\/+$/, '') || '.', recursive))
  const wanted = [...new Set(names)]
  const { ok, out } = git(['cat-file', '--batch'], wanted.map((name) => `${revision}:./${name}\n`).join(''))
  if (!ok) throw new RequestError('bad-request', `git cannot read ${revision}`, 'check the repository')
  return splitBatch(out, wanted).map(({ name, text }) => ({ name: `${revision}:${name}`, text }))
}

function filesAt(revision: string, path: string, recursive: boolean): readonly string[] {
  const { ok, out } = git(['ls-tree', '-r', '-z', '--name-only', revision, '--', `${path}`])
  if (!ok) throw new RequestError('bad-request', `git cannot list ${path} of ${revision}`, 'check the path')
  const all = out
    .toString()
    .split('\0')
    .filter((name) => name !== '')
  if (all.length === 1 && all[0] === path) return all
  const inside = path === '.' ? '' : `${path}/`
  return all.filter(
    (name) => extensions.test(name) && (recursive || !name.slice(inside.length).includes('/')),
  )
}

/** What `git cat-file --batch` printed: for each object a line `<id> blob <size>`, its bytes and a line break. */
function splitBatch(out: Buffer, names: readonly string[]): readonly SourceFile[] {
  const files: SourceFile[] = []
  let at = 0
  for (const name of names) {
    const end = out.indexOf('\n', at)
    const [, type, size] = out.subarray(at, end).toString().split(' ')
    const from = end + 1
    if (type !== 'blob') {
      at = from
      continue
    }
    const to = from + Number(size)
    files.push({ name, text: out.subarray(from, to).toString() })
    at = to + 1
  }
  return files
}
