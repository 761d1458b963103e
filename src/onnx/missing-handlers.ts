import { floatsIn, placeAttributes } from './attribute-lists.ts'
import { integerOf } from './attributes.ts'
import { NO_COLUMNS, hasMissing, isForColumns, withoutMissing } from './columns.ts'
import type { Columns, FollowedNode } from './columns.ts'
import { readTreeRecord } from './tree-record.ts'
import type { ByteSource, Range } from './wire.ts'

// Rules of nodes that replace or handle missing values.

/** Follows `Where(IsNaN(x), constant, x)`. */
export function replaceWhere(node: FollowedNode): Columns | undefined {
  const [condition, , columns] = node.inputs
  const fill = node.constant(1)
  const isReplaced = condition?.missingOf !== undefined && condition.missingOf === node.node.inputs[2]
  if (!columns || !isReplaced || !fill?.values || !isForColumns(fill, columns)) return undefined
  const values = fill.values
  return replace(node, columns, (position) => values[values.length === 1 ? 0 : position])
}

/** Follows an Imputer that replaces NaN. */
export function impute(node: FollowedNode): Columns | undefined {
  const [columns] = node.inputs
  const replaced = node.attributes().get('replaced_value_float')?.floats[0]
  const list = placeAttributes(node.source, node.node).get('imputed_value_floats')
  // This Imputer replaces another value and keeps NaN.
  if (!columns || !Number.isNaN(replaced) || !list) return undefined
  const values = floatsUpTo(node.source, list, columns.at.length)
  if (values.length !== 1 && (!columns.isPlaced || values.length !== columns.at.length)) return undefined
  return replace(node, columns, (position) => values[values.length === 1 ? 0 : position])
}

function floatsUpTo(source: ByteSource, list: Range, most: number): number[] {
  const values: number[] = []
  for (const value of floatsIn(source, list)) {
    values.push(value)
    if (values.length > most) break
  }
  return values
}

function replace(node: FollowedNode, columns: Columns, by: (position: number) => number | undefined): Columns {
  for (const [position, column] of columns.at.entries()) {
    if (column === undefined) continue
    const value = by(position)
    if (value === undefined || Number.isNaN(value)) node.refuse(column, 'the model replaces it by a missing value')
    else node.handle(column, 'the model replaces it')
  }
  return withoutMissing(columns)
}

export function descendTrees(node: FollowedNode): Columns | undefined {
  const [columns] = node.inputs
  // The inputs of these trees are integers, which cannot be missing.
  if (!columns || !hasMissing(columns)) return NO_COLUMNS
  const { isRecorded, equated } = readTreeRecord(node.source, node.node, node.producer)
  for (const [position, column] of columns.at.entries()) {
    if (column === undefined) continue
    if (!isRecorded) node.refuse(column, 'the trees of the model do not record where it goes')
    else if (columns.isPlaced ? equated.has(position) : equated.size > 0) {
      node.refuse(column, 'the trees of the model compare it for equality')
    } else node.handle(column, 'the trees of the model record where it goes')
  }
  return NO_COLUMNS
}

/** The fault of a linear operator whose weights do not match its columns. */
export const STRAY_WEIGHTS = 'has weights for other columns than it gets'

/**
 * Follows a linear model. skl2onnx loses the columns of `SimpleImputer(add_indicator=True)` that mark missing values, but
 * keeps their weights. The weights of all classes after the first are then in the wrong place.
 */
export function weigh(node: FollowedNode): Columns | undefined {
  const [columns] = node.inputs
  if (!columns || hasMissing(columns)) return undefined
  const places = placeAttributes(node.source, node.node)
  const countOf = (name: string): number => {
    const list = places.get(name)
    return list ? count(floatsIn(node.source, list)) : 0
  }
  const isRegressor = node.node.operator === 'LinearRegressor'
  const rows = isRegressor ? integerOf(node.attributes(), 'targets', 1) : countOf('intercepts')
  if (columns.isPlaced && countOf('coefficients') !== rows * columns.at.length) {
    node.refuseAll(`the operator ${node.node.operator} ${STRAY_WEIGHTS}`)
  }
  return NO_COLUMNS
}

function count(values: Iterator<number>): number {
  let found = 0
  while (!values.next().done) found++
  return found
}
