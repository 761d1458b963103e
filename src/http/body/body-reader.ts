import { errorCodes } from 'fastify'
import type { FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { BufferPool, OwnedBytes } from '../../core/buffer-pool.ts'

type Done = (error: Error | null, body?: OwnedBytes) => void

/**
 * Makes a content type parser that reads a body into a buffer of the pool. The request owns that buffer.
 *
 * It fails with the same errors as Fastify's own parser. While a body arrives, it takes only the memory of the bytes that
 * have arrived, and not of the length that the client declared. The bytes behind a JSON head start at a multiple of 8, so
 * that the runtime can read the first binary tensor without a copy.
 */
export function createBodyReader(buffers: BufferPool) {
  return (request: FastifyRequest, payload: IncomingMessage, done: Done): void => {
    const limitBytes = request.routeOptions.bodyLimit
    const declaredBytes = Number(request.headers['content-length'])
    if (declaredBytes > limitBytes) return done(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE())
    const padding = paddingFor(Number(request.headers['inference-header-content-length'] ?? 0))
    const chunks: Buffer[] = []
    let receivedBytes = 0

    const end = (error: Error | null): void => {
      payload.off('data', onData).off('end', onEnd).off('error', onError)
      if (error) return done(error)
      // The decoder needs all bytes in one buffer with this padding, so even a single chunk is copied.
      done(null, buffers.concat(chunks, padding))
    }
    const onData = (chunk: Buffer): void => {
      receivedBytes += chunk.length
      chunks.push(chunk)
      if (receivedBytes > limitBytes) end(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE())
    }
    const onEnd = (): void => {
      const isCutOff = !Number.isNaN(declaredBytes) && receivedBytes !== declaredBytes
      end(isCutOff ? new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH() : null)
    }
    // Usually the connection broke. The status is 400, because the server is not at fault. An HttpError keeps its own status.
    const onError = (error: Error): void => end(Object.assign(error, { statusCode: 400 }))
    payload.on('data', onData).on('end', onEnd).on('error', onError)
  }
}

/** The number of bytes to put before the head, so that the bytes behind it start at a multiple of 8. */
function paddingFor(headBytes: number): number {
  return Number.isSafeInteger(headBytes) && headBytes > 0 ? (8 - (headBytes % 8)) % 8 : 0
}
