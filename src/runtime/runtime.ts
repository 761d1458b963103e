import type { Signature } from '../core/signature.ts'
import type { Tensors } from '../core/tensor.ts'

/** Computes models. Knows files and tensors, no names, queues or requests. */
export interface Runtime {
  /**
   * Loads a model file.
   *
   * @throws ModelLoadError with what is wrong with the file, in words fit for a client.
   */
  load(file: string): Promise<Session>
  /** Lets what runs finish, then frees everything. Never call `process.exit` while a session computes. */
  close(): Promise<void>
}

/** A loaded model. */
export interface Session {
  readonly signature: Signature
  /** Outputs that are no tensors and so cannot be fetched. */
  readonly unsupportedOutputs: readonly string[]
  /** How many runs make progress at once. */
  readonly parallelism: number
  /**
   * Computes the named outputs, or all. Once started, a run cannot be cancelled.
   *
   * @param inputs Takes ownership: the buffers may be moved to another thread and are then empty here.
   * @throws ServingError INFERENCE_FAILED when the model cannot compute these values,
   *   RUNTIME_FAILED when the runtime died.
   */
  run(inputs: Tensors, outputs?: readonly string[]): Promise<Tensors>
  /** Frees the model; once more does nothing. */
  dispose(): Promise<void>
}

/** A model file that cannot be served, and why. */
export class ModelLoadError extends Error {}
