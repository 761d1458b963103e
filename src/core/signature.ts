import type { DataType } from './datatypes.ts'

/** One input or output of a model. A dimension of -1 is free; `[]` is a scalar or a tensor of unknown rank. */
export interface TensorSpec {
  readonly name: string
  readonly dataType: DataType
  readonly shape: readonly number[]
  /** What the file calls its free dimensions, by axis; absent where none has a name. */
  readonly freeNames?: readonly (string | undefined)[]
}

export interface Signature {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
}

/**
 * Whether axis 0 is the batch: it is free in every input, under one name, and no output declares a fixed size for it.
 * An output of unknown rank may have it as well.
 */
export function hasBatchAxis({ inputs, outputs }: Signature): boolean {
  const [first] = inputs
  const isFree = inputs.every(({ shape, freeNames }) => {
    return shape[0] === -1 && freeNames?.[0] === first!.freeNames?.[0]
  })
  return first !== undefined && isFree && outputs.every(({ shape }) => (shape[0] ?? -1) === -1)
}

/**
 * Whether a run computes exactly one row: axis 0 has size 1 in every input, and in every output it is 1 or free. Several
 * rows then take a run each.
 */
export function isRowByRow({ inputs, outputs }: Signature): boolean {
  return (
    inputs.length > 0 &&
    inputs.every(({ shape }) => shape[0] === 1) &&
    outputs.every(({ shape }) => shape[0] === 1 || shape[0] === -1)
  )
}

/** The same input or output with a free axis 0. */
export function withFreeRows(spec: TensorSpec): TensorSpec {
  return { ...spec, shape: [-1, ...spec.shape.slice(1)] }
}

/**
 * Checks a shape against the one that a model declares.
 *
 * @returns What is wrong, or undefined when the shape fits.
 */
export function shapeProblem(spec: TensorSpec, shape: readonly number[]): string | undefined {
  // The runtime reports a scalar and an unknown rank alike, so here it has the last word.
  if (spec.shape.length === 0) return undefined
  const fits =
    shape.length === spec.shape.length &&
    spec.shape.every((dimension, axis) => dimension === -1 || dimension === shape[axis])
  return fits ? undefined : `expected shape ${formatShape(spec.shape, spec.freeNames)}, got ${formatShape(shape)}`
}

/** `[any,4]` for a free and a fixed dimension, `[batch,4]` where the free one has a name. */
export function formatShape(shape: readonly number[], freeNames: TensorSpec['freeNames'] = []): string {
  return `[${shape.map((dimension, axis) => (dimension === -1 ? (freeNames[axis] ?? 'any') : dimension)).join(',')}]`
}
