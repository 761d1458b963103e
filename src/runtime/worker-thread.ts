import { Worker } from 'node:worker_threads'
import { ServingError } from '../core/errors.ts'
import { rowFailed } from '../core/row-errors.ts'
import type { RunResult } from '../core/inference.ts'
import { addBuffers } from './messages.ts'
import type { CallKind, CallTypes, LoadedSession, Reply, RunCall } from './messages.ts'
import { ModelLoadError } from './runtime.ts'
import type { ModelSource } from './runtime.ts'

interface PendingCall {
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
  /** Turns the worker's reason into the error of this kind of call. */
  readonly toError: (message: string) => Error
}

/** One thread that loads and computes; it answers calls in turn. Sessions are named by number. */
export class WorkerThread {
  readonly #worker: Worker
  readonly #exited: Promise<void>
  readonly #pending = new Map<number, PendingCall>()
  #nextId = 1
  #dead: Error | undefined
  #closing: Promise<void> | undefined

  /**
   * @param entry The built `worker.js`.
   * @param onIdle Called whenever everything that it was asked has been answered.
   * @param onDeath Called once if the thread ends without having been closed; its calls have been rejected by then.
   */
  constructor(entry: URL, onIdle: () => void, onDeath: (error: Error) => void) {
    this.#worker = new Worker(entry, { name: 'onnxruntime' })
    this.#worker.on('message', (reply: Reply) => {
      this.#settle(reply)
      if (this.#pending.size === 0) onIdle()
    })
    let cause: Error | undefined
    this.#worker.on('error', (error) => (cause = error))
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#dead = cause ?? new Error(`the runtime's thread ended with code ${code}`)
        for (const call of this.#pending.values()) call.reject(runtimeFailed(this.#dead))
        this.#pending.clear()
        if (!this.#closing) onDeath(this.#dead)
        resolve()
      })
    })
  }

  /** Everything that it was asked has been answered. */
  get isIdle(): boolean {
    return this.#pending.size === 0
  }

  load(source: ModelSource, intraOpThreads: number): Promise<LoadedSession> {
    return this.#call('load', { source, intraOpThreads }, (message) => new ModelLoadError(message))
  }

  /** Takes ownership of the inputs' buffers. */
  async run(session: number, runs: readonly RunCall[]): Promise<readonly RunResult[]> {
    const buffers: ArrayBuffer[] = []
    for (const { inputs } of runs) addBuffers(inputs, buffers)
    const replies = await this.#call('run', { session, runs }, toInferenceError, buffers)
    return replies.map((reply) => (typeof reply === 'string' ? toInferenceError(reply) : reply))
  }

  async dispose(session: number): Promise<void> {
    if (this.#dead) return
    await this.#call('dispose', { session }, (message) => new Error(message)).catch((error: unknown) => {
      // With the thread every session is gone.
      if (!this.#dead) throw error
    })
  }

  /** Lets what runs finish; the thread then frees its sessions and ends by itself. */
  async close(): Promise<void> {
    this.#closing ??= this.#call('stop', {}, (message) => new Error(message)).catch(() => undefined)
    await this.#closing
    await this.#exited
  }

  #call<K extends CallKind>(
    kind: K,
    args: CallTypes[K]['args'],
    toError: (message: string) => Error,
    buffers: ArrayBuffer[] = [],
  ): Promise<CallTypes[K]['result']> {
    return new Promise((resolve, reject) => {
      if (this.#dead) throw runtimeFailed(this.#dead)
      const id = this.#nextId++
      this.#worker.postMessage({ id, kind, ...args }, buffers)
      this.#pending.set(id, { resolve, reject, toError })
    })
  }

  #settle(reply: Reply): void {
    const call = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if (reply.ok) call?.resolve(reply.result as never)
    else call?.reject(call.toError(reply.message))
  }
}

/** The error for inputs that the model cannot compute, or for the row whose place the message begins with. */
export function toInferenceError(message: string): ServingError {
  const [, row, reason] = /^rows\[(\d+)\]: (.*)$/s.exec(message) ?? []
  if (row !== undefined) return rowFailed(Number(row), `the model cannot compute this row: ${reason}`)
  return new ServingError('INFERENCE_FAILED', `the model cannot compute this input: ${message}`)
}

/** The error for requests that a thread took with it. */
export function runtimeFailed(cause: Error): ServingError {
  return Object.assign(new ServingError('RUNTIME_FAILED', 'the model runtime has failed; try again'), { cause })
}
