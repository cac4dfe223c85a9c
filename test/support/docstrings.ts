import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { matchModules } from '../../src/netfilter/match/registry.ts'
import { targetModules } from '../../src/netfilter/target/registry.ts'

const root = join(import.meta.dirname, '../..')

/** A declaration with the comment above it, on one line. */
interface Documented {
  readonly file: string
  readonly name: string
  readonly text: string
}

const declaration =
  /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export )?(?:async )?(?:function|const|interface|class|type) (\w+)/g

function documentedIn(folder: string): readonly Documented[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted()
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(declaration)].map(
        ([, comment = '', name = '']) => ({
          file,
          name,
          text: comment
            .replaceAll(/\s*\n\s*\* ?/g, ' ')
            .replaceAll('|', '\\|')
            .trim(),
        }),
      ),
    )
}

/** Everything below a folder whose comment says what it mirrors. */
export function mirrorTable(folder: string): readonly string[] {
  const rows = documentedIn(folder)
    .filter(({ text }) => /\b[Mm]irrors\b/.test(text))
    .map(({ file, name, text }) => `| \`${file.slice(folder.length + 1)}\` ${name} | ${text} |`)
  return ['| where | what it mirrors |', '|---|---|', ...rows]
}

/** Every extension of a registry, with the comment of its module. */
export async function extensionTable(kind: 'match' | 'target'): Promise<readonly string[]> {
  const modules: Readonly<Record<string, unknown>> = kind === 'match' ? matchModules : targetModules
  const folder = `src/netfilter/${kind}`
  const exported = new Map<unknown, Documented>()
  for (const one of documentedIn(folder)) {
    const values = await import(join(root, one.file))
    if (typeof values[one.name] === 'object') exported.set(values[one.name], one)
  }
  const rows = Object.entries(modules).map(([name, module]) => {
    const found = exported.get(module)
    return `| \`${kind === 'match' ? '-m' : '-j'} ${name}\` | ${found?.text ?? ''} |`
  })
  return [`| ${kind} | modelled after |`, '|---|---|', ...rows]
}

/** Which folder may import which, and where each npm package may be imported, as test/architecture.test.ts has it. */
export function layerTable(of: 'folders' | 'packages'): readonly string[] {
  const source = readFileSync(join(root, 'test/architecture.test.ts'), 'utf8')
  const name = of === 'folders' ? 'allowed' : 'packages'
  const literal = new RegExp(`^const ${name}\\b[^=]*= \\{(.*?)^\\}`, 'ms').exec(source)?.[1] ?? ''
  const rows = [...literal.matchAll(/^ {2}'?([@\w/.-]+)'?: \[([^\]]*)\]/gm)].map(([, key, list = '']) => {
    const places = [...list.matchAll(/'([^']+)'/g)].map(([, place]) => `\`${place}\``)
    return `| \`${key}\` | ${places.join(', ') || '–'} |`
  })
  return [
    of === 'folders' ? '| folder or file | may import, besides itself |' : '| package | imported by |',
    '|---|---|',
    ...rows,
  ]
}
