import type { Signature } from '../core/signature.ts'
import type { Tensors } from '../core/tensor.ts'
import type { ModelSource } from './runtime.ts'

// All that crosses the thread boundary. Every call is answered by one reply of the same id.

export interface CallTypes {
  load: { args: { source: ModelSource; intraOpThreads: number }; result: LoadedSession }
  run: { args: { session: number; runs: readonly RunCall[] }; result: readonly RunReply[] }
  dispose: { args: { session: number }; result: undefined }
  stop: { args: object; result: undefined }
}

export type CallKind = keyof CallTypes

export type Call = { [K in CallKind]: { id: number; kind: K } & CallTypes[K]['args'] }[CallKind]

export type Reply =
  | { id: number; ok: true; result: CallTypes[CallKind]['result'] }
  | { id: number; ok: false; message: string }

export interface RunCall {
  readonly inputs: Tensors
  readonly outputs: readonly string[]
}

/** The outputs of one run, or what is wrong with its inputs. */
export type RunReply = Tensors | string

/** What the worker found in a model file; `session` names it in later calls. */
export interface LoadedSession {
  readonly session: number
  readonly signature: Signature
  readonly unsupportedOutputs: readonly string[]
  readonly loadMs: number
}

/** Collects the buffers behind tensors, to be moved instead of copied; strings have none. */
export function addBuffers(tensors: Tensors, buffers: ArrayBuffer[]): void {
  for (const { data } of tensors.values()) {
    if (!Array.isArray(data) && data.buffer instanceof ArrayBuffer) buffers.push(data.buffer)
  }
}
