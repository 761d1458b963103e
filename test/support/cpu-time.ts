/** Milliseconds that a run keeps a processor busy. Other processes that have the processor meanwhile do not count. */
export function cpuTimeOf(run: () => unknown): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** The shortest of five runs. */
export function shortestCpuTime(run: () => unknown): number {
  return Math.min(...[1, 2, 3, 4, 5].map(() => cpuTimeOf(run)))
}
