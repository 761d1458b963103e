import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readModelFile } from '../../../src/onnx/model-file.ts'
import { sourceOf } from '../../support/bytes.ts'
import { writeModel } from '../../support/graph-writer.ts'
import { findDifference } from '../../support/random-graph/compare.ts'
import { PROBE_ROWS } from '../../support/random-graph/draft.ts'
import { growGraph, pruned } from '../../support/random-graph/grow.ts'
import type { RandomGraph } from '../../support/random-graph/grow.ts'

// Single rows do not show every fault, so requests have several. Graphs that group values by five compute five rows and
// no other number; here these stand between two other requests.
const ROW_COUNTS = [
  [1, 3, 2, 4],
  [2, 5, 3],
]
const GRAPHS = Number(process.env['RANDOM_GRAPHS'] ?? 60)
const FIRST_SEED = Number(process.env['RANDOM_SEED'] ?? 0)
const NODES = 40

/** Names of the values of a graph that the proof says may be joined. */
function provenOf({ graph, opset, values }: RandomGraph): string[] {
  const rowLike = values.filter(({ shape }) => shape[0] === PROBE_ROWS)
  return rowLike.flatMap(({ name, type }) => {
    const bytes = writeModel({ ...graph, outputs: [{ name, type }] }, { opset, mlOpset: 1 })
    return readModelFile(sourceOf(bytes)).rows.isProven ? [name] : []
  })
}

/** @returns What differs, with the graph that makes it. */
async function describeDifference(made: RandomGraph, name: string, seed: number): Promise<string | undefined> {
  const part = { ...made, graph: pruned(made.graph, name) }
  for (const counts of ROW_COUNTS) {
    const difference = await findDifference(part, name, seed, counts)
    if (!difference) continue
    const lines = part.graph.nodes.map(({ op, inputs, outputs, attributes }) => {
      return `${outputs.join()} = ${op}(${inputs.join()}) ${JSON.stringify(attributes)}`
    })
    const text = JSON.stringify(difference, (_key, value) => (typeof value === 'bigint' ? String(value) : value))
    return `seed ${seed}, opset ${made.opset}, ${name}: ${text}\n${lines.join('\n')}`
  }
  return undefined
}

test('proven values of random graphs are the same in a batch as alone', { timeout: 3_600_000 }, async () => {
  const seen = { graphs: 0, nodes: [] as number[], values: 0, proven: 0, operators: new Set<string>() }
  const differences: string[] = []
  const seeds = fc.sample(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { numRuns: GRAPHS, seed: FIRST_SEED })
  for (const seed of seeds) {
    const made = await growGraph(seed, NODES)
    const names = provenOf(made)
    seen.graphs++
    seen.nodes.push(made.graph.nodes.length)
    seen.values += made.values.length
    seen.proven += names.length
    for (const { op } of made.graph.nodes) seen.operators.add(op)
    for (const name of names) {
      const difference = await describeDifference(made, name, seed)
      if (difference !== undefined) differences.push(difference)
    }
  }
  const median = seen.nodes.toSorted((a, b) => a - b)[seen.nodes.length >> 1]!
  if (process.env['RANDOM_GRAPHS']) console.log({ ...seen, nodes: median, operators: seen.operators.size })
  expect(differences.slice(0, 5).join('\n\n')).toBe('')
  // The comparison has something to compare.
  expect(median).toBeGreaterThanOrEqual(NODES)
  expect(seen.proven).toBeGreaterThan(GRAPHS)
  expect(seen.operators.size).toBeGreaterThanOrEqual(40)
})
