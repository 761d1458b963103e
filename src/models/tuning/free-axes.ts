import type { ModelView } from '../../core/model-view.ts'
import { hasBatchAxis } from '../../core/signature.ts'

/** The name of a free axis. Axes with the same name have the same size. */
type AxisName = string

// Axis 0 is most likely a batch. With attention, 512 rows of 512 positions would take gigabytes.
const MAX_ROWS = 8

/** Returns the names of all axes of unknown size. The batch and the columns of features are known. */
export function freeAxesOf(view: ModelView): AxisName[] {
  const names = view.signature.inputs.flatMap((_, input) => axisNames(view, input))
  return [...new Set(names)].filter((name) => name !== undefined)
}

/** Returns a shape for each input: one row, a column for each feature, and free axes of the sizes that are asked for. */
export function toShapes(view: ModelView, sizeOf: (name: AxisName) => number): number[][] {
  return view.signature.inputs.map(({ shape }, input) => {
    const names = axisNames(view, input)
    return shape.map((size, axis) => {
      const name = names[axis]
      if (size !== -1) return size
      if (name === undefined) return axis === 0 ? 1 : featureCount(view, input)
      return axis === 0 && shape.length > 1 ? Math.min(sizeOf(name), MAX_ROWS) : sizeOf(name)
    })
  })
}

/** By axis; undefined if the size of the axis is known. */
function axisNames({ signature, features }: ModelView, input: number): (AxisName | undefined)[] {
  const isBatch = hasBatchAxis(signature)
  const { shape, freeNames } = signature.inputs[input]!
  return shape.map((size, axis) => {
    const isKnown = size !== -1 || (axis === 0 ? isBatch : features.length > 0)
    return isKnown ? undefined : (freeNames?.[axis] ?? `axis ${axis} of input ${input}`)
  })
}

function featureCount({ features }: ModelView, input: number): number {
  return Math.max(1, features.filter((feature) => feature.input === input).length)
}
