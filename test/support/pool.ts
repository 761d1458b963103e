import { createWorkerPool } from '../../src/runtime/worker-pool.ts'
import type { WorkerPoolOptions } from '../../src/runtime/worker-pool.ts'
import { findWorkerCommand } from '../../src/runtime/worker-command.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { WORKER_ENTRY } from './paths.ts'

const MEMORY_BYTES = 2 ** 30
const { prefix } = findWorkerCommand(MEMORY_BYTES)

/** A real pool whose models compute one run at a time. The deaths of workers are no part of the test. */
export function startPool(options: Partial<WorkerPoolOptions> = {}): Runtime {
  return createWorkerPool({
    entry: WORKER_ENTRY,
    prefix,
    memoryBytes: MEMORY_BYTES,
    size: 1,
    intraOpThreads: 1,
    maxLoadMs: 30_000,
    onDeath: ignore,
    onLost: ignore,
    ...options,
  })
}

function ignore(): void {}
