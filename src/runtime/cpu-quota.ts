import { join } from 'node:path'
import { cgroupsOf, readSystemText } from './cgroups.ts'
import type { ReadText } from './cgroups.ts'

/**
 * Returns the number of CPUs that the process may use by the limits of its cgroup. The cores of the host do not show it.
 *
 * @returns It may be a fraction; undefined if there is no limit.
 * @see Linux, Documentation/admin-guide/cgroup-v2.rst (cpu.max) and cgroup-v1 (cpu.cfs_quota_us)
 */
export function cpuQuota(read: ReadText = readSystemText): number | undefined {
  const quotas = [...cgroupsOf('cpu', ['cpu', 'cpu,cpuacct'], read)].flatMap((folder) => {
    const v2 = read(join(folder, 'cpu.max'))?.trim().split(' ')
    const v1 = ['quota', 'period'].map((name) => read(join(folder, `cpu.cfs_${name}_us`))?.trim())
    const [quota, period] = (v2 ?? v1).map(Number)
    // Without a limit, version 2 has `max`, and version 1 has -1.
    return quota && period && quota > 0 && period > 0 ? [quota / period] : []
  })
  return quotas.length > 0 ? Math.min(...quotas) : undefined
}

/** Returns one worker for each CPU that may be used. Half a CPU or more counts as one. */
export function workersFor(cpus: number, quota: number | undefined): number {
  return Math.max(1, Math.min(cpus, Math.round(quota ?? cpus)))
}
