import type { FastifyRequest } from 'fastify'
import type { V1Format } from '../protocols/v1.ts'
import { HttpError } from './errors.ts'

const FORMATS: Readonly<Record<string, V1Format>> = {
  'application/json': 'json',
  'text/csv': 'csv',
  'application/jsonlines': 'lines',
  'application/jsonl': 'lines',
  'application/x-ndjson': 'lines',
}

export const MEDIA_TYPES: Readonly<Record<V1Format, string>> = {
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
  lines: 'application/jsonlines',
}

/**
 * How the body is written; JSON where nothing is said.
 *
 * @param otherwise What a type that is unknown stands for.
 * @throws HttpError 415 where it stands for nothing.
 */
export function formatOf({ headers }: FastifyRequest, otherwise?: V1Format): V1Format {
  const type = headers['content-type']
  const format = type === undefined ? 'json' : (FORMATS[mediaType(type)] ?? otherwise)
  if (format) return format
  const got = JSON.stringify(type?.slice(0, 100))
  throw new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', `expected a content-type of ${listed()}, got ${got}`)
}

/** How the answer is to be written: the first that is known of what the client accepts. @throws HttpError 406 */
export function acceptedOf({ headers: { accept } }: FastifyRequest): V1Format {
  if (accept === undefined || accept === '') return 'json'
  for (const type of accept.split(',').map(mediaType)) {
    const format = FORMATS[type] ?? (/^(\*|application)\/\*$/.test(type) ? 'json' : undefined)
    if (format) return format
  }
  throw new HttpError(
    406,
    'NOT_ACCEPTABLE',
    `expected an "accept" of ${listed()}, got ${JSON.stringify(accept.slice(0, 100))}`,
  )
}

function mediaType(value: string): string {
  return value.split(';')[0]!.trim().toLowerCase()
}

function listed(): string {
  return Object.keys(FORMATS).slice(0, 3).join(', ')
}
