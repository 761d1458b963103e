import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = '/sys/fs/cgroup'

/** Reads a file. Returns undefined if it cannot be read. */
export type ReadText = (path: string) => string | undefined

/**
 * Returns the folders of the cgroup of the process and of all cgroups above it. The root may be that of the container.
 *
 * @param mounts Names of folders that may hold the controller in version 1, such as `cpu,cpuacct`.
 * @see Linux, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1
 */
export function* cgroupsOf(controller: string, mounts: readonly string[], read: ReadText): Generator<string> {
  const first = mounts.map((name) => join(ROOT, name))
  yield* [ROOT, ...first]
  // A line is `0::/path` (version 2) or `4:cpu,cpuacct:/path` (version 1).
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (controllers !== '' && !controllers.split(',').includes(controller)) continue
    for (let at = path; at !== '/'; at = dirname(at)) {
      for (const mount of controllers === '' ? [ROOT] : first) yield join(mount, at)
    }
  }
}

export const readSystemText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
