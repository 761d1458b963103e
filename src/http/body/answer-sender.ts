import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { BufferPool } from '../../core/buffer-pool.ts'
import type { HeldAnswers } from '../../core/held-answers.ts'
import type { Turns } from '../../core/turns.ts'
import { joinPieces } from '../../protocols/text-answer.ts'
import type { TextAnswer } from '../../protocols/text-answer.ts'
import { compressBody, compressStream } from './compression.ts'
import type { Encoding } from './compression.ts'
import { takeBytes, writeSlices } from './text-slices.ts'

// A shorter answer is written in one go, because that takes less than a millisecond.
const SHORT_BYTES = 2 ** 14
// A longer answer is sent as a stream. A text is sent while it is written, so its length is not known when its headers are
// sent.
const BUFFERED_BYTES = 2 ** 20
// A long answer takes memory until its client has read it. A client that reads nothing for this time is disconnected.
const MAX_UNREAD_MS = 60_000

/** Chooses the content-encoding of a body with this number of bytes. */
export type EncodingChoice = (bytes: number) => Encoding | undefined

/** An answer of text, with binary data behind it. */
export interface MixedAnswer {
  readonly head: TextAnswer
  readonly binary: readonly Uint8Array[]
  /** Called with the length of the text, in bytes, before anything is sent. */
  readonly setHeadBytes: (bytes: number) => void
}

const noEncoding: EncodingChoice = () => undefined

/**
 * Sends answers. A long answer is written in slices, each in a turn of the event loop. The slices of a very long answer
 * are sent one by one, as fast as the client reads them.
 */
export class AnswerSender {
  readonly #turns: Turns
  readonly #held: HeldAnswers
  readonly #buffers: BufferPool

  constructor(turns: Turns, held: HeldAnswers, buffers: BufferPool) {
    this.#turns = turns
    this.#held = held
    this.#buffers = buffers
  }

  /**
   * @throws ServingError QUEUE_FULL if too many bytes of long answers wait for their clients to read them.
   * @throws HttpError 406 if `encodingFor` finds no encoding.
   */
  async sendText(reply: FastifyReply, answer: TextAnswer, encodingFor = noEncoding): Promise<FastifyReply> {
    if (answer.maxBytes <= SHORT_BYTES) return sendBody(reply, joinPieces(answer.pieces), encodingFor)
    this.#hold(reply, answer.maxBytes)
    const slices = writeSlices(answer.pieces, this.#turns)
    const { taken, isAll } = await takeBytes(slices, BUFFERED_BYTES)
    if (isAll) return sendBody(reply, Buffer.concat(taken), encodingFor)
    return sendStream(reply, chain(taken, slices), encodingFor)
  }

  /** @throws The errors of `sendText`. */
  async sendMixed(reply: FastifyReply, answer: MixedAnswer, encodingFor = noEncoding): Promise<FastifyReply> {
    const { head, binary, setHeadBytes } = answer
    const maxBytes = head.maxBytes + totalBytes(binary)
    if (maxBytes > SHORT_BYTES) this.#hold(reply, maxBytes)
    // A header holds the length of the text, so the whole text is written first.
    const text = await this.#writeAll(head)
    setHeadBytes(totalBytes(text))
    const chunks = [...text, ...binary]
    if (totalBytes(chunks) <= BUFFERED_BYTES) return sendBody(reply, this.#join(reply, chunks), encodingFor)
    return sendStream(reply, chunks, encodingFor, totalBytes(chunks))
  }

  async #writeAll({ maxBytes, pieces }: TextAnswer): Promise<readonly Buffer[]> {
    if (maxBytes <= SHORT_BYTES) return [Buffer.from(joinPieces(pieces))]
    return (await takeBytes(writeSlices(pieces, this.#turns), Infinity)).taken
  }

  /** Joins the chunks in a buffer of the pool, and gives it back when the answer is sent. */
  #join({ raw }: FastifyReply, chunks: readonly Uint8Array[]): Buffer {
    const owned = this.#buffers.concat(chunks)
    raw.once('finish', () => owned.release())
    return Buffer.from(owned.bytes.buffer, owned.bytes.byteOffset, owned.bytes.byteLength)
  }

  #hold({ raw }: FastifyReply, bytes: number): void {
    raw.once('close', this.#held.hold(bytes))
    raw.setTimeout(MAX_UNREAD_MS, () => raw.destroy())
  }
}

async function sendBody(
  reply: FastifyReply,
  body: string | Buffer,
  encodingFor: EncodingChoice,
): Promise<FastifyReply> {
  const encoding = encodingFor(body.length)
  if (!encoding) return reply.send(body)
  return reply.header('content-encoding', encoding).send(await compressBody(body, encoding))
}

/** @param bytes The length of all chunks, if it is known. */
function sendStream(
  reply: FastifyReply,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  encodingFor: EncodingChoice,
  bytes?: number,
): FastifyReply {
  const encoding = encodingFor(bytes ?? Infinity)
  const source = Readable.from(chunks, { objectMode: false })
  if (encoding) return reply.header('content-encoding', encoding).send(compressStream(source, encoding))
  if (bytes !== undefined) void reply.header('content-length', bytes)
  return reply.send(source)
}

function totalBytes(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0)
}

async function* chain(first: readonly Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  yield* first
  yield* rest
}
