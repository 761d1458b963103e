import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = '/sys/fs/cgroup'

/** Reads a file; undefined where there is none. */
export type ReadText = (path: string) => string | undefined

/**
 * The folders of the process's cgroup and of all above it. The root is the container's own, or the host's.
 *
 * @param mounts Folders of version 1 that may hold the controller, such as `cpu,cpuacct`.
 * @see Linux, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1
 */
export function* cgroupsOf(controller: string, mounts: readonly string[], read: ReadText): Generator<string> {
  const first = mounts.map((name) => join(ROOT, name))
  yield* [ROOT, ...first]
  // Lines of `0::/path` (version 2) and `4:cpu,cpuacct:/path` (version 1).
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (controllers !== '' && !controllers.split(',').includes(controller)) continue
    for (let at = path; at !== '/'; at = dirname(at)) {
      for (const mount of controllers === '' ? [ROOT] : first) yield join(mount, at)
    }
  }
}

export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
