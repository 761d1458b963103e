import type { Column } from './columns.ts'

/** The result for one column: a graph handles its missing values (NaN), or is not known to. */
export interface MissingProof {
  /** True if the graph handles a missing value on every path to an output. */
  readonly isHandled: boolean
  /** The way in which the graph handles it, or the obstacle. A clause in which `it` means the missing value. */
  readonly reason: string
}

/** By the name of a float input: one proof for each column. If the number of columns is free, one proof for all. */
export type MissingProofs = ReadonlyMap<string, readonly MissingProof[]>

/** Collects the proofs of all columns of the inputs. */
export class ColumnProofs {
  readonly #inputs = new Map<string, readonly Column[]>()
  readonly #handled: (string | undefined)[] = []
  readonly #refused: (string | undefined)[] = []

  get count(): number {
    return this.#handled.length
  }

  /** Starts to follow the columns of an input. */
  add(input: string, width: number): readonly Column[] {
    const columns = Array.from({ length: width }, (_, index) => this.count + index)
    this.#inputs.set(input, columns)
    this.#handled.push(...columns.map(() => undefined))
    return columns
  }

  readonly handle = (column: Column, how: string): void => {
    this.#handled[column] ??= how
  }

  /** Only the first reason is kept. */
  readonly refuse = (column: Column, why: string): void => {
    this.#refused[column] ??= why
  }

  readonly refuseAll = (why: string): void => {
    for (let column = 0; column < this.count; column++) this.refuse(column, why)
  }

  byInput(): MissingProofs {
    return new Map(Array.from(this.#inputs, ([name, columns]) => [name, columns.map((column) => this.#proof(column))]))
  }

  #proof(column: Column): MissingProof {
    const refused = this.#refused[column]
    const handled = this.#handled[column]
    if (refused === undefined && handled !== undefined) return { isHandled: true, reason: handled }
    return { isHandled: false, reason: refused ?? 'no part of the model is known to handle it' }
  }
}
