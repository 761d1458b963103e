import { expect, test } from 'vitest'
import { causeOf } from '../../src/runtime/deaths.ts'

test.each([
  ['start', { problem: 'spawn ENOENT', lastWords: '' }],
  ['timeout', { signal: 'SIGKILL', timeoutMs: 100, lastWords: '' }],
  ['memory', { signal: 'SIGABRT', lastWords: 'std::bad_alloc' }],
  ['fault', { signal: 'SIGFPE', lastWords: '' }],
  ['killed', { signal: 'SIGKILL', lastWords: '' }],
  ['exit', { code: 1, lastWords: 'Error: x' }],
] as const)('the word %s names the cause of the death of a worker', (cause, death) => {
  expect(causeOf(death)).toBe(cause)
})
