import type { Attributes } from './attributes.ts'
import type { GraphNode } from './graph.ts'
import type { SmallTensor } from './small-tensor.ts'
import type { ByteSource } from './wire.ts'

/** The column of an input, numbered over all inputs that are followed. */
export type Column = number

/** What is known of a tensor [rows, columns]: from which column of an input each of its columns comes. */
export interface Columns {
  /**
   * At each position the column whose missing values are still missing here; undefined where no value is missing. Rows
   * are in the order of the request.
   */
  readonly at: readonly (Column | undefined)[]
  /** False where the positions are unknown: `at` lists what the tensor holds then. */
  readonly isPlaced: boolean
  /** The tensor's name, where this one says of each of its values that it is missing. */
  readonly missingOf?: string
}

export const NO_COLUMNS: Columns = { at: [], isPlaced: false }

/** True where a missing value may stand somewhere. */
export function hasMissing({ at }: Columns): boolean {
  return at.some((column) => column !== undefined)
}

/** The same columns, none of which has a missing value. */
export function withoutMissing({ at, isPlaced }: Columns): Columns {
  return { at: at.map(() => undefined), isPlaced }
}

/** Tensors side by side; undefined stands for one of unknown width, in which no value is missing. */
export function joinColumns(parts: readonly (Columns | undefined)[]): Columns {
  const isPlaced = parts.every((part) => part?.isPlaced)
  return { at: parts.flatMap((part) => part?.at ?? []), isPlaced }
}

/** The columns at these positions, the last of which is -1; undefined where one is unknown. */
export function pickColumns({ at, isPlaced }: Columns, positions: readonly number[]): Columns | undefined {
  const isKnown = positions.every((position) => position >= -at.length && position < at.length)
  if (!isPlaced || !isKnown) return undefined
  return { at: positions.map((position) => at.at(position)), isPlaced }
}

/** A node, and what is known of its inputs. */
export interface FollowedNode {
  readonly source: ByteSource
  readonly producer: string
  readonly node: GraphNode
  /** undefined for a tensor of unknown width, in which no value is missing. */
  readonly inputs: readonly (Columns | undefined)[]
  readonly attributes: () => Attributes
  /** The numbers of an input that is a constant, if they are not too many. */
  readonly constant: (index: number) => SmallTensor | undefined
  /** Notes that the model handles a missing value of this column, and how. */
  readonly handle: (column: Column, how: string) => void
  /** Notes that it is not known to, and why. */
  readonly refuse: (column: Column, why: string) => void
  /** Notes that of no column. */
  readonly refuseAll: (why: string) => void
}

/** A single number, or one for each column. */
export function isForColumns({ shape }: SmallTensor, { at, isPlaced }: Columns): boolean {
  if (shape.length > 2 || (shape.length === 2 && shape[0] !== 1)) return false
  const width = shape.at(-1) ?? 1
  return width === 1 || (isPlaced && width === at.length)
}
