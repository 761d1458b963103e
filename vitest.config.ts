import { defineConfig } from 'vitest/config'

const report = process.env['TEST_REPORT']

// These are only upper bounds. On a busy machine everything takes many times as long.
const common = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 60_000 } },
  env: { ORT_DISABLE_TELEMETRY: '1' },
}

export default defineConfig({
  test: {
    // Tests mostly wait for processes that they started.
    maxWorkers: '100%',
    // `.ci/run` runs several suites and adds up the counts of their reports.
    ...(report && { reporters: ['default', ['json', { outputFile: report }]] }),
    coverage: {
      include: ['src/**/*.ts'],
      // These run in other processes, whose lines are not counted.
      exclude: [
        'src/main.ts',
        'src/process/start.ts',
        'src/process/signals.ts',
        'src/runtime/{worker,worker-loop,worker-channel,optimize}.ts',
      ],
      reporter: ['text-summary', 'html'],
      thresholds: {
        lines: 95,
        'src/core/**': { lines: 100 },
        'src/json/**': { lines: 100 },
        'src/protocols/**': { lines: 100 },
      },
    },
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/backend/**', 'test/e2e/**', 'test/container/**'],
          // No file of src/ has state of its own, so the files of a process share what they import.
          isolate: false,
        },
      },
      {
        // These tests start real processes. They run one after another, because some measure latency.
        test: {
          ...common,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
