import { attributesOf } from '../graph.ts'
import type { GraphNode } from '../graph.ts'
import { WireError, fieldsOf, integersOf, readText } from '../wire.ts'
import type { ByteSource, Field, Range } from '../wire.ts'

// A file with more is too large to be computed inline.
const MAX_ELEMENTS = 200_000

// Fields of AttributeProto, by number.
// @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const FIELD = { name: 1, i: 3, ints: 8, strings: 9 } as const

/** The attributes of a node: its integers, and for each text 1 if it is `LEAF`, else 0. */
export type TreeLists = ReadonlyMap<string, readonly number[]>

/** Represents a text that is not `LEAF`. */
const BRANCH = 0
/** Represents the text `LEAF`. */
export const LEAF = 1

/**
 * Reads the lists of a tree ensemble. The runtime must read the same lists. So each attribute must begin with its name, and
 * no two attributes may have the same name.
 *
 * @throws WireError if an attribute breaks this rule, or a list is too long.
 */
export function readTreeLists(source: ByteSource, node: GraphNode): TreeLists {
  const lists = new Map<string, readonly number[]>()
  for (const attribute of attributesOf(source, node)) {
    const [name, list] = readTreeList(source, attribute)
    if (lists.has(name)) throw new WireError(`it has two attributes ${name}`)
    lists.set(name, list)
  }
  return lists
}

function readTreeList(source: ByteSource, attribute: Range): [name: string, list: number[]] {
  let name: string | undefined
  const list: number[] = []
  for (const field of fieldsOf(source, attribute, 'an attribute')) {
    if (field.number === FIELD.name) {
      if (name !== undefined || list.length > 0) throw new WireError('an attribute has two names')
      name = readText(source, field, 'the name of an attribute')
    } else if (name === undefined) throw new WireError('the name of an attribute is not in front')
    else addElements(source, field, list)
    if (list.length > MAX_ELEMENTS) throw new WireError(`${name} has more than ${MAX_ELEMENTS} elements`)
  }
  return [name ?? '', list]
}

function addElements(source: ByteSource, field: Field, list: number[]): void {
  if (field.number === FIELD.i || field.number === FIELD.ints) {
    for (const value of integersOf(source, field, 'an attribute')) {
      list.push(Number(value))
      if (list.length > MAX_ELEMENTS) return
    }
  } else if (field.number === FIELD.strings) list.push(isLeaf(source, field) ? LEAF : BRANCH)
}

function isLeaf(source: ByteSource, { start, end }: Range): boolean {
  return end - start === 4 && Buffer.from(source.read(start, end)).toString('latin1') === 'LEAF'
}
