import { integersIn, placeAttributes, textsIn } from './attribute-lists.ts'
import type { GraphNode } from './graph.ts'
import type { ByteSource, Range } from './wire.ts'

/** The information about missing values in the nodes of an ensemble of trees. */
export interface TreeRecord {
  /** True if the file says at each node to which branch a missing value goes. */
  readonly isRecorded: boolean
  /** Columns that are compared for equality. There the runtime sends a missing value to another branch than the file says. */
  readonly equated: ReadonlySet<number>
}

const NOT_RECORDED: TreeRecord = { isRecorded: false, equated: new Set() }
// Reading a million nodes takes half a second.
const MAX_TREE_NODES = 1_000_000

// If `nodes_missing_value_tracks_true` has only zeros, the exporter usually ignores missing values. skl2onnx writes zeros
// for every forest of scikit-learn. These two exporters always record the branch. Only they use these comparisons.
const RECORDS_ZEROS: readonly (readonly [producer: RegExp, mode: string])[] = [
  // For XGBoost, a missing value takes the default direction, which often is the false branch at every node.
  [/^OnnxMLTools\b/i, 'BRANCH_LT'],
  // CatBoost sends it to the false branch, unless it was trained with nan_mode='Max'.
  [/^CatBoost\b/i, 'BRANCH_GT'],
]

// Before 1.9, onnxmltools wrote a wrong branch for nodes of LightGBM with a threshold below zero, if the training data
// had no missing values.
const WRONG: readonly [producer: RegExp, mode: string] = [/^OnnxMLTools (?:0|1\.[0-8])\./i, 'BRANCH_LEQ']

/**
 * Reads if an ensemble of trees records the branches of missing values.
 *
 * @param producer The producer of the file and its version. The meaning of zeros depends on it.
 */
export function readTreeRecord(source: ByteSource, node: GraphNode, producer: string): TreeRecord {
  const places = placeAttributes(source, node)
  const tracks = places.get('nodes_missing_value_tracks_true')
  const modes = places.get('nodes_modes')
  const columns = places.get('nodes_featureids')
  if (!tracks || !modes || !columns) return NOT_RECORDED
  const zeros = RECORDS_ZEROS.find(([pattern]) => pattern.test(producer))
  // This is so for most forests. Their modes need not be read.
  if (!zeros && !hasOne(source, tracks)) return NOT_RECORDED
  const found = readNodes(source, { tracks, modes, columns })
  if (!found) return NOT_RECORDED
  const isOnly = (mode: string): boolean => found.modes.size === 1 && found.modes.has(mode)
  const isWrong = WRONG[0].test(producer) && found.modes.has(WRONG[1])
  const isRecorded = !isWrong && (found.hasTrack || (zeros !== undefined && isOnly(zeros[1])))
  return { isRecorded, equated: found.equated }
}

function hasOne(source: ByteSource, tracks: Range): boolean {
  let left = MAX_TREE_NODES
  for (const track of integersIn(source, tracks)) {
    if (track !== 0) return true
    if (--left === 0) return false
  }
  return false
}

interface FoundNodes {
  /** True if a missing value goes to the true branch at any node. */
  readonly hasTrack: boolean
  /** The comparisons of all inner nodes. */
  readonly modes: ReadonlySet<string>
  readonly equated: ReadonlySet<number>
}

/** Reads the lists side by side. @returns undefined if one is shorter, or if there are too many nodes. */
function readNodes(
  source: ByteSource,
  places: { readonly tracks: Range; readonly modes: Range; readonly columns: Range },
): FoundNodes | undefined {
  const tracks = integersIn(source, places.tracks)
  const columns = integersIn(source, places.columns)
  const [modes, equated] = [new Set<string>(), new Set<number>()]
  let [hasTrack, left] = [false, MAX_TREE_NODES]
  for (const mode of textsIn(source, places.modes)) {
    const [track, column] = [tracks.next(), columns.next()]
    if (track.done || column.done || --left === 0) return undefined
    if (mode === 'LEAF') continue
    modes.add(mode)
    hasTrack ||= track.value !== 0
    if (mode === 'BRANCH_EQ' || mode === 'BRANCH_NEQ') equated.add(column.value)
  }
  return { hasTrack, modes, equated }
}
