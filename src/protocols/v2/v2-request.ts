import type { InferenceRequest } from '../../core/inference.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import { invalid } from '../../json/input-problems.ts'
import { show } from '../../json/error-texts.ts'
import { decodeOutputs } from './v2-outputs.ts'
import type { RequestedOutput } from './v2-outputs.ts'
import { parametersOf } from './v2-parameters.ts'
import { checkTexts } from '../tabular/check-texts.ts'
import { checkRanges } from '../tabular/check-ranges.ts'

// The parts of a request and an answer that REST and gRPC share: everything except the elements of tensors.

export interface V2Request extends InferenceRequest {
  readonly id: string | undefined
  readonly requested: readonly RequestedOutput[]
  /** Warnings for the client. */
  readonly warnings: readonly string[] | undefined
}

/** Makes a request of its inputs and of the members beside them. @throws ServingError INVALID_INPUT */
export function toRequest(
  inputs: Tensors,
  { id, outputs, parameters }: Readonly<Record<string, unknown>>,
  model: ModelView,
): V2Request {
  if (id !== undefined && typeof id !== 'string') throw invalid('id', `expected a string, got ${show(id)}`)
  const given = parametersOf(parameters, 'parameters')
  const { binary_data_output: isBinary = false } = given
  if (typeof isBinary !== 'boolean')
    throw invalid('parameters.binary_data_output', `expected true or false, got ${show(isBinary)}`)
  checkTexts(inputs, model)
  const requested = decodeOutputs(outputs, isBinary, model)
  const isPart = requested.length < model.signature.outputs.length
  return {
    inputs,
    requested,
    outputs: isPart ? [...new Set(requested.map(({ spec }) => spec.name))] : undefined,
    id,
    timeoutMs: timeoutOf(given),
    priority: priorityOf(given),
    warnings: checkRanges(inputs, model),
  }
}

/** Reads the parameter `timeout`, in microseconds. @returns Milliseconds. */
function timeoutOf({ timeout }: Record<string, unknown>): number | undefined {
  if (timeout === undefined || timeout === 0) return undefined
  if (Number.isSafeInteger(timeout) && (timeout as number) > 0) return (timeout as number) / 1000
  throw invalid('parameters.timeout', `expected microseconds, got ${show(timeout)}`)
}

/** Reads the parameter `priority`. 1 is the highest. 0 or an absent priority is the lowest. */
function priorityOf({ priority }: Record<string, unknown>): number | undefined {
  if (priority === undefined || priority === 0) return undefined
  if (Number.isSafeInteger(priority) && (priority as number) > 0) return priority as number
  throw invalid('parameters.priority', `expected an integer from 0, got ${show(priority)}`)
}

/** Joins the warnings to one parameter of an answer, because a parameter cannot be a list. */
export function warningsText(warnings: readonly string[]): string {
  return warnings.join('; ')
}
