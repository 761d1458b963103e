import type { Column } from './columns.ts'

/** What a graph does with a missing value (NaN) of one column. */
export interface MissingProof {
  /** True when the graph handles it on every way to an output. */
  readonly isHandled: boolean
  /** How it is handled, or why that is not known: a clause in which `it` is the missing value. */
  readonly reason: string
}

/** By name of an input of floats: a proof for each column, or one for all where their number is free. */
export type MissingProofs = ReadonlyMap<string, readonly MissingProof[]>

/** What was found of each column of the inputs. */
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

  /** The first reason stays. */
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
