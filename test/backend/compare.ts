import { V2_NAMES } from '../../src/protocols/v2/v2-tensors.ts'
import { DATA_TYPES } from '../../src/core/datatypes.ts'
import type { Value } from './cases.ts'
import { elementsOf } from './ways.ts'
import type { Answers } from './ways.ts'

// As `onnx.backend.test.runner` compares.
const [RELATIVE, ABSOLUTE] = [1e-3, 1e-7]
// Sums round by so much of the largest number that they add up, and some of them should be 0.
const ROUNDING = 1e-6

/** The first difference between the answers and what ONNX expects; undefined where there is none. */
export function differenceOf(answers: Answers, expected: readonly Value[]): string | undefined {
  for (const { name, tensor } of expected) {
    const answer = answers.get(name)
    if (tensor === undefined) continue
    if (!answer) return `${name}: no answer`
    const { shape, datatype, elements } = answer
    if (datatype !== undefined && datatype !== V2_NAMES[tensor.dataType]) return `${name}: ${datatype}`
    // Nested arrays cannot tell what an axis is that stands behind an empty one.
    const shown = datatype === undefined ? visibleAxes(tensor.shape) : tensor.shape
    if (shape?.join() !== shown.join()) return `${name}: shape [${shape?.join()}] instead of [${shown.join()}]`
    const wanted = elementsOf(tensor)
    if (elements.length !== wanted.length) return `${name}: ${elements.length} elements instead of ${wanted.length}`
    const isFloat = DATA_TYPES[tensor.dataType].kind === 'float'
    const tolerance = ABSOLUTE + (isFloat ? ROUNDING * largestOf(wanted) : 0)
    const wrong = wanted.findIndex((value, index) => {
      return isFloat
        ? !isClose(Number(elements[index]), Number(value), tolerance)
        : String(elements[index]) !== String(value)
    })
    if (wrong !== -1) return `${name}[${wrong}]: ${String(elements[wrong])} instead of ${String(wanted[wrong])}`
  }
  return undefined
}

function visibleAxes(shape: readonly number[]): readonly number[] {
  const empty = shape.indexOf(0)
  return empty === -1 ? shape : shape.slice(0, empty + 1)
}

function isClose(a: number, b: number, tolerance: number): boolean {
  return Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance + RELATIVE * Math.abs(b)
}

function largestOf(values: readonly unknown[]): number {
  let largest = 0
  for (const value of values) if (Number.isFinite(Number(value))) largest = Math.max(largest, Math.abs(Number(value)))
  return largest
}
