import type { FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { BufferPool } from '../../../src/core/buffer-pool.ts'
import type { OwnedBytes } from '../../../src/core/buffer-pool.ts'
import { createBodyReader } from '../../../src/http/body/body-reader.ts'

const LARGE = 200_000

interface Options {
  /** The header `content-length`. */
  readonly declared?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly limit?: number
  readonly buffers?: BufferPool
}

function open({ declared, headers = {}, limit = 1_000_000, buffers = new BufferPool() }: Options = {}) {
  const all = declared === undefined ? headers : { ...headers, 'content-length': String(declared) }
  const request = { headers: all, routeOptions: { bodyLimit: limit } } as unknown as FastifyRequest
  const payload = new PassThrough()
  const body = new Promise<OwnedBytes>((resolve, reject) => {
    const done = (error: Error | null, read?: OwnedBytes): void => (error ? reject(error) : resolve(read!))
    createBodyReader(buffers)(request, payload as unknown as IncomingMessage, done)
  })
  return { payload, body }
}

async function readOne(buffers: BufferPool, bytes: Buffer): Promise<OwnedBytes> {
  const { payload, body } = open({ buffers })
  payload.end(bytes)
  return body
}

describe('a body is read', () => {
  test.each([
    ['with a content-length', 6],
    ['without a content-length', undefined],
  ])('a body %s is read from all of its chunks', async (_name, declared) => {
    const { payload, body } = open(declared === undefined ? {} : { declared })
    payload.write('abc')
    payload.end('def')
    expect(Buffer.from((await body).bytes).toString()).toBe('abcdef')
  })

  test('an empty body has no bytes', async () => {
    expect((await readOne(new BufferPool(), Buffer.alloc(0))).bytes).toHaveLength(0)
  })

  test.each([1, 7, 8, 13])('the bytes behind a head of %i bytes start at a multiple of 8', async (headBytes) => {
    const { payload, body } = open({ headers: { 'inference-header-content-length': String(headBytes) } })
    payload.end('a'.repeat(headBytes) + 'tensor')
    const { bytes } = await body
    expect((bytes.byteOffset + headBytes) % 8).toBe(0)
    expect(Buffer.from(bytes).toString()).toBe('a'.repeat(headBytes) + 'tensor')
  })

  test.each(['x', '-1', '1e400', ''])('a body with the invalid head length %j is read', async (headBytes) => {
    const { payload, body } = open({ headers: { 'inference-header-content-length': headBytes } })
    payload.end('abc')
    expect(Buffer.from((await body).bytes).toString()).toBe('abc')
  })

  test('a large body is read into the memory that another one gave back', async () => {
    const buffers = new BufferPool()
    const first = await readOne(buffers, Buffer.alloc(LARGE, 1))
    first.release()
    const second = await readOne(buffers, Buffer.alloc(LARGE, 2))
    expect(second.bytes.buffer).toBe(first.bytes.buffer)
    expect(Buffer.from(second.bytes)).toEqual(Buffer.alloc(LARGE, 2))
  })
})

describe('a body is refused', () => {
  test('a body whose content-length is over the limit is refused before it is read', async () => {
    await expect(open({ declared: 11, limit: 10 }).body).rejects.toMatchObject({ code: 'FST_ERR_CTP_BODY_TOO_LARGE' })
  })

  test('a body is refused as soon as it has more bytes than the limit', async () => {
    const { payload, body } = open({ limit: 10 })
    payload.write(Buffer.alloc(11))
    await expect(body).rejects.toMatchObject({ code: 'FST_ERR_CTP_BODY_TOO_LARGE' })
  })

  test.each([5, 7])('a body of 6 bytes with the content-length %i is refused', async (declared) => {
    const { payload, body } = open({ declared })
    payload.end('abcdef')
    await expect(body).rejects.toMatchObject({ code: 'FST_ERR_CTP_INVALID_CONTENT_LENGTH' })
  })

  test('a body whose connection breaks is refused with a status of the client', async () => {
    const { payload, body } = open({ declared: 6 })
    payload.destroy(new Error('aborted'))
    await expect(body).rejects.toMatchObject({ statusCode: 400 })
  })
})
