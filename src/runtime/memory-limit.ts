import { join } from 'node:path'
import { cgroupsOf, readText } from './cgroups.ts'
import type { ReadText } from './cgroups.ts'

/**
 * How much memory the process and its children may use, as its cgroup and those above it say.
 *
 * @returns Bytes; undefined without a limit.
 * @see Linux, Documentation/admin-guide/cgroup-v2.rst (memory.max) and cgroup-v1 (memory.limit_in_bytes)
 */
export function memoryLimit(read: ReadText = readText): number | undefined {
  const limits = [...cgroupsOf('memory', ['memory'], read)].flatMap((folder) => {
    const text = read(join(folder, 'memory.max')) ?? read(join(folder, 'memory.limit_in_bytes'))
    const bytes = Number(text)
    return text !== undefined && bytes > 0 ? [bytes] : []
  })
  return limits.length > 0 ? Math.min(...limits) : undefined
}

// What the server itself takes of the memory.
const SERVER_SHARE = 0.25
const MIN_WORKER_BYTES = 2 ** 28
// Node 24 reserves between 512 and 640 MiB for itself and does not use most of it. RLIMIT_DATA counts it all the same, and
// below it a worker does not even start.
const RESERVED_BYTES = 640 * 2 ** 20

/**
 * How much one worker may allocate, where nobody says: together, as many as compute for one model cannot take the part
 * of the memory that the server needs.
 *
 * @param totalBytes Memory of the machine.
 * @param limitBytes What of it may be used, where that is limited.
 */
export function workerMemoryFor(workers: number, totalBytes: number, limitBytes: number | undefined): number {
  const usable = Math.min(totalBytes, limitBytes ?? totalBytes) * (1 - SERVER_SHARE)
  return Math.max(MIN_WORKER_BYTES, Math.floor(usable / workers))
}

/** The RLIMIT_DATA of a worker that may allocate so much besides what Node reserves. */
export function dataLimitFor(memoryBytes: number): number {
  return memoryBytes + RESERVED_BYTES
}
