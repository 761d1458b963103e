import { ServingError } from './errors.ts'

const ROW = /^rows\[(\d+)\]$/

/** Makes the error for a row that the model cannot compute. */
export function rowFailed(row: number, text: string): ServingError {
  const path = `rows[${row}]`
  return new ServingError('INFERENCE_FAILED', `${path}: ${text}`, [{ path, message: text }])
}

/**
 * Turns the error of a part of a request into an error of the whole request.
 *
 * @param from First row of the part.
 * @param rows Number of rows of the part. If it has only one, this row is at fault.
 */
export function asPartOf(error: ServingError, from: number, rows: number): ServingError {
  if (error.code !== 'INFERENCE_FAILED') return error
  const [detail] = error.details
  const row = ROW.exec(detail?.path ?? '')?.[1]
  if (row !== undefined) return rowFailed(from + Number(row), detail!.message)
  return rows === 1 ? rowFailed(from, error.message) : error
}
