import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = '/sys/fs/cgroup'

/**
 * How many CPUs the process may use, as its cgroup and those above it say; the host's cores say nothing of that.
 *
 * @param read Reads a file, or returns undefined where there is none.
 * @returns CPUs, possibly a fraction; undefined without a limit.
 * @see Linux, Documentation/admin-guide/cgroup-v2.rst (cpu.max) and cgroup-v1 (cpu.cfs_quota_us)
 */
export function cpuQuota(read: (path: string) => string | undefined = readText): number | undefined {
  const quotas = [...cgroupsOf(read('/proc/self/cgroup') ?? '')].flatMap((folder) => {
    const v2 = read(join(folder, 'cpu.max'))?.trim().split(' ')
    const v1 = ['quota', 'period'].map((name) => read(join(folder, `cpu.cfs_${name}_us`))?.trim())
    const [quota, period] = (v2 ?? v1).map(Number)
    // Without a limit v2 says `max`, v1 -1.
    return quota && period && quota > 0 && period > 0 ? [quota / period] : []
  })
  return quotas.length > 0 ? Math.min(...quotas) : undefined
}

/**
 * The folders of the process's cgroup and of all above it: where the root is the container's own, and where it is the
 * host's.
 *
 * @param memberships Lines of `0::/path` (v2) and `4:cpu,cpuacct:/path` (v1).
 */
function* cgroupsOf(memberships: string): Generator<string> {
  const mounts = [ROOT, join(ROOT, 'cpu'), join(ROOT, 'cpu,cpuacct')]
  yield* mounts
  for (const line of memberships.split('\n')) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (controllers !== '' && !controllers.split(',').includes('cpu')) continue
    for (let at = path; at !== '/'; at = dirname(at)) {
      for (const mount of controllers === '' ? [ROOT] : mounts.slice(1)) yield join(mount, at)
    }
  }
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
