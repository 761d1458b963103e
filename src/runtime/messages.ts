import type { Signature } from '../core/signature.ts'
import type { TensorHead } from './tensor-bytes.ts'

// The heads of all frames between the server and a worker. A worker answers calls in order. JSON cannot hold the
// `ModelSource` of 'load' and the `LoadedModel` of 'loaded'. `v8.serialize` writes them into the bytes of the frame.

export type Call =
  | { readonly kind: 'load'; readonly session: number; readonly intraOpThreads: number }
  | RunsCall
  | { readonly kind: 'dispose'; readonly session: number }

export interface RunsCall {
  readonly kind: 'run'
  readonly session: number
  readonly runs: readonly RunHead[]
  /** Most bytes in one answer. Outputs that are much larger are refused. */
  readonly maxAnswerBytes?: number | undefined
  readonly file?: FileSpan
}

/** One run of a call. The tensors of all runs follow each other in the bytes of the frame, or in the shared file. */
export interface RunHead {
  readonly inputs: readonly TensorHead[]
  readonly outputs: readonly string[]
}

/** A part of the shared file that replaces the bytes of the frame. */
export interface FileSpan {
  readonly at: number
  readonly length: number
}

/** 'load' and 'dispose' get one reply, and 'run' gets one for each of its runs. */
export type Reply =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'disposed' }
  | { readonly kind: 'outputs'; readonly outputs: readonly TensorHead[]; readonly file?: FileSpan }
  | { readonly kind: 'failed' | 'tooLarge'; readonly message: string }

/** The facts that a worker found in a model file. */
export interface LoadedModel {
  readonly signature: Signature
  readonly unsupportedOutputs: readonly string[]
  readonly loadMs: number
}
