import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, normalize } from 'node:path'
import { isDataType } from '../../core/datatypes.ts'
import { readModelFile } from '../../onnx/model-file.ts'
import type { ModelFileInfo } from '../../onnx/model-file.ts'
import type { PlacedValue } from '../../onnx/graph.ts'
import { WireError } from '../../onnx/wire.ts'
import type { ByteSource } from '../../onnx/wire.ts'
import { unsupportedText } from '../meaning/unsupported-outputs.ts'
import { SUPPORTED } from '../../runtime/runtime.ts'
import type { ModelSource } from '../../runtime/runtime.ts'

export interface InspectedModel {
  readonly info: ModelFileInfo
  readonly source: ModelSource
}

/**
 * Reads a model file without its weights, a window at a time. Refuses a model that the runtime cannot compute, and says
 * what to do.
 *
 * @throws Error with a text for clients, without a path.
 */
export function inspectModel(file: string): InspectedModel {
  const name = basename(file)
  const descriptor = openModelFile(file, name)
  try {
    const { size } = fstatSync(descriptor)
    if (size === 0) throw new Error(`${name} is empty`)
    const info = readModelFile(windowOf(descriptor, size))
    checkSupported(info)
    return { info, source: { file, edits: info.edits, bytes: size + externalBytes(file, info) } }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    throw new Error(`${name} is no ONNX model, or is cut off: ${error.message}`, { cause: error })
  } finally {
    closeSync(descriptor)
  }
}

/** The runtime would only say `system error number 13`. */
function openModelFile(file: string, name: string): number {
  try {
    return openSync(file, 'r')
  } catch (error) {
    throw new Error(`${name} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error })
  }
}

const WINDOW_BYTES = 2 ** 16

/** Reads a file through a window in memory. A longer part is read into a buffer of its own. */
function windowOf(descriptor: number, length: number): ByteSource {
  const window = Buffer.alloc(Math.min(WINDOW_BYTES, length))
  let [from, to] = [0, 0]
  const fill = (buffer: Buffer, start: number): number => {
    let filled = 0
    while (filled < buffer.length) {
      const count = readSync(descriptor, buffer, filled, buffer.length - filled, start + filled)
      if (count === 0) break
      filled += count
    }
    return filled
  }
  return {
    length,
    read(start, end) {
      if (end - start > window.length) {
        const own = Buffer.alloc(end - start)
        return own.subarray(0, fill(own, start))
      }
      if (start < from || end > to) [from, to] = [start, start + fill(window, start)]
      return window.subarray(start - from, end - from)
    },
    byteAt(at) {
      if (at < from || at >= to) [from, to] = [at, at + fill(window, at)]
      return window[at - from]!
    },
  }
}

/** Returns the size of the files beside the model that hold its weights. @throws Error if one cannot be read. */
function externalBytes(file: string, { externalFiles }: ModelFileInfo): number {
  let bytes = 0
  for (const location of externalFiles) {
    const shown = JSON.stringify(location.slice(0, 100))
    const isInside = !isAbsolute(location) && !normalize(location).startsWith('..') && !location.includes('\0')
    if (!isInside)
      throw new Error(`its weights are in the file ${shown}, outside of its folder: put them beside the model`)
    bytes += sizeOfWeights(join(dirname(file), location), shown)
  }
  return bytes
}

function sizeOfWeights(file: string, shown: string): number {
  try {
    return statSync(file).size
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const text = `its weights are in the file ${shown}, which cannot be read (${code}): put it beside the model`
    throw new Error(text, { cause: error })
  }
}

function checkSupported(info: ModelFileInfo): void {
  const { irVersion, opsets, customOperators, graph } = info
  if (irVersion > SUPPORTED.irVersion) {
    const next = `export it again with an older version of onnx, or set model.ir_version = ${SUPPORTED.irVersion}`
    throw new Error(`the file has IR version ${irVersion}, and the runtime reads up to ${SUPPORTED.irVersion}: ${next}`)
  }
  for (const [domain, supported] of SUPPORTED.opsets) {
    const found = opsets.get(domain)
    if (found === undefined || (found >= 1 && found <= supported)) continue
    const name = domain || 'ai.onnx'
    const next = `export it again with target_opset (skl2onnx, onnxmltools) or opset_version (PyTorch) of ${supported}`
    throw new Error(
      `the file uses opset ${found} of ${name}, and the runtime computes ${found < 1 ? 'from 1 ' : ''}up to ${supported}: ${next}`,
    )
  }
  if (customOperators.length > 0) {
    const shown = customOperators.slice(0, 5).join(', ')
    throw new Error(
      `it uses operators that are no part of ONNX: ${shown}; those of ai.onnx, ai.onnx.ml and com.microsoft are computed: export it without others`,
    )
  }
  if (info.overwritten !== undefined) {
    throw new Error(
      `a BatchNormalization in training mode writes into ${JSON.stringify(info.overwritten.slice(0, 100))}, which the graph reads elsewhere too, so answers would change from run to run: export it in evaluation mode`,
    )
  }
  checkNames('inputs', graph.inputs)
  checkNames('outputs', graph.outputs)
  for (const input of graph.inputs) if (!graph.initializers.has(input.name)) checkInput(input)
  checkOutputs(info)
}

/** The file may leave out the type of an output. The runtime finds it then. */
function checkOutputs({ graph: { outputs }, unsupported }: ModelFileInfo): void {
  const isServed = ({ name, type }: PlacedValue): boolean => type.kind === 'unknown' || !unsupported.has(name)
  if (outputs.length === 0) throw new Error('it has no outputs')
  if (outputs.some(isServed)) return
  const types = outputs.slice(0, 5).map(({ name }) => unsupportedText(name, unsupported.get(name)!))
  throw new Error(`none of its outputs can be served: ${types.join('; ')}`)
}

function checkNames(what: string, values: readonly PlacedValue[]): void {
  const names = new Set<string>()
  for (const { name } of values) {
    if (names.has(name)) throw new Error(`two of its ${what} are named ${name}: export it with a name for each`)
    names.add(name)
  }
}

function checkInput({ name, type }: PlacedValue): void {
  if (type.kind !== 'tensor') throw new Error(`input ${name} is ${type.text}: only tensors can be sent`)
  if (isDataType(type.elementType)) return
  throw new Error(`input ${name} holds ${type.elementType}, which is not supported: export it with float32 or float16`)
}
