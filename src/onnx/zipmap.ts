import { isDataType } from '../core/datatypes.ts'
import { readList } from './class-lists.ts'
import type { ClassLabels } from './class-lists.ts'
import type { Graph, GraphNode, PlacedValue } from './graph.ts'
import { bytesField, integerField, varint } from './wire.ts'
import type { ByteSource, Field, Range } from './wire.ts'

/** A range of a file, and the bytes that replace it. */
export interface Edit extends Range {
  readonly bytes: Uint8Array
}

interface Cut {
  readonly edits: readonly Edit[]
  /** The name in the file of each output that is removed, by the name of the tensor [rows, classes] that replaces it. */
  readonly fileNames: ReadonlyMap<string, string>
  /** The classes of the first ZipMap that is removed. */
  readonly labels: ClassLabels | undefined
  /** The types in words of the outputs that cannot be served, by name. They include tensors that the server cannot hold. */
  readonly left: ReadonlyMap<string, string>
}

const FLOAT = 1

/**
 * Removes ZipMap from a file. In exports of scikit-learn it turns a tensor into a map for each row. The tensor is faster and
 * easier to serve.
 *
 * The node is removed, and the tensor that went into it becomes the output, under its own name. Nothing else changes. A
 * ZipMap whose output feeds other nodes stays. Outputs with an element type that the server cannot hold are removed as
 * well, because the runtime would not load the file.
 *
 * @param graphField The field of the graph in the file. Its length changes.
 * @param hasExternalFiles True if the weights are in other files. Such a file is loaded from its path, so it is not changed.
 */
export function cutZipMaps(source: ByteSource, graph: Graph, graphField: Field, hasExternalFiles: boolean): Cut {
  const zipMaps = hasExternalFiles ? undefined : findRemovable(source, graph)
  const edits: Edit[] = []
  const fileNames = new Map<string, string>()
  const left = new Map<string, string>()
  let first: ClassLabels | undefined
  for (const output of graph.outputs) {
    const { name, type } = output
    const zipMap = zipMaps?.get(output)
    if (type.kind === 'tensor') {
      if (isHeld(type.elementType)) continue
      left.set(name, `tensor(${type.elementType})`)
      if (!hasExternalFiles) edits.push({ start: output.from, end: output.end, bytes: new Uint8Array() })
    } else if (zipMap) {
      const { node, tensor, labels } = zipMap
      fileNames.set(tensor, name)
      first ??= labels
      edits.push({ start: node.from, end: node.end, bytes: new Uint8Array() }, redeclare(output, tensor, labels.length))
    } else left.set(name, type.text)
  }
  return { edits: edits.length === 0 ? [] : withLength(graphField, edits), fileNames, labels: first, left }
}

/** A ZipMap, the tensor [rows, classes] that goes into it, and its classes. */
interface ZipMap {
  readonly node: GraphNode
  readonly tensor: string
  readonly labels: ClassLabels
}

/** Finds the ZipMaps that can be removed, by the outputs that they compute. */
function findRemovable(source: ByteSource, { nodes, outputs }: Graph): ReadonlyMap<PlacedValue, ZipMap> {
  const used = new Set<string>()
  for (const { inputs } of nodes) for (const name of inputs) used.add(name)
  const zipMapOf = new Map(nodes.filter(isZipMap).map((node) => [node.outputs[0], node]))
  const declared = new Set(outputs.map(({ name }) => name))
  const found = new Map<PlacedValue, ZipMap>()
  for (const output of outputs) {
    const node = output.type.kind === 'tensor' ? undefined : zipMapOf.get(output.name)
    if (!node) continue
    // The labels are read once, even if several outputs have this name.
    zipMapOf.delete(output.name)
    const [tensor, labels] = [node.inputs[0], readLabels(source, node)]
    if (tensor === undefined || !labels || used.has(output.name) || declared.has(tensor)) continue
    declared.add(tensor)
    found.set(output, { node, tensor, labels })
  }
  return found
}

/** Applies edits that do not overlap to the bytes of a whole file. */
export function applyEdits(file: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const parts: Uint8Array[] = []
  let at = 0
  for (const { start, end, bytes } of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(file.subarray(at, start), bytes)
    at = end
  }
  return Buffer.concat([...parts, file.subarray(at)])
}

/** If the file does not declare a type, the runtime finds it. */
function isHeld(elementType: string): boolean {
  return elementType === 'undefined' || isDataType(elementType)
}

function isZipMap({ operator, domain, inputs, outputs }: GraphNode): boolean {
  return operator === 'ZipMap' && domain === 'ai.onnx.ml' && inputs.length === 1 && outputs.length === 1
}

function readLabels(source: ByteSource, node: GraphNode): ClassLabels | undefined {
  return readList(source, node, 'classlabels_strings') ?? readList(source, node, 'classlabels_int64s')
}

/** Declares the output as a float tensor [any, classes] with another name. */
function redeclare({ from, end }: PlacedValue, name: string, classes: number): Edit {
  const free = bytesField(1, new Uint8Array())
  const shape = Buffer.concat([free, bytesField(1, integerField(1, classes))])
  const tensorType = Buffer.concat([integerField(1, FLOAT), bytesField(2, shape)])
  const value = Buffer.concat([bytesField(1, Buffer.from(name)), bytesField(2, bytesField(1, tensorType))])
  return { start: from, end, bytes: bytesField(12, value) }
}

/** Adds the edit of the length of the graph, which stands before the graph. */
function withLength({ from, start, end }: Field, edits: readonly Edit[]): Edit[] {
  const growth = edits.reduce((sum, edit) => sum + edit.bytes.length - (edit.end - edit.start), 0)
  const head = Buffer.concat([varint(7 * 8 + 2), varint(end - start + growth)])
  return [{ start: from, end: start, bytes: head }, ...edits]
}
