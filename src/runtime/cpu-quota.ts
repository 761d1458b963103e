import { join } from 'node:path'
import { cgroupsOf, readText } from './cgroups.ts'
import type { ReadText } from './cgroups.ts'

/**
 * How many CPUs the process may use, as its cgroup and those above it say. The host's cores say nothing of that.
 *
 * @returns CPUs, possibly a fraction; undefined without a limit.
 * @see Linux, Documentation/admin-guide/cgroup-v2.rst (cpu.max) and cgroup-v1 (cpu.cfs_quota_us)
 */
export function cpuQuota(read: ReadText = readText): number | undefined {
  const quotas = [...cgroupsOf('cpu', ['cpu', 'cpu,cpuacct'], read)].flatMap((folder) => {
    const v2 = read(join(folder, 'cpu.max'))?.trim().split(' ')
    const v1 = ['quota', 'period'].map((name) => read(join(folder, `cpu.cfs_${name}_us`))?.trim())
    const [quota, period] = (v2 ?? v1).map(Number)
    // Without a limit v2 says `max`, v1 -1.
    return quota && period && quota > 0 && period > 0 ? [quota / period] : []
  })
  return quotas.length > 0 ? Math.min(...quotas) : undefined
}

/** One worker for each CPU that may be used; part of a CPU counts as one when it is half or more. */
export function workersFor(cpus: number, quota: number | undefined): number {
  return Math.max(1, Math.min(cpus, Math.round(quota ?? cpus)))
}
