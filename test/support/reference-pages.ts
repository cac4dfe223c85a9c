import { diagnosticCatalog } from '../../src/base/diagnostic-catalog.ts'
import { formatDiagnostic } from '../../src/index.ts'
import { findingCatalog } from '../../src/journey/finding/catalog.ts'
import { diagnosticExamples, diagnosticsIn } from './diagnostic-examples.ts'
import { findingExamples, findingsIn } from './finding-examples.ts'

/** The pages that list all codes of a catalogue, and what each says of a code. */
const catalogs: Readonly<
  Record<string, { readonly option: string; readonly codes: ReadonlyMap<string, string> }>
> = {
  'docs/diagnostics.md': {
    option: 'diagnostic',
    codes: new Map(
      Object.entries(diagnosticCatalog).map(([code, { severity, summary }]) => [
        code,
        `**${severity}.** ${summary}`,
      ]),
    ),
  },
  'docs/findings.md': { option: 'finding', codes: new Map(Object.entries(findingCatalog)) },
}

/** The codes that a page lists. */
export function listedCodes(text: string): readonly string[] {
  return [...text.matchAll(/^## `([^`]+)`$/gm)].map(([, code]) => code ?? '')
}

/**
 * The page with a section for each code of its catalogue, in the catalogue's order: the summary, what was written by
 * hand below it, and the code's example.
 */
export function withCodes(page: string, text: string): string {
  const catalog = catalogs[page]
  if (!catalog) return text
  const { option, codes } = catalog
  const [intro = '', ...old] = text.split(/^(?=## `)/m)
  const sections = new Map(old.map((section) => [listedCodes(section)[0], section]))
  const fresh = [...codes].map(([code, summary]) => {
    const [, , ...rest] = (sections.get(code) ?? '').trimEnd().split(/\n\n/)
    const hasFence = rest.some((part) => part.startsWith('```'))
    const example = hasExample(option, code) && !hasFence ? [`\`\`\`text ${option}=${code}\n\`\`\``] : []
    return [`## \`${code}\``, summary, ...rest, ...example].join('\n\n')
  })
  return `${[intro.trimEnd(), ...fresh].join('\n\n')}\n`
}

function hasExample(option: string, code: string): boolean {
  return code in (option === 'diagnostic' ? diagnosticExamples : findingExamples)
}

/** The first thing that is said of a code's example under that code. */
export async function exampleOf(option: 'diagnostic' | 'finding', code: string): Promise<readonly string[]> {
  if (option === 'diagnostic') {
    const example = diagnosticExamples[code as keyof typeof diagnosticExamples]
    const found = example && (await diagnosticsIn(example)).find((one) => one.code === code)
    if (!found) throw new Error(`the example of the diagnostic ${code} does not raise it`)
    return formatDiagnostic(found).split('\n')
  }
  const example = findingExamples[code as keyof typeof findingExamples]
  const found = example && findingsIn(example).find((one) => one.code === code)
  if (!found) throw new Error(`the example of the finding ${code} does not have it`)
  return [found.message, ...(found.fix === undefined ? [] : [`to mend it: ${found.fix}`])]
}
