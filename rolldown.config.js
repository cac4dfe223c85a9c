import { chmodSync } from 'node:fs'
import { defineConfig } from 'rolldown'

const file = 'dist/cli/kubewalk.js'

/** npx runs the file itself when it is asked for within this repository. */
const executable = { name: 'executable', writeBundle: () => chmodSync(file, 0o755) }

export default defineConfig({
  input: 'cli/bin.ts',
  platform: 'node',
  plugins: [executable],
  output: { file, format: 'esm', codeSplitting: false },
})
