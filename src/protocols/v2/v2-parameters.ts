import { isRecord } from '../../json/record.ts'
import { invalid } from '../../json/input-problems.ts'
import { show } from '../../json/error-texts.ts'

const NONE: Readonly<Record<string, unknown>> = {}

/** Reads parameters. @throws ServingError INVALID_INPUT if they are no object, or use reserved names. */
export function parametersOf(parameters: unknown, path: string): Readonly<Record<string, unknown>> {
  if (parameters === undefined) return NONE
  if (!isRecord(parameters)) throw invalid(path, `expected an object, got ${show(parameters)}`)
  const reserved = Object.keys(parameters).find((key) => key.startsWith('triton_'))
  if (reserved !== undefined) throw invalid(`${path}.${reserved}`, 'names that begin with triton_ are reserved')
  return parameters
}

/** Refuses parameters of shared memory. @throws ServingError INVALID_INPUT */
export function checkSharedMemory(parameters: Readonly<Record<string, unknown>>, path: string): void {
  if (parameters['shared_memory_region'] === undefined) return
  throw invalid(`${path}.parameters.shared_memory_region`, 'shared memory is not supported: leave it out')
}
