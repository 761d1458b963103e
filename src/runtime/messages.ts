import type { Signature } from '../core/signature.ts'
import type { TensorHead } from './tensor-bytes.ts'

// The heads of all frames between the server and a worker. A worker answers calls in order. What JSON cannot hold crosses
// in the bytes of the frame, as `v8.serialize` writes it: the `ModelSource` of 'load', the `LoadedModel` of 'loaded'.

export type Call =
  | { readonly kind: 'load'; readonly session: number; readonly intraOpThreads: number }
  | RunsCall
  | { readonly kind: 'dispose'; readonly session: number }

export interface RunsCall {
  readonly kind: 'run'
  readonly session: number
  readonly runs: readonly RunHead[]
  /** Most bytes that an answer may take; larger outputs are refused. */
  readonly maxAnswerBytes?: number | undefined
  readonly file?: FileSpan
}

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
  | { readonly kind: 'failed' | 'tooLarge'; readonly message: string }

/** What a worker found in a model file. */
export interface LoadedModel {
  readonly signature: Signature
  readonly unsupportedOutputs: readonly string[]
  readonly loadMs: number
}
