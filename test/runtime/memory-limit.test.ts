import { expect, test } from 'vitest'
import { mostWorkers } from '../../src/runtime/capacity.ts'
import { memoryLimit, reservedBytes, workerMemoryFor } from '../../src/runtime/memory-limit.ts'

const GIB = 2 ** 30

test.each<[string, Record<string, string>, number | undefined]>([
  ['the memory limit of a cgroup of version 2 comes from memory.max', { '/sys/fs/cgroup/memory.max': `${GIB}\n` }, GIB],
  ['a cgroup of version 2 without a limit has no memory limit', { '/sys/fs/cgroup/memory.max': 'max\n' }, undefined],
  [
    'the memory limit of a cgroup of version 1 comes from memory.limit_in_bytes',
    { '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${GIB}\n` },
    GIB,
  ],
  [
    'the memory limit of version 2 is the lowest of the cgroup and those above it',
    {
      '/proc/self/cgroup': '0::/pods/pod1/container\n',
      '/sys/fs/cgroup/pods/pod1/container/memory.max': 'max',
      '/sys/fs/cgroup/pods/pod1/memory.max': String(GIB),
      '/sys/fs/cgroup/pods/memory.max': String(4 * GIB),
    },
    GIB,
  ],
  ['a system without cgroups has no memory limit', {}, undefined],
])('%s', (_case, files, limit) => {
  expect(memoryLimit((path) => files[path])).toBe(limit)
})

test('all workers together get three quarters of the allowed memory, but each gets at least 256 MiB', () => {
  expect(workerMemoryFor(3, 16 * GIB, 4 * GIB)).toBe(GIB)
  expect(workerMemoryFor(3, 4 * GIB, undefined)).toBe(GIB)
  expect(workerMemoryFor(64, 16 * GIB, GIB)).toBe(2 ** 28)
})

test('a spare worker is counted if several models may need it, or if a model may end the only worker', () => {
  expect([mostWorkers(1, 2), mostWorkers(2, 2), mostWorkers(1, 1)]).toEqual([2, 3, 2])
})

test.each([
  ['573244 kB', '41000 kB', (573_244 - 41_000) * 1024],
  ['48604 kB', '50000 kB', 0],
])('a process with %s of data and %s in use has reserved %i bytes', (data, used, expected) => {
  const status = `Name:\tnode\nVmData:\t  ${data}\nRssAnon:\t   ${used}\n`
  expect(reservedBytes(() => status)).toBe(expected)
})

test('the reserved memory counts as 0 if the system does not report it', () => {
  expect(reservedBytes(() => undefined)).toBe(0)
})
