import { join } from 'node:path'
import { cgroupsOf, readSystemText } from './cgroups.ts'
import type { ReadText } from './cgroups.ts'

/**
 * Returns the memory that the process and its children may use by the limits of its cgroup.
 *
 * @returns Bytes; undefined if there is no limit.
 * @see Linux, Documentation/admin-guide/cgroup-v2.rst (memory.max) and cgroup-v1 (memory.limit_in_bytes)
 */
export function memoryLimit(read: ReadText = readSystemText): number | undefined {
  const limits = [...cgroupsOf('memory', ['memory'], read)].flatMap((folder) => {
    const text = read(join(folder, 'memory.max')) ?? read(join(folder, 'memory.limit_in_bytes'))
    const bytes = Number(text)
    return text !== undefined && bytes > 0 ? [bytes] : []
  })
  return limits.length > 0 ? Math.min(...limits) : undefined
}

// The part of the memory for the server itself.
const SERVER_SHARE = 0.25
const MIN_WORKER_BYTES = 2 ** 28

/**
 * Returns the memory that one worker may allocate if no flag says it. All workers together leave the part that the server
 * needs.
 *
 * @param totalBytes Memory of the machine.
 * @param limitBytes Memory that may be used, if there is a limit.
 */
export function workerMemoryFor(processes: number, totalBytes: number, limitBytes: number | undefined): number {
  const usable = Math.min(totalBytes, limitBytes ?? totalBytes) * (1 - SERVER_SHARE)
  return Math.max(MIN_WORKER_BYTES, Math.floor(usable / processes))
}

/**
 * Returns the memory that Node reserves at its start and does not use: half a gigabyte on Node 24, hardly any on Node 20.
 * RLIMIT_DATA counts it as well, and a worker that may not reserve it does not start. A worker runs on the same Node as
 * the server, so it reserves as much.
 *
 * @returns Bytes.
 * @see Linux, Documentation/filesystems/proc.rst (VmData, RssAnon)
 */
export function reservedBytes(read: ReadText = readSystemText): number {
  const status = read('/proc/self/status') ?? ''
  const bytesOf = (name: string): number =>
    1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)
  return Math.max(0, bytesOf('VmData') - bytesOf('RssAnon'))
}
