import { promisify } from 'node:util'
import { pipeline } from 'node:stream'
import type { Readable } from 'node:stream'
import { createDeflate, createGzip, deflate, gunzip, gzip, inflate } from 'node:zlib'
import Negotiator from 'negotiator'
import { HttpError } from '../errors/http-error.ts'

// Node's functions take a limit for the decompressed size, so a small body cannot fill the memory.
const DECODERS = { gzip: promisify(gunzip), deflate: promisify(inflate) }
const ENCODERS = { gzip: promisify(gzip), deflate: promisify(deflate) }
const STREAMS = { gzip: createGzip, deflate: createDeflate }

export type Encoding = keyof typeof DECODERS

// Compressing a smaller body gains nothing.
export const MIN_BYTES = 1024

const OFFERED = ['gzip', 'deflate', 'identity']

/**
 * Decompresses a body.
 *
 * @param encoding The header `content-encoding`.
 * @throws HttpError 413 if the decompressed body is over the limit.
 * @throws HttpError 415 if the encoding is not supported.
 * @throws HttpError 400 if the compressed data is invalid.
 */
export async function decompress(body: Buffer, encoding: string | undefined, limitBytes: number): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? 'identity'
  if (name === 'identity' || name === '') return body
  if (!isEncoding(name)) {
    const text = `the content-encoding ${JSON.stringify(name.slice(0, 40))} is not supported: use gzip, deflate or none`
    throw new HttpError(415, 'UNSUPPORTED_ENCODING', text)
  }
  try {
    return await DECODERS[name](body, { maxOutputLength: limitBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new HttpError(413, 'BODY_TOO_LARGE', `the body is larger than ${limitBytes} bytes when it is decompressed`)
    }
    throw new HttpError(400, 'INVALID_INPUT', `the body is not valid ${name}`)
  }
}

/**
 * Chooses the encoding of an answer that the client prefers.
 *
 * @param accepted The header `accept-encoding`.
 * @param bytes The length of the answer.
 * @returns undefined if the answer should not be compressed.
 * @throws HttpError 406 if the client accepts no encoding of ours, not even the answer without compression.
 */
export function encodingFor(accepted: string | undefined, bytes: number): Encoding | undefined {
  const isSmall = bytes < MIN_BYTES
  // A client accepts an answer without compression, unless the header excludes it by its name or a star.
  if (accepted === undefined || (isSmall && !/identity|\*/i.test(accepted))) return undefined
  const names = new Negotiator({ headers: { 'accept-encoding': accepted } }).encodings(OFFERED)
  const [first] = names
  if (first === undefined) {
    const got = JSON.stringify(accepted.slice(0, 100))
    throw new HttpError(406, 'NOT_ACCEPTABLE', `expected an "accept-encoding" of ${OFFERED.join(', ')}, got ${got}`)
  }
  const name = isSmall && names.includes('identity') ? 'identity' : first
  return isEncoding(name) ? name : undefined
}

export function compressBody(body: string | Buffer, encoding: Encoding): Promise<Buffer> {
  return ENCODERS[encoding](body)
}

/** Compresses the bytes of a stream. An error of one stream ends the other. */
export function compressStream(source: Readable, encoding: Encoding): Readable {
  // The reader of the compressed stream gets an error as well, so this callback ignores it.
  return pipeline(source, STREAMS[encoding](), () => undefined)
}

function isEncoding(name: string): name is Encoding {
  return Object.hasOwn(DECODERS, name)
}
