import { listNames } from '../../core/listing.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { TensorSpec } from '../../core/signature.ts'
import { isRecord } from '../../json/record.ts'
import { invalid } from '../../json/input-problems.ts'
import { show } from '../../json/error-texts.ts'
import { checkSharedMemory, parametersOf } from './v2-parameters.ts'

/** An output of the answer, and its form. */
export interface RequestedOutput {
  readonly spec: TensorSpec
  /** The name that the client used. The answer has the same name. */
  readonly name: string
  readonly isBinary: boolean
  readonly classes: number | undefined
}

/**
 * Reads the outputs that a request asks for. If it lists none, all are answered.
 *
 * @param isBinary True if all outputs are answered as bytes, in case the request lists none.
 * @throws ServingError INVALID_INPUT if an output is unknown or given twice, or a parameter is wrong.
 */
export function decodeOutputs(outputs: unknown, isBinary: boolean, model: ModelView): RequestedOutput[] {
  const { signature } = model
  if (outputs === undefined || (Array.isArray(outputs) && outputs.length === 0)) {
    return signature.outputs.map((spec) => ({ spec, name: outputNameOf(spec, model), isBinary, classes: undefined }))
  }
  if (!Array.isArray(outputs)) throw invalid('outputs', `expected an array, got ${show(outputs)}`)
  const seen = new Set<unknown>()
  return outputs.map((output: unknown, index) => {
    const path = `outputs[${index}]`
    if (!isRecord(output)) throw invalid(path, `expected an object, got ${show(output)}`)
    const { name } = output
    const spec = signature.outputs.find((each) => each.name === name || outputNameOf(each, model) === name)
    const names = listNames(signature.outputs.map((each) => outputNameOf(each, model)))
    if (!spec) throw invalid(`${path}.name`, `${show(name)} is no output of this model; it has ${names}`)
    if (seen.has(name)) throw invalid(`${path}.name`, `${show(name)} is given twice`)
    seen.add(name)
    return { spec, name: name as string, ...outputParameters(output['parameters'], path) }
  })
}

function outputParameters(given: unknown, path: string): Pick<RequestedOutput, 'isBinary' | 'classes'> {
  const parameters = parametersOf(given, `${path}.parameters`)
  checkSharedMemory(parameters, path)
  const { binary_data: isBinary = false, classification } = parameters
  if (typeof isBinary !== 'boolean')
    throw invalid(`${path}.parameters.binary_data`, `expected true or false, got ${show(isBinary)}`)
  if (classification === undefined || classification === 0) return { isBinary, classes: undefined }
  if (Number.isSafeInteger(classification) && (classification as number) > 0)
    return { isBinary, classes: classification as number }
  throw invalid(`${path}.parameters.classification`, `expected how many classes to answer, got ${show(classification)}`)
}

/** Returns the name of an output in the file. The signature has another name if ZipMap was removed. */
export function outputNameOf({ name }: TensorSpec, { fileNames }: ModelView): string {
  return fileNames.get(name) ?? name
}
