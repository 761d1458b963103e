import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BufferPool, OwnedBytes } from '../../core/buffer-pool.ts'
import { createBodyReader } from './body-reader.ts'
import { HttpError } from '../errors.ts'

const TYPES = ['application/json', 'text/csv']

/** Takes bodies as bytes: decoding them is the codec's, which must see the text. Refuses all other types. */
export function acceptBodies(app: FastifyInstance, buffers: BufferPool): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(TYPES, createBodyReader(buffers))
}

/** Takes bodies of any type, and of none, as bytes: what they are is for the protocol to say. */
export function acceptAnyBody(app: FastifyInstance, buffers: BufferPool): void {
  app.removeAllContentTypeParsers()
  // Found by their names sooner than by none.
  const types = [...TYPES, 'application/octet-stream', '*']
  app.addContentTypeParser(types, createBodyReader(buffers))
}

/** An `onRequest` hook: a content-type that is empty, or none at all by its form, is taken for one that was left out. */
export function passOverBrokenType(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const isBroken = request.mediaType === undefined && request.headers['content-type'] !== undefined
  if (isBroken) request.raw.headers['content-type'] = undefined
  done()
}

export function isCsv({ headers }: FastifyRequest): boolean {
  return headers['content-type']?.toLowerCase().startsWith('text/csv') ?? false
}

/**
 * What `text/csv; header=…` says.
 *
 * @see RFC 4180, section 3
 * @throws HttpError 400 when it says neither.
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

/** An `onRequest` hook: a compressed body is refused before it is read. */
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

/** The body as it came, possibly compressed; empty where there is none. */
export function bodyOf({ body }: FastifyRequest): Buffer {
  if (!body) return NO_BODY
  const { buffer, byteOffset, byteLength } = (body as OwnedBytes).bytes
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** Gives the memory of a body back. Neither it nor a tensor that is a view of it is read afterwards. */
export function releaseBody({ body }: FastifyRequest): void {
  ;(body as OwnedBytes | undefined)?.release()
}
