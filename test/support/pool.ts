import { createWorkerPool } from '../../src/runtime/worker-pool.ts'
import type { WorkerPoolOptions } from '../../src/runtime/worker-pool.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { WORKER_ENTRY } from './paths.ts'

/** A real pool of one thread, whose death would be no part of the test. */
export function startPool(options: Partial<WorkerPoolOptions> = {}): Runtime {
  return createWorkerPool({
    entry: WORKER_ENTRY,
    size: 1,
    intraOpThreads: 1,
    onDeath: ignore,
    onLost: ignore,
    onGiveUp: ignore,
    ...options,
  })
}

function ignore(): void {}
