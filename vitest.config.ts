import { defineConfig } from 'vitest/config'

export default defineConfig({
  // The scripts of examples/library import the package by its name, as a user's would.
  resolve: { alias: { kubewalk: `${import.meta.dirname}/src/index.ts` } },
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    testTimeout: 30_000,
    env: { NO_COLOR: '1' },
  },
})
