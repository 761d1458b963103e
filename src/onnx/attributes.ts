import { attributesOf } from './graph.ts'
import type { GraphNode } from './graph.ts'
import { checkCount, fieldsOf, integersOf, readText } from './wire.ts'
import type { ByteSource, Field, Range } from './wire.ts'

/** The value of one attribute. A single number or text is a list of one. */
interface Attribute {
  readonly integers: readonly number[]
  readonly floats: readonly number[]
  readonly texts: readonly string[]
  /** The place of its tensor in the file. */
  readonly tensor: Range | undefined
  /** The places of its graphs in the file. */
  readonly graphs: readonly Range[]
  /** True if a list has more than MAX_LIST elements. Only the first ones are kept. */
  readonly isCut: boolean
}

export type Attributes = ReadonlyMap<string, Attribute>

// A tree ensemble has lists of one element for each node of its trees. Nothing here needs more than the first.
const MAX_LIST = 1000
const MAX_ATTRIBUTES = 1000

// Fields of AttributeProto, and the values of AttributeProto.AttributeType.
// @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const FIELD = { name: 1, f: 2, i: 3, s: 4, t: 5, g: 6, floats: 7, ints: 8, strings: 9, graphs: 11, type: 20 } as const
const TYPE = { float: 1n, int: 2n, string: 3n } as const

interface Draft {
  name: string
  type: bigint
  tensor: Range | undefined
  isCut: boolean
  readonly integers: number[]
  readonly floats: number[]
  readonly texts: string[]
  readonly graphs: Range[]
}

/**
 * Reads the attributes of a node. Integers beyond 2^53 are rounded, because sizes and axes are never that large.
 *
 * @param wanted Names of the attributes to read. By default all are read. The lists of others are skipped.
 * @throws WireError if the node is no protobuf, or has more attributes than any operator.
 */
export function readAttributes(source: ByteSource, node: GraphNode, wanted?: readonly string[]): Attributes {
  const attributes = new Map<string, Attribute>()
  for (const range of attributesOf(source, node)) {
    if (wanted && !wanted.includes(readName(source, range))) continue
    const draft = readDraft(source, range)
    attributes.set(draft.name, draft)
    checkCount(attributes.size, MAX_ATTRIBUTES, 'attributes', 'a node')
  }
  return attributes
}

/** Returns the integer of an attribute, or `fallback` if the node does not have the attribute. */
export function integerOf(attributes: Attributes, name: string, fallback: number): number {
  return attributes.get(name)?.integers[0] ?? fallback
}

/** Exporters write the name first, so a long list behind it is not read. */
function readName(source: ByteSource, range: Range): string {
  for (const field of fieldsOf(source, range, 'an attribute')) {
    if (field.number === FIELD.name && field.isBytes) return readText(source, field, 'the name of an attribute')
  }
  return ''
}

function readDraft(source: ByteSource, range: Range): Draft {
  const draft: Draft = {
    name: '',
    type: 0n,
    tensor: undefined,
    isCut: false,
    integers: [],
    floats: [],
    texts: [],
    graphs: [],
  }
  for (const field of fieldsOf(source, range, 'an attribute')) {
    if (field.isBytes) readBytesField(source, field, draft)
    else readNumberField(source, field, draft)
  }
  addElidedZero(draft)
  return draft
}

function readNumberField(source: ByteSource, field: Field, draft: Draft): void {
  if (field.number === FIELD.type) draft.type = field.value
  else if (field.number === FIELD.i || field.number === FIELD.ints) addDraftIntegers(source, field, draft)
  else if (field.number === FIELD.f || field.number === FIELD.floats) addFloats(source, field, draft)
}

function readBytesField(source: ByteSource, field: Field, draft: Draft): void {
  const { number, start, end } = field
  if (number === FIELD.name) draft.name = readText(source, field, 'the name of an attribute')
  else if (number === FIELD.t) draft.tensor = { start, end }
  else if (number === FIELD.g || number === FIELD.graphs) draft.graphs.push({ start, end })
  else if (number === FIELD.ints) addDraftIntegers(source, field, draft)
  else if (number === FIELD.floats) addFloats(source, field, draft)
  else if (number === FIELD.s || number === FIELD.strings) {
    if (hasRoom(draft.texts, draft)) draft.texts.push(readText(source, field, draft.name))
  }
}

function addDraftIntegers(source: ByteSource, field: Field, draft: Draft): void {
  for (const value of integersOf(source, field, draft.name)) {
    if (!hasRoom(draft.integers, draft)) return
    draft.integers.push(Number(value))
  }
}

/** Adds a packed list of float32, or a single one. */
function addFloats(source: ByteSource, { start, end }: Field, draft: Draft): void {
  for (let at = start; at + 4 <= end && hasRoom(draft.floats, draft); at += 4) {
    draft.floats.push(Buffer.from(source.read(at, at + 4)).readFloatLE(0))
  }
}

function hasRoom(list: readonly unknown[], draft: Draft): boolean {
  if (list.length < MAX_LIST) return true
  draft.isCut = true
  return false
}

/** Writers of proto3 omit a single zero or an empty text. The type of the attribute shows that it was there. */
function addElidedZero({ type, integers, floats, texts }: Draft): void {
  if (type === TYPE.int && integers.length === 0) integers.push(0)
  if (type === TYPE.float && floats.length === 0) floats.push(0)
  if (type === TYPE.string && texts.length === 0) texts.push('')
}
