import type { RunRequest, RunResult } from '../core/inference.ts'
import type { Signature } from '../core/signature.ts'
import type { Tensors } from '../core/tensor.ts'
import type { Edit } from '../onnx/zipmap.ts'

/** A model file, and the edits that are applied to its bytes when it is loaded. */
export interface ModelSource {
  readonly file: string
  /** If there are edits, the file is read into memory. It cannot have weights in files beside it then. */
  readonly edits: readonly Edit[]
  /** Its size, with the files beside it that hold weights. */
  readonly bytes: number
}

/** The newest versions that ONNX Runtime 1.30 computes. The default domain is ''. */
export const SUPPORTED = {
  irVersion: 13,
  opsets: new Map([
    ['', 26],
    ['ai.onnx.ml', 5],
  ]),
} as const

/** Computes models. It knows files and tensors, but no names, queues or clients. */
export interface Runtime {
  /**
   * Loads a model file in a worker process of its own, for trying. A file that ends the process or never returns does no
   * harm. Call `serve` or `dispose` on the session afterwards.
   *
   * @throws ModelLoadError with the problem of the file, as a text for clients.
   */
  load(source: ModelSource): Promise<Session>
  /**
   * Loads a model file in the calling thread. Each run blocks this thread, and a fault in native code ends the server. So
   * this is for models that are proven harmless.
   *
   * @throws ModelLoadError as `load`.
   */
  loadInline(source: ModelSource): Promise<Session>
  /**
   * Opens a model for the workers that is proven harmless and was tried inline. It is not tried again, and no worker starts
   * for it before a run needs one. Call `serve` or `dispose` on the session afterwards.
   */
  openTried(source: ModelSource, tried: Session): Session
  /** Resolves when every needed worker runs and has loaded all resident models. */
  settle(): Promise<void>
  /** Kills every worker at once, and removes every temporary file. */
  kill(): void
  /** Lets all runs finish, then frees everything. */
  close(): Promise<void>
}

export interface ServeOptions {
  /** True if no values can end a worker that computes it. */
  readonly isHarmless: boolean
  /** True if workers are always ready and hold the model. If not, they start and load it when a run needs them. */
  readonly isResident: boolean
}

/** Limits of one run. */
export interface RunLimits {
  /** The longest time, in milliseconds. Then its worker is killed. */
  readonly maxMs: number
  /** Most bytes in one answer. Outputs that are much larger are refused. */
  readonly maxAnswerBytes?: number | undefined
}

/** Options of several runs. A limit that is absent does not hold. */
export interface RunOptions extends Partial<RunLimits> {
  /** Called when a worker takes the requests. */
  readonly onStart?: () => void
}

/** A loaded model. */
export interface Session {
  readonly signature: Signature
  /** Outputs that cannot be returned, because they are not tensors of a supported type. */
  readonly unsupportedOutputs: readonly string[]
  /** Problems that do not stop the model, for people who deploy it. There may be more of them while it is tried. */
  readonly warnings: readonly string[]
  /** The time in which one worker loaded it, in milliseconds. */
  readonly loadMs: number
  /** Number of runs that make progress at the same time. */
  readonly parallelism: number
  /** Returns true if a run would start now, and not wait for runs of other models. */
  isFree(): boolean
  /** The listener is called when a run could start that had to wait, until the session is disposed. */
  onFree(listener: () => void): void
  /** The listener is called when a run has failed because its worker died or was killed. */
  onDeath(listener: () => void): void
  /**
   * Computes the named outputs, or all outputs.
   *
   * @param inputs Not changed. Nobody reads them when the promise has settled.
   * @throws ServingError INFERENCE_FAILED if the model cannot compute these values, or if they end the worker. RUN_TIMEOUT
   *   if the run takes too long. ANSWER_TOO_LARGE if the outputs are too large. RUNTIME_FAILED if the worker died of
   *   another cause.
   */
  run(inputs: Tensors, outputs?: readonly string[]): Promise<Tensors>
  /**
   * Computes several requests one after the other. They are sent to the worker in one message. If one of them ends its
   * worker, it fails alone.
   *
   * @returns For each request, in order, the value that `run` would return or throw. Release tensors if they are owned.
   */
  runAll(requests: readonly RunRequest[], options?: RunOptions): Promise<readonly RunResult[]>
  /**
   * Ends the trial. From now on, the shared workers compute the model.
   *
   * @throws ModelLoadError if every run of the trial has ended its worker.
   */
  serve(options: ServeOptions): Promise<void>
  /** Frees the model. A second call does nothing. */
  dispose(): Promise<void>
}

/** A model file cannot be served. The message says why. */
export class ModelLoadError extends Error {}
