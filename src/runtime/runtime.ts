import type { RunRequest, RunResult } from '../core/inference.ts'
import type { Signature } from '../core/signature.ts'
import type { Tensors } from '../core/tensor.ts'
import type { Edit } from '../onnx/zipmap.ts'

/** A model file, and what is changed in it on the way. */
export interface ModelSource {
  readonly file: string
  /** With any, the file is read into memory, and cannot have weights in files beside it. */
  readonly edits: readonly Edit[]
  /** Its size, that of the files beside it that hold weights included. */
  readonly bytes: number
}

/** The newest of each that ONNX Runtime 1.30 computes; the default domain is ''. */
export const SUPPORTED = {
  irVersion: 13,
  opsets: new Map([
    ['', 26],
    ['ai.onnx.ml', 5],
  ]),
} as const

/** Computes models. Knows files and tensors, no names, queues or requests. */
export interface Runtime {
  /**
   * Loads a model file in a worker process of its own, for trying: a file that ends the process or never returns does no
   * harm. Call `serve` or `dispose` on the session afterwards.
   *
   * @throws ModelLoadError with what is wrong with the file, in words fit for a client.
   */
  load(source: ModelSource): Promise<Session>
  /**
   * Loads a model file on the calling thread, which every run then holds up. A fault in native code ends the server, so
   * this is for models that are proven harmless.
   *
   * @throws ModelLoadError as `load` does.
   */
  loadInline(source: ModelSource): Promise<Session>
  /**
   * Opens a model that is proven harmless and was tried inline for the workers as well, without a trial there. No
   * worker starts for it until a run needs one. Call `serve` or `dispose` on the session afterwards.
   */
  openTried(source: ModelSource, tried: Session): Session
  /** Resolves when every worker that is needed runs, and holds every model that is served. */
  settle(): Promise<void>
  /** Ends every worker and removes every temporary file, whatever is computed. */
  kill(): void
  /** Lets what runs finish, then frees everything. */
  close(): Promise<void>
}

interface ServeOptions {
  /** No values can end a worker that computes it. */
  readonly isHarmless: boolean
  /** Every worker holds it, and workers stand ready; else they start and load it when a run needs one. */
  readonly isResident: boolean
}

/** Bounds of one run. */
export interface RunLimits {
  /** How long it may take, in milliseconds. Then its worker is ended. */
  readonly maxMs: number
  /** Most bytes that an answer may take. Outputs that are much larger are refused. */
  readonly maxAnswerBytes?: number | undefined
}

/** How several requests are computed; without limits where these are left out. */
export interface RunOptions extends Partial<RunLimits> {
  /** Called when a worker takes them. */
  readonly onStart?: () => void
}

/** A loaded model. */
export interface Session {
  readonly signature: Signature
  /** Outputs that are no tensors and so cannot be fetched. */
  readonly unsupportedOutputs: readonly string[]
  /** Texts on what was not done as it should be, for whoever deploys the model; they may grow while it is tried. */
  readonly warnings: readonly string[]
  /** How long one worker took to load it. */
  readonly loadMs: number
  /** How many runs make progress at once. */
  readonly parallelism: number
  /** Whether a run would start now, and not wait behind those of other models. */
  isFree(): boolean
  /** Calls back whenever a run could start that had to wait, until the session is disposed. */
  onFree(listener: () => void): void
  /** Calls back whenever a run has ended its worker, or was ended with it. */
  onDeath(listener: () => void): void
  /**
   * Computes the named outputs, or all.
   *
   * @param inputs Not changed, and not read any more when this settles.
   * @throws ServingError INFERENCE_FAILED when the model cannot compute these values or they end the runtime,
   *   RUN_TIMEOUT when they take too long, ANSWER_TOO_LARGE when the outputs are, RUNTIME_FAILED when the runtime died of something else.
   */
  run(inputs: Tensors, outputs?: readonly string[]): Promise<Tensors>
  /**
   * Computes several requests one after the other, with one message there. One that ends its worker costs itself alone.
   *
   * @returns What `run` would return or throw for each, in order. Tensors may be an `OwnedTensors`: release them.
   */
  runAll(requests: readonly RunRequest[], options?: RunOptions): Promise<readonly RunResult[]>
  /**
   * Ends the trial. From now on the model is computed by the workers that serve.
   *
   * @throws ModelLoadError when every run that was tried has ended its worker.
   */
  serve(options: ServeOptions): Promise<void>
  /** Frees the model; once more does nothing. */
  dispose(): Promise<void>
}

/** A model file that cannot be served, and why. */
export class ModelLoadError extends Error {}
