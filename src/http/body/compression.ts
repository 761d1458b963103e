import { promisify } from 'node:util'
import { pipeline } from 'node:stream'
import type { Readable } from 'node:stream'
import { createDeflate, createGzip, deflate, gunzip, gzip, inflate } from 'node:zlib'
import Negotiator from 'negotiator'
import { HttpError } from '../errors.ts'

// Node's own, so that a body is never larger than it may be, whatever it says of itself.
const DECODERS = { gzip: promisify(gunzip), deflate: promisify(inflate) }
const ENCODERS = { gzip: promisify(gzip), deflate: promisify(deflate) }
const STREAMS = { gzip: createGzip, deflate: createDeflate }

export type Encoding = keyof typeof DECODERS

// What is smaller gains nothing.
export const MIN_BYTES = 1024

const OFFERED = ['gzip', 'deflate', 'identity']

/**
 * Takes a body out of its content-encoding.
 *
 * @throws HttpError 413 when it comes out larger than the limit, 415 for other encodings, 400 when it is broken.
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
 * The encoding for an answer that the client prefers, if one is worth it.
 *
 * @throws HttpError 406 when the client takes none, not even the plain answer.
 */
export function encodingFor(accepted: string | undefined, bytes: number): Encoding | undefined {
  const isSmall = bytes < MIN_BYTES
  // Without its name, or a star, the plain answer is always taken.
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

export function compress(body: string | Buffer, encoding: Encoding): Promise<Buffer> {
  return ENCODERS[encoding](body)
}

/** Compresses what a stream brings. Either stream ends with the other. */
export function compressStream(source: Readable, encoding: Encoding): Readable {
  // Whoever reads the compressed stream gets the error as well.
  return pipeline(source, STREAMS[encoding](), () => undefined)
}

function isEncoding(name: string): name is Encoding {
  return Object.hasOwn(DECODERS, name)
}
