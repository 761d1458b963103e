import { expect, test } from 'vitest'
import { mostWorkers } from '../../src/runtime/capacity.ts'
import { memoryLimit, reservedBytes, workerMemoryFor } from '../../src/runtime/memory-limit.ts'

const GIB = 2 ** 30

test.each<[string, Record<string, string>, number | undefined]>([
  ['version 2', { '/sys/fs/cgroup/memory.max': `${GIB}\n` }, GIB],
  ['version 2 without a limit', { '/sys/fs/cgroup/memory.max': 'max\n' }, undefined],
  ['version 1', { '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${GIB}\n` }, GIB],
  [
    'version 2, the lowest of those above it',
    {
      '/proc/self/cgroup': '0::/pods/pod1/container\n',
      '/sys/fs/cgroup/pods/pod1/container/memory.max': 'max',
      '/sys/fs/cgroup/pods/pod1/memory.max': String(GIB),
      '/sys/fs/cgroup/pods/memory.max': String(4 * GIB),
    },
    GIB,
  ],
  ['no control groups', {}, undefined],
])('the limit of memory under %s', (_case, files, limit) => {
  expect(memoryLimit((path) => files[path])).toBe(limit)
})

test('all workers together get three quarters of the memory that is allowed, and none less than 256 MiB', () => {
  expect(workerMemoryFor(3, 16 * GIB, 4 * GIB)).toBe(GIB)
  expect(workerMemoryFor(3, 4 * GIB, undefined)).toBe(GIB)
  expect(workerMemoryFor(64, 16 * GIB, GIB)).toBe(2 ** 28)
})

test('a spare worker has its share where several models may need it, or where one may end the only worker', () => {
  expect([mostWorkers(1, 2), mostWorkers(2, 2), mostWorkers(1, 1)]).toEqual([2, 3, 2])
})

test.each([
  ['573244 kB', '41000 kB', (573_244 - 41_000) * 1024],
  ['48604 kB', '50000 kB', 0],
])('of data of %s with %s in use, the rest is reserved', (data, used, expected) => {
  const status = `Name:\tnode\nVmData:\t  ${data}\nRssAnon:\t   ${used}\n`
  expect(reservedBytes(() => status)).toBe(expected)
})

test('nothing is known to be reserved where the system does not tell', () => {
  expect(reservedBytes(() => undefined)).toBe(0)
})
