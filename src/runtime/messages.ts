import type { Signature } from '../core/signature.ts'
import type { Tensors } from '../core/tensor.ts'

// All that crosses the thread boundary. Every call is answered by one reply of the same id.

export interface CallTypes {
  load: { args: { file: string }; result: LoadedSession }
  run: { args: { session: number; inputs: Tensors; outputs: readonly string[] }; result: Tensors }
  dispose: { args: { session: number }; result: undefined }
  stop: { args: object; result: undefined }
}

export type CallKind = keyof CallTypes

export type Call = { [K in CallKind]: { id: number; kind: K } & CallTypes[K]['args'] }[CallKind]

export type Reply =
  | { id: number; ok: true; result: CallTypes[CallKind]['result'] }
  | { id: number; ok: false; message: string }

/** What the worker found in a model file; `session` names it in later calls. */
export interface LoadedSession {
  readonly session: number
  readonly signature: Signature
  readonly unsupportedOutputs: readonly string[]
}

/** The buffers behind tensors, to be moved instead of copied; strings have none. */
export function transferList(tensors: Tensors): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = []
  for (const { data } of tensors.values()) {
    if (!Array.isArray(data) && data.buffer instanceof ArrayBuffer) buffers.push(data.buffer)
  }
  return buffers
}
