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
import { createTable } from './row-table.ts'

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const INTEGER = /^[+-]?\d{1,15}$/

/** `present`: the first line has the names of the features. `sought`: the first line decides. */
export type CsvHeader = 'present' | 'absent' | 'sought'

/**
 * Turns CSV into the inputs of a model. A header has the names of the features in any order. Each further line is a row.
 * Without a header, the cells of a row are in column order. An empty cell is a missing value. Except in columns of strings,
 * so are texts such as `NA`.
 *
 * @see RFC 4180
 * @throws ServingError INVALID_INPUT that names each wrong cell.
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

/**
 * True if the first line is a row and no header. It has one cell for each feature, and no cell is exactly the name of a
 * feature. At least one cell is a number or differs from all names.
 */
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
    // Without this option, the library guesses the line ending.
    ...(text.includes('\n') && { newline: '\n' as const }),
    // Lines beyond the limit are not read.
    preview: maxRows + 2,
    skipEmptyLines: features.length > 1,
  })
  const [error] = errors
  if (error) throw invalid(`line ${(error.row ?? 0) + 1}`, `the body is not valid CSV: ${error.message}`)
  // The line break at the end does not begin a row.
  if (data.at(-1)?.length === 1 && data.at(-1)?.[0] === '') data.pop()
  return data
}

// A quote opens a cell only at the beginning of the cell. Elsewhere, as in `5" pipe`, it is an ordinary character.
const QUOTED_OR_LINE_END = /(?<=^|[,\n])"[^"]*(?:""[^"]*)*"|\r\n/g

/** Replaces CRLF by LF, except within quoted cells. A body may have both line endings. */
function withPlainLineEnds(text: string): string {
  if (!text.includes('\r\n')) return text
  return text.replace(QUOTED_OR_LINE_END, (part) => (part === '\r\n' ? '\n' : part))
}

// Texts that pandas, R, spreadsheets and databases write for a missing value.
const MISSING = /^(?:[+-]?nan|<na>|#?na|#?n\/a|null|none|nat)?$/i

/**
 * Converts a cell to the value that JSON would have. A cell that is no such value stays text, and is refused later. Spaces
 * around a value are ignored, and several texts mean a missing value. In columns of strings, only an
 * empty cell is missing, and other cells stay unchanged.
 */
function toCellValue(cell: string, type: FeatureType): unknown {
  if (type === 'string') return cell === '' ? null : cell
  // Most cells are numbers without spaces, so they are tried first.
  if (type === 'number' && NUMBER.test(cell)) return Number(cell)
  if (type === 'integer' && INTEGER.test(cell)) return Number(cell)
  const text = cell.trim()
  if (MISSING.test(text)) return null
  return READERS[type](text) ?? text
}

/** Each reader returns undefined for a text that is no value of its type. */
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
