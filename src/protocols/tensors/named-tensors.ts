import { listNames } from '../../core/listing.ts'
import type { Feature } from '../../core/feature.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Tensor, Tensors } from '../../core/tensor.ts'
import { isRecord } from '../../json/record.ts'
import type { Reading } from '../reading.ts'
import { writeMissing } from '../tabular/missing.ts'
import { decodeNested } from './nested-arrays.ts'
import type { NullWriter } from './nested-arrays.ts'
import { invalid } from '../../json/input-problems.ts'
import { joinPath, show } from '../../json/error-texts.ts'
import { checkRowCount, checkSameRows, inputsByRow } from '../tabular/row-limits.ts'
import { inputNames, resolveNames } from '../unknown-names.ts'

/**
 * Turns nested arrays, by the names of the inputs, into tensors. If the model has one input, its name may be omitted.
 */
export function decodeNamedTensors(given: unknown, reading: Reading): Tensors {
  const { model, problems } = reading
  const specs = inputsByRow(model)
  const tensors = Array.isArray(given) && specs.length === 1 ? { [specs[0]!.name]: given } : given
  if (!isRecord(tensors)) throw invalid('inputs', `expected an object of tensors by name, got ${show(tensors)}`)
  const keys = keysByInput(tensors, 'inputs', reading)
  const inputs = new Map<string, Tensor>()
  const nullWriter = createNullWriters(model)
  for (const [index, spec] of specs.entries()) {
    const key = keys.get(spec.name)
    const path = joinPath('inputs', key ?? spec.name)
    if (key === undefined) problems.add(path, 'is missing: expected a tensor')
    else {
      const tensor = decodeNested(tensors[key], { spec, path, writeNull: nullWriter(index) }, reading)
      if (tensor) inputs.set(spec.name, tensor)
      // A free axis 0 is the batch.
      if (tensor && spec.shape[0] === -1) checkRowCount(tensor.shape[0]!, path, model)
    }
  }
  if (problems.isEmpty) checkSameRows(inputs, 'inputs', specs)
  return inputs
}

/** Makes the writers of missing values in the columns of an input. The features are listed at the first null. */
function createNullWriters({ features }: ModelView): (input: number) => NullWriter | undefined {
  let places: ReadonlyMap<string, Feature> | undefined
  if (features.length === 0) return () => undefined
  return (input) => (data, index, column) => {
    places ??= new Map(features.map((feature) => [`${feature.input} ${feature.column}`, feature]))
    const feature = places.get(`${input} ${column}`)
    if (!feature) return 'expected a value, got null'
    const problem = writeMissing(feature, data, index)
    return problem && `${feature.name}: ${problem}`
  }
}

/** Finds the key of a record for each input, by the name of the input. Adds a problem for each other key. */
function keysByInput(record: Record<string, unknown>, path: string, { model, problems }: Reading): Map<string, string> {
  const { inputs } = model.signature
  const exact = inputs.filter(({ name }) => Object.hasOwn(record, name))
  const keys = new Map(exact.map(({ name }) => [name, name]))
  const strangers = Object.keys(record).filter((key) => !keys.has(key))
  const isGiven = (index: number): boolean => keys.has(inputs[index]!.name)
  const found = resolveNames(strangers, isGiven, inputNames(model), (at, text) => {
    problems.add(joinPath(path, strangers[at]!), text)
  })
  for (const [at, index] of found.entries()) if (index !== undefined) keys.set(inputs[index]!.name, strangers[at]!)
  return keys
}

/** True if an instance has an array for each input. A record of features has no arrays. */
export function isByInput(instance: unknown, { signature, inputIndex }: ModelView): boolean {
  if (!isRecord(instance)) return false
  if (signature.inputs.every(({ name }) => Array.isArray(instance[name]))) return true
  const keys = Object.keys(instance).filter((key) => Array.isArray(instance[key]))
  if (keys.length !== signature.inputs.length) return false
  const found = new Set(keys.map((key) => inputIndex.find(key)))
  return found.size === keys.length && !found.has(undefined)
}

/**
 * Collects the values of instances that are objects with one member for each input.
 *
 * @returns The values of all instances, by input. Adds a problem for an instance with missing or unknown members.
 */
export function gatherByInput(
  instances: readonly unknown[],
  path: string,
  reading: Reading,
): Record<string, unknown[]> {
  const { model, problems } = reading
  const names = model.signature.inputs.map(({ name }) => name)
  const values = new Map(names.map((name) => [name, [] as unknown[]]))
  for (const [index, instance] of instances.entries()) {
    if (problems.isFull) break
    const where = `${path}[${index}]`
    if (!isRecord(instance))
      problems.add(where, `expected an object with the inputs ${listNames(names)}, got ${show(instance)}`)
    else {
      const keys = keysByInput(instance, where, reading)
      for (const name of names) {
        const key = keys.get(name)
        if (key === undefined) problems.add(joinPath(where, name), 'is missing')
        else values.get(name)!.push(instance[key])
      }
    }
  }
  return problems.isEmpty ? Object.fromEntries(values) : {}
}
