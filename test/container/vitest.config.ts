import { defineConfig } from 'vitest/config'

const report = process.env['TEST_REPORT']

export default defineConfig({
  test: {
    // The report is for whoever runs this among other suites and adds up the counts.
    ...(report && { reporters: ['default', ['json', { outputFile: report }]] }),
    include: ['test/container/**/*.test.ts'],
    testTimeout: 120_000,
    // The first build downloads everything, and may have to make the base image before.
    hookTimeout: 600_000,
  },
})
