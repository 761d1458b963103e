import type { Attributes } from './attributes.ts'
import type { GraphNode } from './graph.ts'
import type { SmallTensor } from './small-tensor.ts'
import type { ByteSource } from './wire.ts'

/** The number of an input column. Columns are numbered over all inputs that are followed. */
export type Column = number

/** The origin of the columns of a tensor [rows, columns]: the input column from which each comes. */
export interface Columns {
  /**
   * For each position, the input column whose missing values are still missing here. undefined if no value is missing
   * at this position. The rows are in the order of the request.
   */
  readonly at: readonly (Column | undefined)[]
  /** False if the positions are unknown. `at` then lists the columns in any order. */
  readonly isPlaced: boolean
  /** The name of another tensor, if this tensor says for each value of the other one that it is missing. */
  readonly missingOf?: string
}

export const NO_COLUMNS: Columns = { at: [], isPlaced: false }

/** True if any value of the tensor may be missing. */
export function hasMissing({ at }: Columns): boolean {
  return at.some((column) => column !== undefined)
}

/** Returns the same columns without missing values. */
export function withoutMissing({ at, isPlaced }: Columns): Columns {
  return { at: at.map(() => undefined), isPlaced }
}

/** Joins tensors side by side. undefined means a tensor of unknown width without missing values. */
export function joinColumns(parts: readonly (Columns | undefined)[]): Columns {
  const isPlaced = parts.every((part) => part?.isPlaced)
  return { at: parts.flatMap((part) => part?.at ?? []), isPlaced }
}

/** Picks the columns at these positions. -1 means the last one. @returns undefined if a position is unknown. */
export function pickColumns({ at, isPlaced }: Columns, positions: readonly number[]): Columns | undefined {
  const isKnown = positions.every((position) => position >= -at.length && position < at.length)
  if (!isPlaced || !isKnown) return undefined
  return { at: positions.map((position) => at.at(position)), isPlaced }
}

/** A node whose inputs are followed. */
export interface FollowedNode {
  readonly source: ByteSource
  readonly producer: string
  readonly node: GraphNode
  /** An input is undefined if it has an unknown width and no missing value. */
  readonly inputs: readonly (Columns | undefined)[]
  readonly attributes: () => Attributes
  /** Reads a small constant input. */
  readonly constant: (index: number) => SmallTensor | undefined
  /** Notes that the model handles a missing value of this column, and how. */
  readonly handle: (column: Column, how: string) => void
  /** Notes that the model is not known to handle a missing value of this column, and the reason. */
  readonly refuse: (column: Column, why: string) => void
  /** Refuses every column of the inputs, for the same reason. */
  readonly refuseAll: (why: string) => void
}

/** True if a constant is a single number, or has one number for each column. */
export function isForColumns({ shape }: SmallTensor, { at, isPlaced }: Columns): boolean {
  if (shape.length > 2 || (shape.length === 2 && shape[0] !== 1)) return false
  const width = shape.at(-1) ?? 1
  return width === 1 || (isPlaced && width === at.length)
}
