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
   * Loads a model file on every thread.
   *
   * @throws ModelLoadError with what is wrong with the file, in words fit for a client.
   */
  load(source: ModelSource): Promise<Session>
  /**
   * Loads a model file on the calling thread, which every run then holds up: for runs that take less time than the way
   * to another thread.
   *
   * @throws ModelLoadError as `load` does.
   */
  loadInline(source: ModelSource): Promise<Session>
  /** Removes what it has written, at once: for a process that ends although a session computes. */
  removeFiles(): void
  /** Lets what runs finish, then frees everything. Never call `process.exit` while a session computes. */
  close(): Promise<void>
}

/** A loaded model. */
export interface Session {
  readonly signature: Signature
  /** Outputs that are no tensors and so cannot be fetched. */
  readonly unsupportedOutputs: readonly string[]
  /** Texts on what was not done as it should be, for whoever deploys the model. */
  readonly warnings: readonly string[]
  /** How long one thread took to load it. */
  readonly loadMs: number
  /** How many runs make progress at once. */
  readonly parallelism: number
  /** Whether a run would start now, and not wait behind those of other models. */
  isFree(): boolean
  /** Calls back whenever a run could start that had to wait, until the session is disposed. */
  onFree(listener: () => void): void
  /**
   * Computes the named outputs, or all. Once started, a run cannot be cancelled.
   *
   * @param inputs Takes ownership: the buffers may be moved to another thread and are then empty here.
   * @throws ServingError INFERENCE_FAILED when the model cannot compute these values,
   *   RUNTIME_FAILED when the runtime died.
   */
  run(inputs: Tensors, outputs?: readonly string[]): Promise<Tensors>
  /**
   * Computes several requests one after the other, on one thread and with one message there and back.
   *
   * @param onStart Called when a thread takes them.
   * @returns What `run` would return or throw for each, in order.
   * @throws ServingError RUNTIME_FAILED for all of them.
   */
  runAll(requests: readonly RunRequest[], onStart: () => void): Promise<readonly RunResult[]>
  /** Frees the model; once more does nothing. */
  dispose(): Promise<void>
}

/** A model file that cannot be served, and why. */
export class ModelLoadError extends Error {}
