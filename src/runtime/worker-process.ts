import { deserialize, serialize } from 'node:v8'
import type { BufferPool } from '../core/buffer-pool.ts'
import { ServingError } from '../core/errors.ts'
import type { RunResult } from '../core/inference.ts'
import type { Tensors } from '../core/tensor.ts'
import type { Death } from './deaths.ts'
import { isOutOfMemory, outOfMemoryText, toInferenceError } from './deaths.ts'
import { FrameReader, partsLength, toFrame } from './frames.ts'
import type { Call, LoadedModel, Reply, RunHead } from './messages.ts'
import { OwnedTensors } from '../core/owned-tensors.ts'
import { PendingCalls } from './pending-calls.ts'
import type { Expected, Outcome } from './pending-calls.ts'
import type { ModelSource, RunLimits } from './runtime.ts'
import { createSharedFile } from './shared-file.ts'
import { fromHeads, toHeads } from './tensor-bytes.ts'
import { spawnWorker } from './spawn-worker.ts'
import type { SpawnOptions, SpawnedWorker } from './spawn-worker.ts'
import { MAX_FRAME_BYTES } from './worker-channel.ts'

export interface WorkerProcessOptions extends SpawnOptions {
  readonly memoryBytes: number
  /** The longest time for loading a model, in milliseconds. */
  readonly maxLoadMs: number
  readonly buffers: BufferPool
}

export interface RunCall {
  readonly inputs: Tensors
  readonly outputs: readonly string[]
}

/** The results of several runs. If the process has ended, the first run without a result was computed then. */
export interface RunOutcome {
  readonly results: readonly RunResult[]
  readonly death?: Death
}

interface CallOptions extends Expected {
  readonly parts?: readonly Uint8Array[]
}

/** A process that loads and computes models, one call at a time. It may be killed at any moment. */
export class WorkerProcess {
  readonly #options: WorkerProcessOptions
  readonly #worker: SpawnedWorker
  readonly #calls = createSharedFile()
  readonly #replies = createSharedFile()
  readonly #frames = new FrameReader()
  readonly #exited: Promise<void>
  readonly #pending = new PendingCalls((maxMs) => this.kill(maxMs))
  #timeoutMs: number | undefined
  #isKilled = false
  #death: Death | undefined
  #nextSession = 1

  /** @param onDeath Called once when it has ended for any reason. All of its calls have a result by then. */
  constructor(options: WorkerProcessOptions, onDeath: (death: Death) => void) {
    this.#options = options
    this.#worker = spawnWorker(options, [this.#calls, this.#replies])
    this.#worker.socket?.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#exited = this.#worker.ended.then((death) => this.#bury({ ...death, timeoutMs: this.#timeoutMs }, onDeath))
  }

  /** True if it has ended or is about to end. */
  get isDead(): boolean {
    return this.#isKilled || this.#death !== undefined
  }

  /** True if it was killed because a call took too long. */
  get isTooSlow(): boolean {
    return this.#timeoutMs !== undefined
  }

  /** @returns The number of the session and the facts about the model; or the problem of the file; or its death. */
  async load(
    source: ModelSource,
    intraOpThreads: number,
  ): Promise<{ session: number; loaded: LoadedModel } | { problem: string } | { death: Death }> {
    const session = this.#nextSession++
    let loaded: LoadedModel | undefined
    const call = { kind: 'load', session, intraOpThreads } as const
    const onReply: CallOptions['onReply'] = ({ kind }, bytes) => {
      if (kind === 'loaded') loaded = deserialize(bytes) as LoadedModel
    }
    const options = { parts: [serialize(source)], maxMs: this.#options.maxLoadMs, onReply }
    const { replies, death } = await this.#call(call, options)
    if (loaded) return { session, loaded }
    const [reply] = replies
    if (reply?.kind !== 'failed') return { death: death! }
    const { message } = reply
    return { problem: isOutOfMemory(message) ? outOfMemoryText(this.#options.memoryBytes) : message }
  }

  async dispose(session: number): Promise<void> {
    await this.#call({ kind: 'dispose', session })
  }

  /**
   * Computes several runs one after the other. Call it again only when it has resolved: large inputs and outputs of all
   * runs go through the same two shared files.
   *
   * @param limits Limits of each run.
   */
  async run(session: number, runs: readonly RunCall[], { maxMs, maxAnswerBytes }: RunLimits): Promise<RunOutcome> {
    const parts: Uint8Array[] = []
    const heads = runs.map(({ inputs, outputs }): RunHead => ({ inputs: toHeads(inputs, parts), outputs }))
    const results: RunResult[] = []
    const onReply = (reply: Reply, bytes: Uint8Array): void => void results.push(this.#toResult(reply, bytes))
    const call: Call = { kind: 'run', session, runs: heads, maxAnswerBytes }
    const { death } = await this.#call(call, { expected: runs.length, parts, maxMs, onReply })
    // The files of a dead worker are closed. Their descriptors may belong to another worker already.
    if (death) return { results, death }
    this.#calls?.trim()
    this.#replies?.trim()
    return { results }
  }

  /** Kills it at once. @param timeoutMs The time that a call has exceeded, if this is the reason. */
  kill(timeoutMs?: number): void {
    this.#timeoutMs ??= timeoutMs
    this.#isKilled = true
    this.#worker.kill()
  }

  /** Lets it finish its call. It ends when it finds the channel closed. */
  async close(): Promise<void> {
    this.#worker.socket?.end()
    await this.#exited
  }

  async #call(call: Call, { parts = [], ...expected }: CallOptions = {}): Promise<Outcome> {
    if (this.#death) return { replies: [], death: this.#death }
    const isLarge = call.kind === 'run' && partsLength(parts) > MAX_FRAME_BYTES
    const file = isLarge ? this.#calls?.write(parts, 0) : undefined
    // This may throw, so it comes before the call waits for a reply.
    const frame = file ? toFrame({ ...call, file }) : toFrame(call, parts)
    const outcome = this.#pending.add(expected)
    this.#worker.socket?.write(frame)
    return outcome
  }

  /** A fault in native code may write anything to the socket. */
  #receive(chunk: Buffer): void {
    if (this.#isKilled) return
    try {
      for (const frame of this.#frames.read(chunk)) this.#pending.settle(frame)
    } catch {
      this.kill()
    }
  }

  #toResult(reply: Reply, bytes: Uint8Array): RunResult {
    if (reply.kind === 'failed') return toInferenceError(reply.message, this.#options.memoryBytes)
    if (reply.kind === 'tooLarge') return new ServingError('ANSWER_TOO_LARGE', reply.message)
    if (reply.kind !== 'outputs') throw new TypeError(`a run cannot be answered with ${reply.kind}`)
    if (!reply.file) return fromHeads(reply.outputs, bytes).tensors
    const owned = this.#options.buffers.take(reply.file.length)
    this.#replies!.read(owned.bytes, reply.file.at)
    return new OwnedTensors(fromHeads(reply.outputs, owned.bytes).tensors, () => owned.release())
  }

  #bury(death: Death, onDeath: (death: Death) => void): void {
    this.#death = death
    this.#calls?.close()
    this.#replies?.close()
    this.#pending.end(death)
    onDeath(death)
  }
}
