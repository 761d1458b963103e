import { parentPort } from 'node:worker_threads'
import { serveCalls } from './worker-loop.ts'

// The thread's entry.
if (!parentPort) throw new Error('worker.ts is the entry of a worker thread')
serveCalls(parentPort)
