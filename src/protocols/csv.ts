import { isUtf8 } from 'node:buffer'
import Papa from 'papaparse'
import { DATA_TYPES } from '../core/datatypes.ts'
import type { Feature, ModelView } from '../core/model-view.ts'
import type { Tensors } from '../core/tensor.ts'
import { createTable, toColumns } from './feature-rows.ts'
import type { Table } from './feature-rows.ts'
import { Problems, invalid } from './problems.ts'
import { checkFixedRows, checkRowCount } from './row-limits.ts'

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const INTEGER = /^[+-]?\d{1,20}$/

/** Whether the first line has the names of the features; it is looked at where nobody says. */
export type CsvHeader = 'present' | 'absent' | 'sought'

/**
 * Turns CSV into the model's inputs: a header with the names of the features in any order, then one line a row. Without a
 * header, the cells of a row are in column order. An empty cell is a missing value.
 *
 * @see RFC 4180
 * @throws ServingError INVALID_INPUT
 */
export function decodeCsv(body: Buffer, model: ModelView, header: CsvHeader): Tensors {
  const lines = parseCsv(body, model)
  if (model.features.length === 0) throw invalid('', 'this model has no features that columns of a CSV could be')
  const isHeadless = header === 'absent' || (header === 'sought' && isRow(lines[0], model))
  const rows = isHeadless ? lines : lines.slice(1)
  if (rows.length === 0) {
    throw invalid('', isHeadless ? 'expected rows' : 'expected a header with the names of the features, and rows')
  }
  checkRowCount(rows.length, '', model)
  checkFixedRows(rows.length, '', model)
  const problems = new Problems()
  const columns = isHeadless ? model.features : toColumns(lines[0]!, model, 'header', problems)
  if (!problems.isEmpty) throw problems.toError()
  const table = createTable(model, rows.length, body.length)
  for (let row = 0; row < rows.length && !problems.isFull; row++) {
    const cells = rows[row]!
    if (cells.length === columns.length) writeCells(cells, row, columns, table, problems)
    else {
      const like = isHeadless ? ', one for each feature' : ' as in the header'
      problems.add(`rows[${row}]`, `expected ${columns.length} cells${like}, got ${cells.length}`)
    }
  }
  if (!problems.isEmpty) throw problems.toError()
  return table.toInputs()
}

/** Whether the first line is no header: as many cells as there are features, none of which is the name of one. */
function isRow(cells: readonly string[] | undefined, { features, featureIndex }: ModelView): boolean {
  return cells?.length === features.length && !cells.some((cell) => featureIndex.has(cell))
}

function writeCells(
  cells: readonly string[],
  row: number,
  columns: readonly (Feature | undefined)[],
  table: Table,
  problems: Problems,
): void {
  for (let index = 0; index < cells.length; index++) {
    const feature = columns[index]
    const problem = feature && table.write(feature, row, toValue(cells[index]!, feature))
    if (problem) problems.add(`rows[${row}].${feature.name}`, problem)
  }
}

function parseCsv(body: Buffer, { features, maxRows }: ModelView): string[][] {
  if (!isUtf8(body)) throw invalid('', 'the body is not valid UTF-8')
  const marked = body.toString()
  const text = withPlainLineEnds(marked.startsWith('\uFEFF') ? marked.slice(1) : marked)
  const { data, errors } = Papa.parse<string[]>(text, {
    delimiter: ',',
    // The library guesses where there is none.
    ...(text.includes('\n') && { newline: '\n' as const }),
    // Whatever is beyond the limit is not read.
    preview: maxRows + 2,
    skipEmptyLines: features.length > 1,
  })
  const [error] = errors
  if (error) throw invalid(`line ${(error.row ?? 0) + 1}`, `the body is not valid CSV: ${error.message}`)
  // A line break at the end is no row.
  if (data.at(-1)?.length === 1 && data.at(-1)?.[0] === '') data.pop()
  return data
}

// A quote opens a cell only at its beginning: within a cell, as in 5" pipe, it is one like any other.
const QUOTED_OR_LINE_END = /(?<=^|[,\n])"[^"]*(?:""[^"]*)*"|\r\n/g

/** Lines may end in either way, and in both: quoted cells keep what they hold. */
function withPlainLineEnds(text: string): string {
  if (!text.includes('\r\n')) return text
  return text.replace(QUOTED_OR_LINE_END, (part) => (part === '\r\n' ? '\n' : part))
}

/** The value that JSON would have; what is none stays text, and is refused with it. */
function toValue(cell: string, { type, dataType }: Feature): unknown {
  if (cell === '') return null
  if (type === 'boolean') return toBoolean(cell)
  if (type === 'number') return NUMBER.test(cell) ? Number(cell) : cell
  if (type !== 'integer' || !INTEGER.test(cell)) return cell
  // Digits of 64 bits are read as they stand.
  return DATA_TYPES[dataType].kind === 'integer' && !Number.isSafeInteger(Number(cell)) ? BigInt(cell) : Number(cell)
}

function toBoolean(cell: string): unknown {
  const lower = cell.toLowerCase()
  return lower === 'true' || (lower === 'false' ? false : cell)
}
