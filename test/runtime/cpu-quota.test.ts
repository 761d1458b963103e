import { expect, test } from 'vitest'
import { cpuQuota, workersFor } from '../../src/runtime/cpu-quota.ts'

const V1 = '/sys/fs/cgroup/cpu/cpu.cfs_'

test.each<[string, Record<string, string>, number | undefined]>([
  ['the CPU quota of a cgroup of version 2 comes from cpu.max', { '/sys/fs/cgroup/cpu.max': '150000 100000\n' }, 1.5],
  ['a cgroup of version 2 without a limit has no CPU quota', { '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, undefined],
  [
    'the CPU quota of a cgroup of version 1 is its quota divided by its period',
    { [`${V1}quota_us`]: '400000\n', [`${V1}period_us`]: '100000\n' },
    4,
  ],
  [
    'a cgroup of version 1 without a limit has no CPU quota',
    { [`${V1}quota_us`]: '-1\n', [`${V1}period_us`]: '100000\n' },
    undefined,
  ],
  ['a system without cgroups has no CPU quota', {}, undefined],
  [
    'the CPU quota of a service of the host comes from its own cgroup of version 2',
    {
      '/proc/self/cgroup': '0::/system.slice/x.service\n',
      '/sys/fs/cgroup/system.slice/x.service/cpu.max': '50000 100000',
    },
    0.5,
  ],
  [
    'the CPU quota of version 2 is the lowest of the cgroup and those above it',
    {
      '/proc/self/cgroup': '0::/pods/pod1/container\n',
      '/sys/fs/cgroup/pods/pod1/container/cpu.max': '400000 100000',
      '/sys/fs/cgroup/pods/pod1/cpu.max': '200000 100000',
      '/sys/fs/cgroup/pods/cpu.max': 'max 100000',
    },
    2,
  ],
  [
    'the CPU quota of version 1 is found in a folder that controllers share',
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
    'the CPU quota of version 1 is found if the root folder is that of the container',
    {
      '/proc/self/cgroup': '4:cpu,cpuacct:/docker/abc\n',
      [`${V1}quota_us`]: '200000\n',
      [`${V1}period_us`]: '100000\n',
    },
    2,
  ],
])('%s', (_case, files, quota) => {
  expect(cpuQuota((path) => files[path])).toBe(quota)
})

test.each([
  [8, undefined, 8],
  [8, 2, 2],
  [8, 1.5, 2],
  [8, 0.25, 1],
  [2, 16, 2],
])('a machine of %i CPUs with a quota of %s gets %i workers', (cpus, quota, workers) => {
  expect(workersFor(cpus, quota)).toBe(workers)
})

test('the CPU quota of this machine is a positive number or absent', () => {
  const quota = cpuQuota()
  expect(quota === undefined || quota > 0).toBe(true)
})
