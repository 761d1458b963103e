import { defineConfig } from 'vitest/config'

const report = process.env['TEST_REPORT']

export default defineConfig({
  test: {
    // The report is for whoever runs this among other suites and adds up the counts.
    ...(report && { reporters: ['default', ['json', { outputFile: report }]] }),
    include: ['test/backend/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 1_800_000,
    env: { ORT_DISABLE_TELEMETRY: '1' },
  },
})
