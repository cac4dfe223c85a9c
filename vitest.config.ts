import { defineConfig } from 'vitest/config'

export default defineConfig({
  // The scripts of examples/library import the package by its name, as a user's would.
  resolve: { alias: { kubewalk: `${import.meta.dirname}/src/index.ts` } },
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    testTimeout: 30_000,
    // The only tests that run side by side are those that ask the kernel, and they wait more than they work.
    maxConcurrency: 2,
    env: { NO_COLOR: '1' },
  },
})
