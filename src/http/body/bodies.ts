import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BufferPool, OwnedBytes } from '../../core/buffer-pool.ts'
import { createBodyReader } from './body-reader.ts'
import { HttpError } from '../errors/http-error.ts'

const TYPES = ['application/json', 'text/csv']

/** Reads bodies of JSON and CSV as bytes, because the codec must see the text. Other content types are refused. */
export function acceptBodies(app: FastifyInstance, buffers: BufferPool): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(TYPES, createBodyReader(buffers))
}

/** Reads bodies of any content type, or without one, as bytes. The protocol decides how to decode them. */
export function acceptAnyBody(app: FastifyInstance, buffers: BufferPool): void {
  app.removeAllContentTypeParsers()
  // Fastify finds these types sooner by their names than by the star.
  const types = [...TYPES, 'application/octet-stream', '*']
  app.addContentTypeParser(types, createBodyReader(buffers))
}

/** An `onRequest` hook that removes a content-type that is empty or malformed, as if the client had sent no such header. */
export function dropMalformedType(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const isMalformed = request.mediaType === undefined && request.headers['content-type'] !== undefined
  if (isMalformed) request.raw.headers['content-type'] = undefined
  done()
}

export function isCsv({ headers }: FastifyRequest): boolean {
  return headers['content-type']?.toLowerCase().startsWith('text/csv') ?? false
}

/**
 * Reads the parameter `header` of `text/csv; header=…`.
 *
 * @returns undefined if the content-type has no such parameter.
 * @throws HttpError 400 if the parameter has another value.
 * @see RFC 4180, section 3
 */
export function csvHeaderOf({ headers }: FastifyRequest): 'present' | 'absent' | undefined {
  const value = /;\s*header\s*=\s*"?([^";]*)/i
    .exec(headers['content-type'] ?? '')?.[1]
    ?.trim()
    .toLowerCase()
  if (value === undefined || value === 'present' || value === 'absent') return value
  const got = JSON.stringify(value.slice(0, 40))
  throw new HttpError(400, 'INVALID_INPUT', `content-type: expected header=present or header=absent, got header=${got}`)
}

/** An `onRequest` hook that refuses a compressed body before it is read. */
export function refuseCompressed(
  { headers }: FastifyRequest,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const encoding = headers['content-encoding']
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return done()
  const text = `the content-encoding ${JSON.stringify(encoding.slice(0, 40))} is not supported: send the body as it is`
  done(new HttpError(415, 'UNSUPPORTED_ENCODING', text))
}

const NO_BODY = Buffer.alloc(0)

/** The body as it arrived, possibly compressed. Empty if the request has no body. The request owns the memory. */
export function bodyOf({ body }: FastifyRequest): Buffer {
  if (!body) return NO_BODY
  const { buffer, byteOffset, byteLength } = (body as OwnedBytes).bytes
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** Gives the memory of a body back to the pool. The body, and every tensor that is a view of it, is invalid afterwards. */
export function releaseBody({ body }: FastifyRequest): void {
  ;(body as OwnedBytes | undefined)?.release()
}
