import { input } from '../operation.ts'
import type { Operation, Rule } from '../operation.ts'
import { NotProven, isEqual, isOne } from '../sizes.ts'
import type { Size } from '../sizes.ts'
import { constant, rowsAlong, shapeOf } from '../value.ts'
import type { Value } from '../value.ts'

/** Einsum with an explicit equation. One letter means the rows, and the answer must have it. */
export const einsum: Rule = (operation) => {
  const [terms, answer] = parseEquation(operation)
  const values = operation.inputs.map((_, index) => input(operation, index))
  if (terms.length !== values.length) throw new NotProven('its equation does not fit its inputs')
  const sizes = sizesByLetter(values, terms)
  const rows = rowLetterOf(values, terms)
  const shape = Array.from(answer, (letter) => sizes.get(letter) ?? operation.unknownSize())
  if (rows === undefined) return constant(shape)
  if (countLetter(answer, rows.letter) !== 1) throw new NotProven('rows are added up')
  const axis = answer.indexOf(rows.letter)
  return rowsAlong(axis, shape.with(axis, rows.size))
}

function parseEquation(operation: Operation): [terms: string[], answer: string] {
  const equation = operation.attributes('equation').get('equation')?.texts[0]?.replaceAll(' ', '') ?? ''
  const [left, right] = equation.split('->')
  if (left === undefined || right === undefined || equation.includes('.'))
    throw new NotProven('its equation is implicit')
  return [left.split(','), right]
}

/** Finds the size of each letter. If a letter has several sizes, those other than 1 win. */
function sizesByLetter(values: readonly Value[], terms: readonly string[]): Map<string, Size> {
  const sizes = new Map<string, Size>()
  for (const [index, value] of values.entries()) {
    const [shape, term] = [shapeOf(value), terms[index]!]
    if (shape.length !== term.length) throw new NotProven('its equation does not fit the rank')
    for (const [axis, size] of shape.entries()) {
      const known = sizes.get(term[axis]!)
      if (!known || isOne(known)) sizes.set(term[axis]!, size)
    }
  }
  return sizes
}

interface RowLetter {
  readonly letter: string
  readonly size: Size
}

/** Finds the letter of the rows. It stands once in each term with rows, and in no other term. */
function rowLetterOf(values: readonly Value[], terms: readonly string[]): RowLetter | undefined {
  const found = values.flatMap((value, index): RowLetter[] => {
    return value.kind === 'rows' ? [{ letter: terms[index]![value.axis]!, size: value.shape[value.axis]! }] : []
  })
  const [first] = found
  if (!first) return undefined
  if (found.some(({ letter, size }) => letter !== first.letter || !isEqual(size, first.size))) {
    throw new NotProven('its rows lie along different axes')
  }
  const isKept = values.every(
    (value, index) => countLetter(terms[index]!, first.letter) === (value.kind === 'rows' ? 1 : 0),
  )
  if (!isKept) throw new NotProven('a constant has another value for each row')
  return first
}

function countLetter(text: string, letter: string): number {
  return text.split(letter).length - 1
}
