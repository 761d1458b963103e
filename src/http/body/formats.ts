import type { FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import type { V1Format } from '../../protocols/v1/v1.ts'
import { HttpError } from '../errors.ts'

const FORMATS: Readonly<Record<string, V1Format>> = {
  'application/json': 'json',
  'text/csv': 'csv',
  'application/jsonlines': 'lines',
  'application/jsonl': 'lines',
  'application/x-ndjson': 'lines',
}

const JSON_TYPE = 'application/json'

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

/**
 * The types in which an answer may be written, by what the client prefers.
 *
 * @throws HttpError 406 when there is none.
 */
export function acceptedTypes(request: FastifyRequest): readonly string[] {
  // An empty header says nothing.
  const types = request.headers.accept === '' ? [JSON_TYPE] : new Negotiator(request).mediaTypes(Object.keys(FORMATS))
  if (types.length === 0) throw notAcceptable(request, listed())
  return types
}

/** The formats of types, in their order. */
export function formatsOf(types: readonly string[]): V1Format[] {
  return types.map((type) => FORMATS[type]!)
}

/**
 * The header for an answer in this format: the type that the client prefers.
 *
 * @param format Undefined where the answer has none of the forms that are accepted.
 * @throws HttpError 406
 */
export function typeOf(request: FastifyRequest, types: readonly string[], format: V1Format | undefined): string {
  const type = types.find((each) => FORMATS[each] === format)
  if (type === undefined) throw notAcceptable(request, `${JSON_TYPE}, as tensors have no other form`)
  return type === 'text/csv' ? `${type}; charset=utf-8` : type
}

function notAcceptable({ headers: { accept = '' } }: FastifyRequest, expected: string): HttpError {
  const got = JSON.stringify(accept.slice(0, 100))
  return new HttpError(406, 'NOT_ACCEPTABLE', `expected an "accept" of ${expected}, got ${got}`)
}

function mediaType(value: string): string {
  return value.split(';')[0]!.trim().toLowerCase()
}

function listed(): string {
  return Object.keys(FORMATS).slice(0, 3).join(', ')
}
