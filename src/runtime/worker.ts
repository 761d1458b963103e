import { platform, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { serveCalls } from './worker-loop.ts'

// The thread's entry.
if (!parentPort) throw new Error('worker.ts is the entry of a worker thread')
// Where both want the same core, probes and refusals go before predictions. Linux alone has priorities for threads.
if (platform() === 'linux') setPriority(0, 5)
serveCalls(parentPort)
