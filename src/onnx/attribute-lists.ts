import { attributesOf } from './graph.ts'
import type { GraphNode } from './graph.ts'
import { fieldsOf, integersOf, readText } from './wire.ts'
import type { ByteSource, Range } from './wire.ts'

// Reads lists of any length, one element after the other: a forest has millions of nodes, and an attribute an element
// for each. Fields of AttributeProto, by number.
// @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const FIELD = { name: 1, floats: 7, ints: 8, strings: 9 } as const

/** Where each attribute of a node stands, by name. */
export function placeAttributes(source: ByteSource, node: GraphNode): ReadonlyMap<string, Range> {
  const places = new Map<string, Range>()
  for (const range of attributesOf(source, node)) {
    // Writers put the name first, so nothing of the list is read.
    for (const field of fieldsOf(source, range, 'an attribute')) {
      if (field.number !== FIELD.name || !field.isBytes) continue
      places.set(readText(source, field, 'the name of an attribute'), range)
      break
    }
  }
  return places
}

/** The integers of an attribute; integers beyond 2^53 come rounded. */
export function* integersIn(source: ByteSource, attribute: Range): Generator<number> {
  for (const field of fieldsOf(source, attribute, 'an attribute')) {
    if (field.number !== FIELD.ints) continue
    for (const value of integersOf(source, field, 'an attribute')) yield Number(value)
  }
}

/** The float32 of an attribute. */
export function* floatsIn(source: ByteSource, attribute: Range): Generator<number> {
  for (const { number, start, end } of fieldsOf(source, attribute, 'an attribute')) {
    if (number !== FIELD.floats) continue
    for (let at = start; at + 4 <= end; at += 4) yield Buffer.from(source.read(at, at + 4)).readFloatLE(0)
  }
}

/** The texts of an attribute. */
export function* textsIn(source: ByteSource, attribute: Range): Generator<string> {
  for (const field of fieldsOf(source, attribute, 'an attribute')) {
    if (field.number === FIELD.strings && field.isBytes) yield readText(source, field, 'a text of an attribute')
  }
}

/** True where an attribute lists a text. */
export function hasText(source: ByteSource, node: GraphNode, attribute: string, text: string): boolean {
  const place = placeAttributes(source, node).get(attribute)
  if (place) for (const each of textsIn(source, place)) if (each === text) return true
  return false
}
