import { expect, test } from 'vitest'
import { cpuQuota, workersFor } from '../../src/runtime/cpu-quota.ts'

const V1 = '/sys/fs/cgroup/cpu/cpu.cfs_'

test.each<[string, Record<string, string>, number | undefined]>([
  ['version 2', { '/sys/fs/cgroup/cpu.max': '150000 100000\n' }, 1.5],
  ['version 2 without a limit', { '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, undefined],
  ['version 1', { [`${V1}quota_us`]: '400000\n', [`${V1}period_us`]: '100000\n' }, 4],
  ['version 1 without a limit', { [`${V1}quota_us`]: '-1\n', [`${V1}period_us`]: '100000\n' }, undefined],
  ['no control groups', {}, undefined],
  [
    'version 2, of a service of the host',
    {
      '/proc/self/cgroup': '0::/system.slice/x.service\n',
      '/sys/fs/cgroup/system.slice/x.service/cpu.max': '50000 100000',
    },
    0.5,
  ],
  [
    'version 2, the lowest of those above it',
    {
      '/proc/self/cgroup': '0::/pods/pod1/container\n',
      '/sys/fs/cgroup/pods/pod1/container/cpu.max': '400000 100000',
      '/sys/fs/cgroup/pods/pod1/cpu.max': '200000 100000',
      '/sys/fs/cgroup/pods/cpu.max': 'max 100000',
    },
    2,
  ],
  [
    'version 1 that shares a folder',
    {
      '/proc/self/cgroup': '9:cpuset:/other\n4:cpu,cpuacct:/docker/abc\n',
      '/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us': '300000',
      '/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us': '100000',
      '/sys/fs/cgroup/cpu/other/cpu.cfs_quota_us': '100000',
      '/sys/fs/cgroup/cpu/other/cpu.cfs_period_us': '100000',
    },
    3,
  ],
  [
    'version 1 whose root is the container',
    {
      '/proc/self/cgroup': '4:cpu,cpuacct:/docker/abc\n',
      [`${V1}quota_us`]: '200000\n',
      [`${V1}period_us`]: '100000\n',
    },
    2,
  ],
])('the quota under %s', (_case, files, quota) => {
  expect(cpuQuota((path) => files[path])).toBe(quota)
})

test.each([
  [8, undefined, 8],
  [8, 2, 2],
  [8, 1.5, 2],
  [8, 0.25, 1],
  [2, 16, 2],
])('of %i CPUs with a quota of %s, %i threads compute', (cpus, quota, workers) => {
  expect(workersFor(cpus, quota)).toBe(workers)
})

test('this machine answers something that makes sense', () => {
  const quota = cpuQuota()
  expect(quota === undefined || quota > 0).toBe(true)
})
