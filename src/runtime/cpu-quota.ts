import { readFileSync } from 'node:fs'

/**
 * How many CPUs the container may use, as its cgroup says; the host's cores say nothing of that.
 *
 * @param read Reads a file, or returns undefined where there is none.
 * @returns CPUs, possibly a fraction; undefined without a limit.
 * @see Linux, Documentation/admin-guide/cgroup-v2.rst (cpu.max) and cgroup-v1 (cpu.cfs_quota_us)
 */
export function cpuQuota(read: (path: string) => string | undefined = readText): number | undefined {
  const v2 = read('/sys/fs/cgroup/cpu.max')?.trim().split(' ')
  const v1 = ['quota', 'period'].map((name) => read(`/sys/fs/cgroup/cpu/cpu.cfs_${name}_us`)?.trim())
  const [quota, period] = (v2 ?? v1).map(Number)
  // Without a limit v2 says `max`, v1 -1.
  return quota && period && quota > 0 && period > 0 ? quota / period : undefined
}

/** One thread for each CPU that may be used; part of a CPU counts as one when it is half or more. */
export function workersFor(cpus: number, quota: number | undefined): number {
  return Math.max(1, Math.min(cpus, Math.round(quota ?? cpus)))
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
