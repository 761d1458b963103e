import type { ModelView } from '../core/model-view.ts'
import type { Tensors } from '../core/tensor.ts'
import { isRecord } from './feature-rows.ts'
import { toTensor } from './nested-arrays.ts'
import { invalid, joinPath, show } from './problems.ts'
import type { Problems } from './problems.ts'
import { checkRowCount, checkSameRows } from './row-limits.ts'

/**
 * Turns nested arrays, by the name of the input that they are for, into tensors. A model of one input takes them without
 * the name as well.
 */
export function toNamedTensors(given: unknown, model: ModelView, textLength: number, problems: Problems): Tensors {
  const specs = model.signature.inputs
  const tensors = Array.isArray(given) && specs.length === 1 ? { [specs[0]!.name]: given } : given
  if (!isRecord(tensors)) throw invalid('inputs', `expected an object of tensors by name, got ${show(tensors)}`)
  for (const name of Object.keys(tensors)) {
    if (problems.isFull) break
    if (!specs.some((spec) => spec.name === name)) problems.add(joinPath('inputs', name), 'is no input of this model')
  }
  const inputs = new Map<string, NonNullable<ReturnType<typeof toTensor>>>()
  for (const spec of specs) {
    const path = joinPath('inputs', spec.name)
    if (!Object.hasOwn(tensors, spec.name)) problems.add(path, 'is missing: expected a tensor')
    else {
      const tensor = toTensor(tensors[spec.name], spec, path, textLength, problems)
      if (tensor) inputs.set(spec.name, tensor)
      // Where axis 0 is free, it is taken for the batch.
      if (tensor && spec.shape[0] === -1) checkRowCount(tensor.shape[0]!, path, model)
    }
  }
  if (problems.isEmpty) checkSameRows(inputs, 'inputs', model)
  return inputs
}

/** Whether an instance has an array for each input, as no record of features has. */
export function isByInput(instance: unknown, { signature }: ModelView): boolean {
  return isRecord(instance) && signature.inputs.every(({ name }) => Array.isArray(instance[name]))
}

/**
 * Turns instances that are objects, with a value for each input, into the tensors of all of them.
 *
 * @returns By input, the values of all instances; problems are added where one has more or less than the inputs.
 */
export function byInput(
  instances: readonly unknown[],
  path: string,
  { signature }: ModelView,
  problems: Problems,
): Record<string, unknown[]> {
  const names = signature.inputs.map(({ name }) => name)
  for (const [index, instance] of instances.entries()) {
    if (problems.isFull) break
    const where = `${path}[${index}]`
    if (!isRecord(instance))
      problems.add(where, `expected an object with the inputs ${names.join(', ')}, got ${show(instance)}`)
    else {
      for (const key of Object.keys(instance)) {
        if (!names.includes(key)) problems.add(joinPath(where, key), 'is no input of this model')
      }
      for (const name of names) if (!Object.hasOwn(instance, name)) problems.add(joinPath(where, name), 'is missing')
    }
  }
  if (!problems.isEmpty) return {}
  return Object.fromEntries(
    names.map((name) => [name, instances.map((instance) => (instance as Record<string, unknown>)[name])]),
  )
}
