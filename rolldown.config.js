import { defineConfig } from 'rolldown'

export default defineConfig({
  input: 'cli/bin.ts',
  platform: 'node',
  output: { file: 'dist/cli/kubewalk.js', format: 'esm', codeSplitting: false },
})
