import { isUtf8 } from 'node:buffer'
import Papa from 'papaparse'
import { toExactInteger } from '../../json/exact-integer.ts'
import type { FeatureType } from '../../core/feature.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Tensors } from '../../core/tensor.ts'
import type { RowTarget } from './feature-rows.ts'
import { matchColumns } from './header.ts'
import { InputProblems, invalid } from '../../json/input-problems.ts'
import { checkFixedRows, checkRowCount } from './row-limits.ts'
import { createTable } from './table.ts'

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const INTEGER = /^[+-]?\d{1,15}$/

/** Whether the first line has the names of the features; it is looked at where nobody says. */
export type CsvHeader = 'present' | 'absent' | 'sought'

/**
 * Turns CSV into the model's inputs: a header with the names of the features in any order, then one line a row. Without a
 * header, the cells of a row are in column order. An empty cell is a missing value, and so is `NA` or the like in a column
 * that holds no strings.
 *
 * @see RFC 4180
 * @throws ServingError INVALID_INPUT
 */
export function decodeCsv(body: Buffer, model: ModelView, header: CsvHeader): Tensors {
  const lines = parseCsv(body, model)
  if (model.features.length === 0) throw invalid('', 'this model has no features that columns of a CSV could be')
  const isHeadless = header === 'absent' || (header === 'sought' && looksLikeRow(lines[0], model))
  const rows = isHeadless ? lines : lines.slice(1)
  if (rows.length === 0) {
    throw invalid('', isHeadless ? 'expected rows' : 'expected a header with the names of the features, and rows')
  }
  checkRowCount(rows.length, '', model)
  checkFixedRows(rows.length, '', model)
  const problems = new InputProblems()
  const reading = { model, textLength: body.length, problems }
  const columns = isHeadless ? model.features : matchColumns(lines[0]!, 'header', reading)
  if (!problems.isEmpty) throw problems.toError()
  const table = createTable(reading, rows.length)
  const target = { reading, table, columns, pathOf: (row: number) => `rows[${row}]` }
  for (let row = 0; row < rows.length && !problems.isFull; row++) {
    const cells = rows[row]!
    if (cells.length === columns.length) writeCells(cells, row, target)
    else {
      const like = isHeadless ? ', one for each feature' : ' as in the header'
      problems.add(target.pathOf(row), `expected ${columns.length} cells${like}, got ${cells.length}`)
    }
  }
  if (!problems.isEmpty) throw problems.toError()
  return table.toInputs()
}

/** Whether the first line is no header: as many cells as there are features, none the name of one, nor all alike to names. */
function looksLikeRow(cells: readonly string[] | undefined, { features, featureIndex }: ModelView): boolean {
  if (cells?.length !== features.length || cells.some((cell) => featureIndex.has(cell))) return false
  return !cells.every((cell) => !NUMBER.test(cell.trim()) && featureIndex.find(cell) !== undefined)
}

function writeCells(cells: readonly string[], row: number, { reading, table, columns, pathOf }: RowTarget): void {
  for (let index = 0; index < cells.length; index++) {
    const feature = columns[index]
    const problem = feature && table.write(feature, row, toCellValue(cells[index]!, feature.type))
    if (problem) reading.problems.add(`${pathOf(row)}.${feature.name}`, problem)
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

// What pandas, R, spreadsheets and databases write for a value that is missing.
const MISSING = /^(?:[+-]?nan|<na>|#?na|#?n\/a|null|none|nat)?$/i

/**
 * The value that JSON would have; a text that is none stays text, and is refused with it. Spaces around a value mean
 * nothing, and several texts say that it is missing. Columns of strings alone keep both as they are.
 */
function toCellValue(cell: string, type: FeatureType): unknown {
  if (type === 'string') return cell === '' ? null : cell
  // Most cells are numbers without spaces.
  if (type === 'number' && NUMBER.test(cell)) return Number(cell)
  if (type === 'integer' && INTEGER.test(cell)) return Number(cell)
  const text = cell.trim()
  if (MISSING.test(text)) return null
  return READERS[type](text) ?? text
}

/** undefined for a text that is none of the type. */
const READERS: Readonly<Record<Exclude<FeatureType, 'string'>, (text: string) => unknown>> = {
  number: (text) => (NUMBER.test(text) ? Number(text) : undefined),
  integer: toExactInteger,
  boolean: toBoolean,
  date: (text) => text,
  datetime: (text) => text,
}

function toBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase()
  return lower === 'true' || (lower === 'false' ? false : undefined)
}
