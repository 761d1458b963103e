import type { DataType } from './datatypes.ts'

/** One input or output of a model. A dimension of -1 is free. `[]` is a scalar or a tensor of unknown rank. */
export interface TensorSpec {
  readonly name: string
  readonly dataType: DataType
  readonly shape: readonly number[]
  /** Names of its free dimensions in the file, by axis. Absent if no dimension has a name. */
  readonly freeNames?: readonly (string | undefined)[]
}

export interface Signature {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
}

/**
 * True if axis 0 is the batch. It must be free in every input, either under one name or always without a name. It must not
 * be fixed in any output. An output of unknown rank may have a batch axis.
 */
export function hasBatchAxis({ inputs, outputs }: Signature): boolean {
  const [first] = inputs
  const isFree = inputs.every(({ shape, freeNames }) => {
    return shape[0] === -1 && freeNames?.[0] === first!.freeNames?.[0]
  })
  return first !== undefined && isFree && outputs.every(({ shape }) => (shape[0] ?? -1) === -1)
}

/**
 * True if a run computes exactly one row: axis 0 has size 1 in every input, and size 1 or a free size in every output.
 * Several rows then take a run each.
 */
export function isRowByRow({ inputs, outputs }: Signature): boolean {
  return (
    inputs.length > 0 &&
    inputs.every(({ shape }) => shape[0] === 1) &&
    outputs.every(({ shape }) => shape[0] === 1 || shape[0] === -1)
  )
}

/** Returns the same input or output with a free axis 0. */
export function withFreeRows(spec: TensorSpec): TensorSpec {
  return { ...spec, shape: [-1, ...spec.shape.slice(1)] }
}

/**
 * Checks a shape against the one that a model declares.
 *
 * @returns A text with the expected shape, or undefined if the shape fits.
 */
export function shapeProblem(spec: TensorSpec, shape: readonly number[]): string | undefined {
  // The runtime reports scalars and unknown ranks in the same way. So the runtime checks the shape when it computes.
  if (spec.shape.length === 0) return undefined
  const fits =
    shape.length === spec.shape.length &&
    spec.shape.every((dimension, axis) => dimension === -1 || dimension === shape[axis])
  return fits ? undefined : `expected shape ${formatShape(spec.shape, spec.freeNames)}, got ${formatShape(shape)}`
}

/** Writes `[any,4]` for a free and a fixed dimension, and `[batch,4]` if the free dimension has a name. */
export function formatShape(shape: readonly number[], freeNames: TensorSpec['freeNames'] = []): string {
  return `[${shape.map((dimension, axis) => (dimension === -1 ? (freeNames[axis] ?? 'any') : dimension)).join(',')}]`
}
