import { defineConfig } from 'rolldown'

export default defineConfig({
  input: 'bench/run.ts',
  platform: 'node',
  output: { file: 'dist/bench/run.js', format: 'esm', codeSplitting: false },
})
