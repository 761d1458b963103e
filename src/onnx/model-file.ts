import type { TextRule } from '../core/text-rules.ts'
import type { MissingProofs } from './column-proofs.ts'
import { graphsWithin, readEntry, readGraph } from './graph.ts'
import type { Graph } from './graph.ts'
import { proveHarmless } from './harmless/harmless.ts'
import { proveLight } from './harmless/light.ts'
import { findKnownFaults } from './known-faults.ts'
import { readClassLabels } from './labels.ts'
import type { FoundLabels } from './labels.ts'
import { proveMissing } from './missing-values.ts'
import { findOverwritten } from './overwritten.ts'
import { unproven } from './proof.ts'
import type { Proof } from './proof.ts'
import { proveRows } from './rows/proof.ts'
import type { ProofSource } from './rows/walk.ts'
import { readTextRules } from './read-text-rules.ts'
import { WireError, checkCount, fieldsOf, readText } from './wire.ts'
import type { ByteSource, Field, Range } from './wire.ts'
import { cutZipMaps } from './zipmap.ts'
import type { Edit } from './zipmap.ts'

/** What an ONNX file says of itself, read without its weights. */
export interface ModelFileInfo {
  readonly irVersion: number
  readonly producer: string
  /** Version by domain; the default domain is ''. */
  readonly opsets: ReadonlyMap<string, number>
  /** metadata_props. */
  readonly metadata: ReadonlyMap<string, string>
  readonly graph: Graph
  /** Files beside the model that hold weights. */
  readonly externalFiles: ReadonlySet<string>
  /** Operators of domains that are neither the standard's nor functions of the file: `domain.Operator`. */
  readonly customOperators: readonly string[]
  /** A parameter that runs would change, so that the same request would get another answer. */
  readonly overwritten: string | undefined
  /** Proves that the rows of requests keep apart when they are joined, or says what stops the proof. */
  readonly rows: Proof
  /** Proves that no operator can crash, loop, or allocate as much as a value says, or names the one that may. */
  readonly harmless: Proof
  /** Proves of such a file that a run of one row takes little time and memory, whoever wrote the file. */
  readonly light: Proof
  /** The classes, in the order of the probability columns, where the file tells them. */
  readonly labels: FoundLabels | undefined
  /** Which columns of its inputs may have missing values. */
  readonly missing: MissingProofs
  /** Texts that its Tokenizers read otherwise than the library that trained the model. */
  readonly textRules: readonly TextRule[]
  /** Texts on what its converter is known to have written wrongly. */
  readonly knownFaults: readonly string[]
  /** What to change in the file so that ZipMap stands no longer before its outputs. */
  readonly edits: readonly Edit[]
  /** What the file calls an output that has another name once ZipMap is cut off. */
  readonly fileNames: ReadonlyMap<string, string>
  /** Outputs that are left as they are and cannot be served, with their types in words. */
  readonly unsupported: ReadonlyMap<string, string>
}

// The standard's that ORT computes, and its own. Those of ai.onnx.contrib are another library's.
const KNOWN_DOMAINS = /^(ai\.onnx\.ml|com\.microsoft(\..*)?|com\.ms\..*)?$/
const MAX_METADATA = 1000
const MAX_OPSETS = 1000
const MAX_FUNCTIONS = 10_000

/**
 * Reads a ModelProto. Tags and lengths are read, and what is named here; weights are passed over.
 *
 * @throws WireError with what is wrong with it.
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function readModelFile(source: ByteSource): ModelFileInfo {
  let [irVersion, producer, version] = [0, '', '']
  let graphField: Field | undefined
  const opsets = new Map<string, number>()
  const metadata = new Map<string, string>()
  const functions = new Set<string>()
  for (const field of fieldsOf(source, { start: 0, end: source.length }, 'the file')) {
    if (field.number === 1) irVersion = Number(field.value)
    else if (!field.isBytes) continue
    else if (field.number === 2) producer = readText(source, field, 'the producer')
    else if (field.number === 3) version = readText(source, field, "the producer's version")
    else if (field.number === 7 && graphField) throw new WireError('the file has two graphs')
    else if (field.number === 7) graphField = field
    else if (field.number === 8) opsets.set(...readOpset(source, field))
    else if (field.number === 14 && metadata.size < MAX_METADATA) metadata.set(...readEntry(source, field))
    else if (field.number === 25) functions.add(readFunctionName(source, field))
    checkCount(opsets.size, MAX_OPSETS, 'opsets', 'the file')
    checkCount(functions.size, MAX_FUNCTIONS, 'functions', 'the file')
  }
  if (!graphField) throw new WireError('the file has no graph: it is no ONNX model')
  const graph = readGraph(source, graphField)
  const found = lookWithin(source, graph, functions)
  const { edits, fileNames, labels, left } = cutZipMaps(source, graph, graphField, found.externalFiles.size > 0)
  const madeBy = `${producer} ${version}`.trim()
  const cutNames = new Map(Array.from(fileNames, ([tensor, name]) => [name, tensor]))
  const file: ProofSource = { source, opsets, functions }
  const answered = graph.outputs.filter(({ name }) => !left.has(name)).map(({ name }) => cutNames.get(name) ?? name)
  const rows = proveRows(file, graph, answered)
  const harmless = proveHarmless(source, graph, functions)
  const missing = proveMissing(source, graph, madeBy)
  return {
    irVersion,
    producer: madeBy,
    opsets,
    metadata,
    graph,
    ...found,
    overwritten: findOverwritten(source, graph),
    rows,
    harmless,
    light: rows.isProven && harmless.isProven ? proveLight(file, graph) : unproven('it is not proven to be harmless'),
    labels: readClassLabels(source, graph, labels),
    missing,
    textRules: readTextRules(source, graph),
    knownFaults: findKnownFaults({ source, graph, metadata, missing }),
    edits,
    fileNames,
    unsupported: left,
  }
}

function readOpset(source: ByteSource, range: Range): [domain: string, version: number] {
  let [domain, version] = ['', 0]
  for (const part of fieldsOf(source, range, 'an opset')) {
    if (part.number === 1 && part.isBytes) domain = readText(source, part, 'the domain of an opset')
    if (part.number === 2) version = Number(BigInt.asIntN(64, part.value))
  }
  return [domain === 'ai.onnx' ? '' : domain, version]
}

/** `domain.Name` of a function that the file brings along. */
function readFunctionName(source: ByteSource, range: Range): string {
  let [name, domain] = ['', '']
  for (const part of fieldsOf(source, range, 'a function')) {
    if (part.number === 1 && part.isBytes) name = readText(source, part, 'the name of a function')
    if (part.number === 10 && part.isBytes) domain = readText(source, part, 'the domain of a function')
  }
  return `${domain}.${name}`
}

type Within = Pick<ModelFileInfo, 'externalFiles' | 'customOperators'>

/** What stands in the graph or in a graph within one of its nodes. */
function lookWithin(source: ByteSource, whole: Graph, functions: ReadonlySet<string>): Within {
  const externalFiles = new Set<string>()
  const custom = new Set<string>()
  for (const graph of graphsWithin(source, whole)) {
    for (const file of graph.externalFiles) externalFiles.add(file)
    for (const { domain, operator } of graph.nodes) {
      if (!KNOWN_DOMAINS.test(domain)) custom.add(`${domain}.${operator}`)
    }
  }
  return { externalFiles, customOperators: [...custom].filter((name) => !functions.has(name)) }
}
