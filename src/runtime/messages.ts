import type { Signature } from '../core/signature.ts'
import type { TensorHead } from './tensor-bytes.ts'

// The heads of all frames between the server and a worker. A worker answers calls in order. What JSON cannot hold crosses
// in the bytes of the frame, as `v8.serialize` writes it: the `ModelSource` of 'load', the `LoadedModel` of 'loaded'.

export type Call =
  | { readonly kind: 'load'; readonly session: number; readonly intraOpThreads: number }
  | {
      readonly kind: 'run'
      readonly session: number
      readonly runs: readonly RunHead[]
      /** Most bytes that the outputs of a run may take on their way to the server. */
      readonly maxBytes: number
      readonly file?: FileSpan
    }
  | { readonly kind: 'dispose'; readonly session: number }

/** One of the runs of a call; their tensors follow each other in the bytes of the frame, or in the shared file. */
export interface RunHead {
  readonly inputs: readonly TensorHead[]
  readonly outputs: readonly string[]
}

/** Bytes in the shared file, which then take the place of those in the frame. */
export interface FileSpan {
  readonly at: number
  readonly length: number
}

/** 'load' and 'dispose' are answered once, 'run' once for each of its runs. */
export type Reply =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'disposed' }
  | { readonly kind: 'outputs'; readonly outputs: readonly TensorHead[]; readonly file?: FileSpan }
  /** With the rows of the run; 1 where the model has no batch axis. */
  | { readonly kind: 'tooLarge'; readonly bytes: number; readonly rows: number }
  | { readonly kind: 'failed'; readonly message: string }

/** What a worker found in a model file. */
export interface LoadedModel {
  readonly signature: Signature
  readonly unsupportedOutputs: readonly string[]
  readonly loadMs: number
}
