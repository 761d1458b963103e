import { integerOf, readAttributes } from './attributes.ts'
import type { Attributes } from './attributes.ts'
import type { MissingProofs } from './column-proofs.ts'
import type { Graph, GraphNode } from './graph.ts'
import { STRAY_WEIGHTS } from './missing-handlers.ts'
import { producerOf, producersOf, valueBehind } from './producers.ts'
import type { Producers } from './producers.ts'
import { readSmallTensor } from './small-tensor.ts'
import type { ByteSource } from './wire.ts'

/** A file that is searched for known faults. */
interface File {
  readonly source: ByteSource
  readonly graph: Graph
  readonly producers: Producers
  /** metadata_props. */
  readonly metadata: ReadonlyMap<string, string>
  readonly missing: MissingProofs
}

interface Fault {
  /** True if the graph has the structure that the converter writes for this kind of model. */
  readonly isIn: (file: File) => boolean
  /** The fault of the converter, and the remedy. */
  readonly text: string
}

const PASSES_ON = new Set(['Cast', 'Identity', 'ZipMap'])

// Known faults of converters that the graph shows. docs/models.md lists all known faults.
const FAULTS: readonly Fault[] = [
  {
    isIn: (file) => file.graph.nodes.some((node) => isOneVsRestOfMargins(file, node)),
    text: 'it is a one-vs-rest classifier over scores that are no probabilities: skl2onnx divides them by their sum, and over SVC it answers another class than scikit-learn. Use SVC or LinearSVC directly',
  },
  {
    isIn: (file) => file.graph.outputs.some(({ name }) => isSwappedScore(file, name)),
    text: 'it is a support vector classifier of two classes: skl2onnx gives each class the score of the other. Export it with tools/export_sklearn.py, or with options={"raw_scores": True}',
  },
  {
    isIn: ({ graph, producers }) => graph.nodes.some((node) => isNearestPoint(producers, node)),
    text: 'it is calibrated by an isotonic curve: skl2onnx takes the nearest point of the curve, where scikit-learn interpolates. Use CalibratedClassifierCV(method="sigmoid")',
  },
  {
    isIn: (file) => file.graph.nodes.some((node) => isWeightOfDistance(file, node)),
    text: 'it weighs neighbours by their distance: skl2onnx weighs all alike. Use weights="uniform"',
  },
  {
    isIn: ({ missing }) => [...missing.values()].flat().some(({ reason }) => reason.endsWith(STRAY_WEIGHTS)),
    text: `a linear operator ${STRAY_WEIGHTS}, and reads the wrong ones: skl2onnx loses the columns of SimpleImputer(add_indicator=True). Use add_indicator=False, and add a column that says whether the value was there`,
  },
  {
    isIn: ({ graph }) => graph.outputs.some(({ name, type }) => name === 'GPmean' && isFloat32(type)),
    text: 'it is a Gaussian process in float32: its covariance may lose all digits. Export it with tools/export_sklearn.py, or from a float64 input',
  },
  {
    isIn: ({ source, graph }) => graph.nodes.some((node) => isMaxNormalizer(source, node)),
    text: 'it divides each row by its largest value, where scikit-learn takes the largest magnitude: rows with negative numbers are answered otherwise. Use Normalizer(norm="l2") or "l1"',
  },
  {
    isIn: ({ metadata }) => /^(Poisson|Tweedie)/.test(catboostLoss(metadata)),
    text: 'it was trained by CatBoost for counts or costs: the file answers their logarithm. Use loss_function="RMSE", or another library',
  },
  {
    isIn: ({ metadata }) => catboostLoss(metadata) === 'MultiClassOneVsAll',
    text: 'it was trained by CatBoost with one sigmoid for each class: the file answers a softmax. Use loss_function="MultiClass"',
  },
]

/** Describes the known faults of the converter in this file, each with a remedy. */
export function findKnownFaults(found: Omit<File, 'producers'>): string[] {
  const file: File = { ...found, producers: producersOf(found.graph) }
  return FAULTS.filter(({ isIn }) => isIn(file)).map(({ text }) => text)
}

function isFloat32(type: Graph['outputs'][number]['type']): boolean {
  return type.kind === 'tensor' && type.elementType === 'float32'
}

/** True for an ArgMax of the scores of several classifiers, with one column of each. */
function isOneVsRestOfMargins({ source, producers }: File, node: GraphNode): boolean {
  const concat = node.operator === 'ArgMax' ? producerOf(producers, node) : undefined
  if (concat?.operator !== 'Concat' || concat.inputs.length < 2) return false
  return concat.inputs.every((name) => {
    const column = producers.get(name)
    if (column?.operator !== 'Slice' && column?.operator !== 'ArrayFeatureExtractor') return false
    const classifier = producers.get(valueBehind(producers, column.inputs[0] ?? '', PASSES_ON))
    return classifier !== undefined && answersMargins(source, classifier)
  })
}

function answersMargins(source: ByteSource, node: GraphNode): boolean {
  if (node.operator === 'SVMClassifier') return true
  if (node.operator !== 'LinearClassifier') return false
  return (readAttributes(source, node).get('post_transform')?.texts[0] ?? 'NONE') === 'NONE'
}

/** True for an output that is the unchanged scores of a support vector classifier. */
function isSwappedScore({ source, producers }: File, output: string): boolean {
  const scores = valueBehind(producers, output, PASSES_ON)
  const node = producers.get(scores)
  if (node?.operator !== 'SVMClassifier' || node.outputs[1] !== scores) return false
  const attributes = readAttributes(source, node)
  return countClassLabels(attributes) === 2 && !attributes.has('prob_a')
}

function countClassLabels(attributes: Attributes): number {
  const [integers, texts] = [attributes.get('classlabels_ints'), attributes.get('classlabels_strings')]
  return integers?.integers.length ?? texts?.texts.length ?? 0
}

/** True for `table[argmin(|x - points|)]`. */
function isNearestPoint(producers: Producers, node: GraphNode): boolean {
  if (node.operator !== 'ArrayFeatureExtractor') return false
  const nearest = producerOf(producers, node, 1)
  const distance = nearest?.operator === 'ArgMin' ? producerOf(producers, nearest) : undefined
  return distance?.operator === 'Abs' && producerOf(producers, distance)?.operator === 'Sub'
}

/** True for `1 / max(-distances, tiny)` with positive distances, that is for TopK of the smallest ones. */
function isWeightOfDistance({ source, graph, producers }: File, node: GraphNode): boolean {
  const floor = node.operator === 'Reciprocal' ? producerOf(producers, node) : undefined
  const product = floor?.operator === 'Max' ? producerOf(producers, floor) : undefined
  const nearest = product?.operator === 'Mul' ? producerOf(producers, product) : undefined
  const factor = graph.initializers.get(product?.inputs[1] ?? '')
  if (nearest?.operator !== 'TopK' || !factor) return false
  const isNegated = readSmallTensor(source, factor).values?.[0] === -1
  return isNegated && integerOf(readAttributes(source, nearest), 'largest', 1) === 0
}

function isMaxNormalizer(source: ByteSource, node: GraphNode): boolean {
  if (node.operator !== 'Normalizer' || node.domain !== 'ai.onnx.ml') return false
  // MAX is the default of the operator.
  return (readAttributes(source, node).get('norm')?.texts[0] ?? 'MAX') === 'MAX'
}

/** Reads the loss from the parameters that CatBoost writes into the file. @returns An empty text if it is absent. */
function catboostLoss(metadata: ReadonlyMap<string, string>): string {
  return /"loss_function":\{"type":"(\w+)"/.exec(metadata.get('params') ?? '')?.[1] ?? ''
}
