import { isUtf8 } from 'node:buffer'
import { invalid } from '../../json/input-problems.ts'
import { WIRE, eachElement, eachField, expectWire } from './wire-reader.ts'
import type { WireReader } from './wire-reader.ts'

// Reads ModelInferRequest of grpc/inference.proto. A general reader would make an object of each part, so a message of a few
// megabytes could take a hundred times as much memory. This reader limits the number of parts, and leaves elements as bytes.

/** A decoded message. Its buffers are views of the bytes of the message. */
export interface InferMessage {
  /** The bytes of the message. */
  readonly bytes: Buffer
  readonly modelName: string
  readonly modelVersion: string
  readonly id: string
  readonly parameters: Parameters
  readonly inputs: readonly InputMessage[]
  readonly outputs: readonly OutputMessage[]
  readonly rawInputs: readonly Buffer[]
}

export interface InputMessage {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  readonly parameters: Parameters
  /** InferTensorContents as bytes. */
  readonly contents: Buffer | undefined
}

interface OutputMessage {
  readonly name: string
  readonly parameters: Parameters
}

type Parameters = Record<string, unknown> | undefined

// The maximum number of inputs, outputs, parameters and dimensions together.
const MAX_PARTS = 2 ** 16

/**
 * @throws ServingError INVALID_INPUT if there are too many parts.
 * @throws Error if the bytes are no such message.
 */
export function readInferRequest(bytes: Buffer): InferMessage {
  const message = {
    bytes,
    modelName: '',
    modelVersion: '',
    id: '',
    parameters: undefined as Parameters,
    inputs: [] as InputMessage[],
    outputs: [] as OutputMessage[],
    rawInputs: [] as Buffer[],
  }
  let parts = 0
  const count = (): void => {
    if (++parts > MAX_PARTS) throw invalid('', `expected at most ${MAX_PARTS} inputs, outputs, parameters and sizes`)
  }
  eachField(bytes, (field, reader, wire) => {
    if (field < 1 || field > 7) return reader.skip(wire)
    expectWire(wire, WIRE.bytes)
    if (field === 1) message.modelName = textOf(reader)
    else if (field === 2) message.modelVersion = textOf(reader)
    else if (field === 3) message.id = textOf(reader)
    else {
      count()
      if (field === 4) message.parameters = withParameter(message.parameters, reader.bytes())
      else if (field === 5) message.inputs.push(readInput(reader.bytes(), count))
      else if (field === 6) message.outputs.push(readOutput(reader.bytes(), count))
      else message.rawInputs.push(reader.bytes())
    }
  })
  return message
}

function readInput(bytes: Buffer, count: () => void): InputMessage {
  const shape: number[] = []
  const input = {
    name: '',
    datatype: '',
    shape,
    parameters: undefined as Parameters,
    contents: undefined as Buffer | undefined,
  }
  const addSize = (reader: WireReader): void => {
    count()
    shape.push(reader.integer(true))
  }
  eachField(bytes, (field, reader, wire) => {
    if (field < 1 || field > 5) return reader.skip(wire)
    if (field === 3) return wire === WIRE.varint ? addSize(reader) : eachElement(reader, wire, addSize)
    expectWire(wire, WIRE.bytes)
    if (field === 1) input.name = textOf(reader)
    else if (field === 2) input.datatype = textOf(reader)
    else if (field === 4) {
      count()
      input.parameters = withParameter(input.parameters, reader.bytes())
    } else {
      const contents = reader.bytes()
      // A field that is sent twice is concatenated, as protocol buffers require.
      input.contents = input.contents ? Buffer.concat([input.contents, contents]) : contents
    }
  })
  return input
}

function readOutput(bytes: Buffer, count: () => void): OutputMessage {
  const output = { name: '', parameters: undefined as Parameters }
  eachField(bytes, (field, reader, wire) => {
    if (field !== 1 && field !== 2) return reader.skip(wire)
    expectWire(wire, WIRE.bytes)
    if (field === 1) output.name = textOf(reader)
    else {
      count()
      output.parameters = withParameter(output.parameters, reader.bytes())
    }
  })
  return output
}

/** @param bytes An entry of a map: a name, and InferParameter. */
function withParameter(parameters: Parameters, bytes: Buffer): Parameters {
  let name = ''
  let value: unknown
  eachField(bytes, (field, reader, wire) => {
    if (field !== 1 && field !== 2) return reader.skip(wire)
    expectWire(wire, WIRE.bytes)
    if (field === 1) name = textOf(reader)
    else value = readChoice(reader.bytes())
  })
  // Names come from the client, so the object has no prototype.
  const all: Parameters = parameters ?? (Object.create(null) as Record<string, unknown>)
  all[name] = value
  return all
}

/** Reads a `oneof`. The last field counts, as protocol buffers require. */
function readChoice(bytes: Buffer): unknown {
  let value: unknown
  eachField(bytes, (field, reader, wire) => {
    const choice = CHOICES[field]
    if (!choice) return reader.skip(wire)
    expectWire(wire, choice.wire)
    value = choice.read(reader)
  })
  return value
}

const CHOICES: Readonly<Record<number, { readonly wire: number; readonly read: (reader: WireReader) => unknown }>> = {
  1: { wire: WIRE.varint, read: (reader) => reader.integer(false) !== 0 },
  2: { wire: WIRE.varint, read: (reader) => reader.integer(true) },
  3: { wire: WIRE.bytes, read: textOf },
  4: { wire: WIRE.fixed64, read: (reader) => reader.double() },
  5: { wire: WIRE.varint, read: (reader) => reader.integer(false) },
}

function textOf(reader: WireReader): string {
  const bytes = reader.bytes()
  if (!isUtf8(bytes)) throw new RangeError('a text is not valid UTF-8')
  return bytes.toString()
}
