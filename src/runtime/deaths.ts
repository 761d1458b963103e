import { ServingError } from '../core/errors.ts'
import type { DeathCause } from '../core/worker-death.ts'
import { rowFailed } from '../core/row-errors.ts'
import { ModelLoadError } from './runtime.ts'

/** The way in which a worker process has ended. */
export interface Death {
  readonly signal?: NodeJS.Signals | undefined
  readonly code?: number | undefined
  /** The reason why it has never run. */
  readonly problem?: string | undefined
  /** The limit, if the server killed it because a call took longer. */
  readonly timeoutMs?: number | undefined
  /** The most useful line that it wrote to stderr. */
  readonly lastWords: string
}

/** The meaning of signals that the kernel sends to a process for a fault in its code. */
const FAULTS: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGFPE: 'a division that the processor cannot do',
  SIGSEGV: 'an access outside of its memory',
  SIGBUS: 'an access outside of its memory',
  SIGABRT: 'a failed check in native code',
  SIGILL: 'an instruction that this processor does not have',
  SIGTRAP: 'a failed check in native code',
}

/** Describes a death for the log and for failed models: `SIGFPE, a division that the processor cannot do`. */
export function deathText({ signal, code, problem, timeoutMs, lastWords }: Death): string {
  if (problem !== undefined) return `it could not be started: ${problem}`
  if (timeoutMs !== undefined) return `a run took longer than ${timeoutMs} ms`
  const words = lastWords === '' ? '' : `; it wrote: ${lastWords}`
  if (!signal) return `exit code ${code}${words}`
  const meaning = FAULTS[signal] ?? (signal === 'SIGKILL' ? 'killed from outside, perhaps for want of memory' : '')
  return `${signal}${meaning && `, ${meaning}`}${words}`
}

/** One word for the cause, for counting. */
export function causeOf({ signal, problem, timeoutMs, lastWords }: Death): DeathCause {
  if (problem !== undefined) return 'start'
  if (timeoutMs !== undefined) return 'timeout'
  if (isOutOfMemory(lastWords)) return 'memory'
  if (signal === undefined) return 'exit'
  return FAULTS[signal] ? 'fault' : 'killed'
}

/**
 * Makes the error for the run that a worker was computing when it ended.
 *
 * @param memoryBytes Bytes that a worker may allocate.
 */
export function toRunError(death: Death, memoryBytes?: number): ServingError {
  const { signal, timeoutMs, lastWords } = death
  if (timeoutMs !== undefined) {
    return new ServingError('RUN_TIMEOUT', `the model has computed for ${timeoutMs} ms, longer than it may`)
  }
  // V8 ends its process if there is no memory for an output.
  if (isOutOfMemory(lastWords)) return toInferenceError(lastWords, memoryBytes)
  const meaning = signal && FAULTS[signal]
  if (meaning) return new ServingError('INFERENCE_FAILED', `these values end the runtime: ${signal}, ${meaning}`)
  return runtimeFailed(new Error(`a worker ended: ${deathText(death)}`))
}

/** Makes the error for requests that did not cause the failure. */
export function runtimeFailed(cause: Error): ServingError {
  const isLost = cause instanceof ModelLoadError
  const text = isLost
    ? `the model cannot be loaded any more: ${cause.message}`
    : 'the model runtime has failed; try again'
  return Object.assign(new ServingError('RUNTIME_FAILED', text), { cause })
}

// Messages of ONNX Runtime, the C++ library and V8 when memory ends.
const OUT_OF_MEMORY = /bad_alloc|failed to allocate memory|allocation failed|out of memory|bad_array_new_length/i

/** True if a message of the runtime says that memory has ended. */
export function isOutOfMemory(message: string): boolean {
  return OUT_OF_MEMORY.test(message)
}

/** Makes the error for inputs that the model cannot compute. If the message begins with a row, it is about this row. */
export function toInferenceError(message: string, memoryBytes?: number): ServingError {
  const reason = isOutOfMemory(message) ? outOfMemoryText(memoryBytes) : message
  const [, row, rest] = /^rows\[(\d+)\]: (.*)$/s.exec(reason) ?? []
  if (row !== undefined) return rowFailed(Number(row), `the model cannot compute this row: ${rest}`)
  return new ServingError('INFERENCE_FAILED', `the model cannot compute this input: ${reason}`)
}

export function outOfMemoryText(memoryBytes: number | undefined): string {
  if (memoryBytes === undefined) return 'it needs more memory than there is'
  const megabytes = Math.floor(memoryBytes / 2 ** 20)
  return `it needs more memory than the ${megabytes} MB that a worker may take (--max-run-memory)`
}
