import type { FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import type { V1Format } from '../../protocols/v1/v1.ts'
import { HttpError } from '../errors/http-error.ts'

const FORMATS: Readonly<Record<string, V1Format>> = {
  'application/json': 'json',
  'text/csv': 'csv',
  'application/jsonlines': 'lines',
  'application/jsonl': 'lines',
  'application/x-ndjson': 'lines',
}

const JSON_TYPE = 'application/json'

/**
 * Finds the format of a request's body by its content-type. Without a content-type, the format is JSON.
 *
 * @param otherwise The format of a body with an unknown content-type.
 * @throws HttpError 415 if the content-type is unknown and `otherwise` is absent.
 */
export function bodyFormatOf({ headers }: FastifyRequest, otherwise?: V1Format): V1Format {
  const type = headers['content-type']
  const format = type === undefined ? 'json' : (FORMATS[mediaType(type)] ?? otherwise)
  if (format) return format
  const got = JSON.stringify(type?.slice(0, 100))
  throw new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', `expected a content-type of ${listedTypes()}, got ${got}`)
}

/**
 * Lists the media types of the answer that the client accepts and the server can write. The preferred type is first.
 *
 * @throws HttpError 406 if the list would be empty.
 */
export function acceptedTypes(request: FastifyRequest): readonly string[] {
  // An empty header means the same as no header.
  const types = request.headers.accept === '' ? [JSON_TYPE] : new Negotiator(request).mediaTypes(Object.keys(FORMATS))
  if (types.length === 0) throw notAcceptable(request, listedTypes())
  return types
}

/** @param types Media types of `acceptedTypes`. The formats have the same order. */
export function formatsOf(types: readonly string[]): V1Format[] {
  return types.map((type) => FORMATS[type]!)
}

/**
 * The header `content-type` of an answer in this format: the first type in the list that has the format.
 *
 * @param types Media types of `acceptedTypes`.
 * @param format undefined if the answer cannot be written in an accepted format.
 * @throws HttpError 406 if no type in the list has the format.
 */
export function contentTypeOf(request: FastifyRequest, types: readonly string[], format: V1Format | undefined): string {
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

function listedTypes(): string {
  return Object.keys(FORMATS).slice(0, 3).join(', ')
}
