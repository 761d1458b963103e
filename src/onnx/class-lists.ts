import { attributesOf } from './graph.ts'
import type { GraphNode } from './graph.ts'
import { elementTypeName } from './value-info.ts'
import { fieldsOf, integersOf, readText } from './wire.ts'
import type { ByteSource, Field, Range } from './wire.ts'

/** The labels of a classifier, in the order of its probability columns. */
export type ClassLabels = readonly string[] | readonly bigint[]

// A label takes about forty bytes of memory. No classifier has so many classes.
const MAX_CLASSES = 100_000

/** Reads the integers or strings of an attribute. @returns undefined if it is absent, or has more than MAX_CLASSES. */
export function readList(source: ByteSource, node: GraphNode, name: string): ClassLabels | undefined {
  const field = `the attribute ${name}`
  for (const attribute of attributesOf(source, node)) {
    if (attributeName(source, attribute) !== name) continue
    const list = readLists(source, attribute, field, { integers: [8], texts: 9 })
    if (!list) return undefined
    if (list.texts.length > 0) return list.texts
    return list.integers.length > 0 ? list.integers : undefined
  }
  return undefined
}

/** Reads a small constant of integers or strings. */
export function readConstant(source: ByteSource, tensor: Range): ClassLabels | undefined {
  let [elementType, raw] = ['', undefined as Range | undefined]
  for (const part of fieldsOf(source, tensor, 'a constant')) {
    if (part.number === 2) elementType = elementTypeName(part.value)
    if (part.number === 9 && part.isBytes) raw = part
  }
  if (!['string', 'int32', 'int64'].includes(elementType)) return undefined
  const list = readLists(source, tensor, 'a constant', { integers: [5, 7], texts: 6 })
  if (elementType === 'string') return list?.texts
  return raw ? readRawLabels(source, raw, elementType) : list?.integers
}

interface Lists {
  readonly integers: bigint[]
  readonly texts: string[]
}

/** @returns undefined if there are more than MAX_CLASSES. */
function readLists(
  source: ByteSource,
  range: Range,
  name: string,
  numbers: { readonly integers: readonly number[]; readonly texts: number },
): Lists | undefined {
  const lists: Lists = { integers: [], texts: [] }
  for (const part of fieldsOf(source, range, name)) {
    if (numbers.integers.includes(part.number)) addLabelIntegers(source, part, name, lists.integers)
    if (part.number === numbers.texts && part.isBytes) lists.texts.push(readText(source, part, name))
    if (lists.integers.length > MAX_CLASSES || lists.texts.length > MAX_CLASSES) return undefined
  }
  return lists
}

function addLabelIntegers(source: ByteSource, field: Field, name: string, integers: bigint[]): void {
  for (const value of integersOf(source, field, name)) {
    if (integers.push(value) > MAX_CLASSES) return
  }
}

/** Exporters write the name first, so a long list behind it is not read. */
function attributeName(source: ByteSource, range: Range): string | undefined {
  for (const part of fieldsOf(source, range, 'an attribute')) {
    if (part.number === 1 && part.isBytes) return readText(source, part, 'the name of an attribute')
  }
  return undefined
}

function readRawLabels(source: ByteSource, { start, end }: Range, elementType: string): bigint[] | undefined {
  const size = elementType === 'int64' ? 8 : 4
  const count = Math.floor((end - start) / size)
  if (count > MAX_CLASSES) return undefined
  const bytes = Buffer.from(source.read(start, end))
  return Array.from({ length: count }, (_, index) => {
    return size === 8 ? bytes.readBigInt64LE(index * 8) : BigInt(bytes.readInt32LE(index * 4))
  })
}
