import { attributesOf } from './graph.ts'
import type { GraphNode } from './graph.ts'
import { fieldsOf, integersOf, readText } from './wire.ts'
import type { ByteSource, Range } from './wire.ts'

// Reads lists of any length, one element after the other. A forest has millions of nodes, and its attributes have one
// element for each node.

// Fields of AttributeProto, by number.
// @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const FIELD = { name: 1, floats: 7, ints: 8, strings: 9 } as const

/** Finds the place of each attribute of a node in the file, by name. */
export function placeAttributes(source: ByteSource, node: GraphNode): ReadonlyMap<string, Range> {
  const places = new Map<string, Range>()
  for (const range of attributesOf(source, node)) {
    // Exporters write the name first, so the list behind it is not read.
    for (const field of fieldsOf(source, range, 'an attribute')) {
      if (field.number !== FIELD.name || !field.isBytes) continue
      places.set(readText(source, field, 'the name of an attribute'), range)
      break
    }
  }
  return places
}

/** Reads the integers of an attribute. Integers beyond 2^53 are rounded. */
export function* integersIn(source: ByteSource, attribute: Range): Generator<number> {
  for (const field of fieldsOf(source, attribute, 'an attribute')) {
    if (field.number !== FIELD.ints) continue
    for (const value of integersOf(source, field, 'an attribute')) yield Number(value)
  }
}

/** Reads the float32 numbers of an attribute. */
export function* floatsIn(source: ByteSource, attribute: Range): Generator<number> {
  for (const { number, start, end } of fieldsOf(source, attribute, 'an attribute')) {
    if (number !== FIELD.floats) continue
    for (let at = start; at + 4 <= end; at += 4) yield Buffer.from(source.read(at, at + 4)).readFloatLE(0)
  }
}

/** Reads the texts of an attribute. */
export function* textsIn(source: ByteSource, attribute: Range): Generator<string> {
  for (const field of fieldsOf(source, attribute, 'an attribute')) {
    if (field.number === FIELD.strings && field.isBytes) yield readText(source, field, 'a text of an attribute')
  }
}

/** True if the list of an attribute has this text. */
export function hasText(source: ByteSource, node: GraphNode, attribute: string, text: string): boolean {
  const place = placeAttributes(source, node).get(attribute)
  if (place) for (const each of textsIn(source, place)) if (each === text) return true
  return false
}
