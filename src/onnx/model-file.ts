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

/** The facts about an ONNX file. They are read without its weights. */
export interface ModelFileInfo {
  readonly irVersion: number
  readonly producer: string
  /** The version of each domain. The default domain is ''. */
  readonly opsets: ReadonlyMap<string, number>
  /** The entries of `metadata_props`. */
  readonly metadata: ReadonlyMap<string, string>
  readonly graph: Graph
  /** Files beside the model that hold weights. */
  readonly externalFiles: ReadonlySet<string>
  /** Operators, as `domain.Operator`, that ONNX Runtime does not have and the file does not define. */
  readonly customOperators: readonly string[]
  /** The name of a parameter that each run changes. The same request would then get different answers. */
  readonly overwritten: string | undefined
  /** Proves that joined requests do not influence each other, or names the obstacle. */
  readonly rows: Proof
  /** Proves that no operator can crash, loop, or allocate an amount that a value gives. Or names the operator that can. */
  readonly harmless: Proof
  /** Proves for a harmless file that a run of one row takes little time and memory, even if the file is hostile. */
  readonly light: Proof
  /** The classes in the order of the probability columns, if the file has them. */
  readonly labels: FoundLabels | undefined
  /** For each column of the inputs: the model handles missing values, or is not known to. */
  readonly missing: MissingProofs
  /** Rules for texts that its Tokenizers read differently from the library that trained the model. */
  readonly textRules: readonly TextRule[]
  /** Descriptions of the known faults of its converter. */
  readonly knownFaults: readonly string[]
  /** The changes that remove ZipMap from the file. */
  readonly edits: readonly Edit[]
  /** The name in the file of each output that gets another name when ZipMap is removed. */
  readonly fileNames: ReadonlyMap<string, string>
  /** Outputs that cannot be served, with their types in words. */
  readonly unsupported: ReadonlyMap<string, string>
}

// The domains of the standard that ONNX Runtime computes, and its own domains. Those of ai.onnx.contrib need another library.
const KNOWN_DOMAINS = /^(ai\.onnx\.ml|com\.microsoft(\..*)?|com\.ms\..*)?$/
const MAX_METADATA = 1000
const MAX_OPSETS = 1000
const MAX_FUNCTIONS = 10_000

/**
 * Reads a ModelProto. Weights are skipped: only their tags and lengths are read.
 *
 * @throws WireError that says what is wrong with the file.
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function readModelFile(source: ByteSource): ModelFileInfo {
  const { irVersion, producer, opsets, metadata, functions, graphField } = readHead(source)
  const graph = readGraph(source, graphField)
  const found = lookWithin(source, graph, functions)
  const { edits, fileNames, labels, left } = cutZipMaps(source, graph, graphField, found.externalFiles.size > 0)
  const cutNames = new Map(Array.from(fileNames, ([tensor, name]) => [name, tensor]))
  const file: ProofSource = { source, opsets, functions }
  const answered = graph.outputs.filter(({ name }) => !left.has(name)).map(({ name }) => cutNames.get(name) ?? name)
  const rows = proveRows(file, graph, answered)
  const harmless = proveHarmless(source, graph, functions)
  const missing = proveMissing(source, graph, producer)
  return {
    irVersion,
    producer,
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

/** The fields of a ModelProto. */
interface Head extends Pick<ModelFileInfo, 'irVersion' | 'producer' | 'opsets' | 'metadata'> {
  /** `domain.Name` of each function that the file defines. */
  readonly functions: ReadonlySet<string>
  readonly graphField: Field
}

function readHead(source: ByteSource): Head {
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
  return { irVersion, producer: `${producer} ${version}`.trim(), opsets, metadata, functions, graphField }
}

function readOpset(source: ByteSource, range: Range): [domain: string, version: number] {
  let [domain, version] = ['', 0]
  for (const part of fieldsOf(source, range, 'an opset')) {
    if (part.number === 1 && part.isBytes) domain = readText(source, part, 'the domain of an opset')
    if (part.number === 2) version = Number(BigInt.asIntN(64, part.value))
  }
  return [domain === 'ai.onnx' ? '' : domain, version]
}

/** Reads `domain.Name` of a function that the file defines. */
function readFunctionName(source: ByteSource, range: Range): string {
  let [name, domain] = ['', '']
  for (const part of fieldsOf(source, range, 'a function')) {
    if (part.number === 1 && part.isBytes) name = readText(source, part, 'the name of a function')
    if (part.number === 10 && part.isBytes) domain = readText(source, part, 'the domain of a function')
  }
  return `${domain}.${name}`
}

type Within = Pick<ModelFileInfo, 'externalFiles' | 'customOperators'>

/** Collects facts about the graph and the graphs within its nodes. */
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
