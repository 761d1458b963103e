import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { BufferPool } from '../../core/buffer-pool.ts'
import type { HeldAnswers } from '../../core/held-answers.ts'
import type { Turns } from '../../core/turns.ts'
import { joinPieces } from '../../protocols/text-answer.ts'
import type { TextAnswer } from '../../protocols/text-answer.ts'
import { compress, compressStream } from './compression.ts'
import type { Encoding } from './compression.ts'
import { takeBytes, writeSlices } from './text-slices.ts'

// A shorter answer is written at once: that takes less than a millisecond.
const SHORT_BYTES = 2 ** 14
// A longer answer leaves while it is written, so its length is not known beforehand.
const BUFFERED_BYTES = 2 ** 20
// A client that reads nothing for so long loses its answer, which takes memory until then.
const MAX_UNREAD_MS = 60_000

/** Chooses the content-encoding of a body of so many bytes. */
export type EncodingChoice = (bytes: number) => Encoding | undefined

/** Text with bytes behind it. */
export interface MixedAnswer {
  readonly head: TextAnswer
  readonly binary: readonly Uint8Array[]
  /** Is given the length of the text before anything is sent. */
  readonly setHeadBytes: (bytes: number) => void
}

const asItIs: EncodingChoice = () => undefined

/**
 * Sends answers. A long one is written in slices, each in a turn of the event loop. A very long one leaves slice by slice,
 * as fast as its client reads it.
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

  /** @throws ServingError QUEUE_FULL where too many long answers are not read yet; what `encodingFor` throws. */
  async sendText(reply: FastifyReply, answer: TextAnswer, encodingFor = asItIs): Promise<FastifyReply> {
    if (answer.maxBytes <= SHORT_BYTES) return sendBody(reply, joinPieces(answer.pieces), encodingFor)
    this.#hold(reply, answer.maxBytes)
    const slices = writeSlices(answer.pieces, this.#turns)
    const { taken, isAll } = await takeBytes(slices, BUFFERED_BYTES)
    if (isAll) return sendBody(reply, Buffer.concat(taken), encodingFor)
    return sendStream(reply, chain(taken, slices), encodingFor)
  }

  /** @throws As `sendText` does. */
  async sendMixed(reply: FastifyReply, answer: MixedAnswer, encodingFor = asItIs): Promise<FastifyReply> {
    const { head, binary, setHeadBytes } = answer
    const maxBytes = head.maxBytes + lengthOf(binary)
    if (maxBytes > SHORT_BYTES) this.#hold(reply, maxBytes)
    // The length of the text stands in a header, so all of it is written first.
    const text = await this.#writeAll(head)
    setHeadBytes(lengthOf(text))
    const chunks = [...text, ...binary]
    if (lengthOf(chunks) <= BUFFERED_BYTES) return sendBody(reply, this.#join(reply, chunks), encodingFor)
    return sendStream(reply, chunks, encodingFor, lengthOf(chunks))
  }

  async #writeAll({ maxBytes, pieces }: TextAnswer): Promise<readonly Buffer[]> {
    if (maxBytes <= SHORT_BYTES) return [Buffer.from(joinPieces(pieces))]
    return (await takeBytes(writeSlices(pieces, this.#turns), Infinity)).taken
  }

  /** Joins the chunks in memory that is used again once the answer has left. */
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
  return reply.header('content-encoding', encoding).send(await compress(body, encoding))
}

/** @param bytes The length of all chunks, where it is known. */
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

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0)
}

async function* chain(first: readonly Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  yield* first
  yield* rest
}
