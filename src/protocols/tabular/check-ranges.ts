import { fromFloat16Bits } from '../../core/float16.ts'
import type { Feature, ValueRange } from '../../core/feature.ts'
import type { ModelView } from '../../core/model-view.ts'
import { rowsOf } from '../../core/tensor.ts'
import type { Tensor, Tensors } from '../../core/tensor.ts'
import { elementJson } from '../tensors/element-json.ts'
import { InputProblems } from '../../json/input-problems.ts'
import { joinPath, show } from '../../json/error-texts.ts'

const MAX_WARNINGS = 10
const MAX_LISTED = 10

/**
 * Finds values outside of the usual ranges in model.json. It reads decoded tensors, so it is the same for every protocol.
 * Without ranges in model.json it does nothing.
 *
 * @returns Warnings for at most ten values, and then the number of further ones. undefined if all values are usual.
 * @throws ServingError INVALID_INPUT if model.json refuses such values.
 */
export function checkRanges(inputs: Tensors, model: ModelView): readonly string[] | undefined {
  if (model.ranges.length === 0) return undefined
  const problems = new InputProblems()
  const warnings: string[] = []
  let more = 0
  for (const range of model.ranges) {
    const { input, name } = range.feature
    const tensor = inputs.get(model.signature.inputs[input]!.name)
    for (const row of tensor ? rowsOutside(tensor, range) : []) {
      if (!range.isRefused && warnings.length >= MAX_WARNINGS) more++
      else {
        const path = joinPath(rowsOf(inputs) === 1 ? '' : `rows[${row}]`, name)
        const text = describeUnusual(tensor!, row, range)
        if (range.isRefused) problems.add(path, text)
        else warnings.push(`${path}: ${text}`)
      }
    }
  }
  if (!problems.isEmpty) throw problems.toError()
  if (more > 0) warnings.push(`${more} more values are out of range`)
  return warnings.length > 0 ? warnings : undefined
}

function rowsOutside({ shape, data, dataType }: Tensor, range: ValueRange): number[] {
  const { minimum = -Infinity, maximum = Infinity, values, missing, feature } = range
  const [rows = 0, width = 1] = shape
  const found: number[] = []
  for (let row = 0; row < rows; row++) {
    const held = data[row * width + feature.column]!
    const value = dataType === 'float16' ? fromFloat16Bits(held as number) : held
    if (Number.isNaN(value) || value === missing) continue
    const isInside = typeof value === 'string' || (value >= minimum && value <= maximum)
    if (!isInside || (values && !values.has(value))) found.push(row)
  }
  return found
}

function describeUnusual(tensor: Tensor, row: number, { feature, values }: ValueRange): string {
  const index = row * (tensor.shape[1] ?? 1) + feature.column
  const value = tensor.data[index]
  const got = typeof value === 'string' ? show(value) : elementJson(tensor, index, { jsonNan: 'bare' })
  return `expected ${values ? listUsual(feature) : bounds(feature)}, got ${got}`
}

function listUsual({ values = [] }: Feature): string {
  const texts = values.slice(0, MAX_LISTED).map(show)
  return `one of ${texts.join(', ')}${values.length > MAX_LISTED ? ', …' : ''}`
}

function bounds({ minimum, maximum }: Feature): string {
  if (minimum === undefined) return `at most ${maximum}`
  return maximum === undefined ? `at least ${minimum}` : `from ${minimum} to ${maximum}`
}

/** Writes the member `warnings` of a JSON answer, with a comma before it. @returns An empty text without warnings. */
export function warningsJson(warnings: readonly string[] | undefined): string {
  return warnings ? `,"warnings":${JSON.stringify(warnings)}` : ''
}
