import { ServingError } from './errors.ts'

const ROW = /^rows\[(\d+)\]$/

/** The error for one row of many that the model cannot compute. */
export function rowFailed(row: number, text: string): ServingError {
  const path = `rows[${row}]`
  return new ServingError('INFERENCE_FAILED', `${path}: ${text}`, [{ path, message: text }])
}

/**
 * The error of a part of a request, as one of the whole request.
 *
 * @param from The row of the request at which the part begins.
 * @param rows How many rows the part has. The only one is the one at fault.
 */
export function asPartOf(error: ServingError, from: number, rows: number): ServingError {
  if (error.code !== 'INFERENCE_FAILED') return error
  const [detail] = error.details
  const row = ROW.exec(detail?.path ?? '')?.[1]
  if (row !== undefined) return rowFailed(from + Number(row), detail!.message)
  return rows === 1 ? rowFailed(from, error.message) : error
}
