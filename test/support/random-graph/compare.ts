import { Tensor } from 'onnxruntime-node'
import { openGraph, toFeeds } from './grow.ts'
import type { Feeds, RandomGraph } from './grow.ts'
import { createRandom } from './random.ts'

export interface Difference {
  readonly joined: unknown
  readonly alone: unknown
}

// Rounding may flip a comparison once. A row that depends on others differs for most values.
const ATTEMPTS = 3
const TOLERANCE = 1e-3

/**
 * Computes requests of so many rows together and one by one, with several values.
 *
 * @returns The first element that differs every time; undefined where all are alike once, or one cannot be computed alone.
 */
export async function findDifference(
  made: RandomGraph,
  name: string,
  seed: number,
  counts: readonly number[],
): Promise<Difference | undefined> {
  // The runtime refuses some graphs whose parts it computes.
  const session = await openGraph(made, name).catch(() => undefined)
  if (!session) return undefined
  try {
    let difference: Difference | undefined
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const random = createRandom(seed * 7 + attempt)
      const requests = counts.map((rows) => toFeeds(made.inputs, rows, random))
      difference = await compareOnce(session.run, requests, counts)
      if (!difference) return undefined
    }
    return difference
  } finally {
    await session.close()
  }
}

async function compareOnce(
  run: (feeds: Feeds) => Promise<Tensor>,
  requests: readonly Feeds[],
  counts: readonly number[],
): Promise<Difference | undefined> {
  const answers: Tensor[] = []
  for (const request of requests) {
    const answer = await run(request).catch(() => undefined)
    if (!answer) return undefined
    answers.push(answer)
  }
  const joined = await run(join(requests)).catch((error: Error) => error)
  if (joined instanceof Error) return { joined: joined.message, alone: 'an answer' }
  const total = counts.reduce((sum, rows) => sum + rows, 0)
  if (joined.dims[0] !== total) return { joined: joined.dims, alone: total }
  const width = joined.size / total
  let row = 0
  for (const [index, answer] of answers.entries()) {
    if (answer.size !== width * counts[index]!) return { joined: joined.dims, alone: answer.dims }
    const difference = compareData(joined, answer, row * width)
    if (difference) return difference
    row += counts[index]!
  }
  return undefined
}

function compareData(joined: Tensor, alone: Tensor, from: number): Difference | undefined {
  const [all, own] = [joined.data, alone.data] as unknown as readonly (readonly unknown[])[]
  const isText = alone.type === 'string'
  const most = isText ? 0 : own!.reduce<number>((a, b) => Math.max(a, Math.abs(Number(b))), 1)
  for (let index = 0; index < own!.length; index++) {
    const [x, y] = [all![from + index], own![index]]
    if (Object.is(x, y) || x === y) continue
    if (isText || !(Math.abs(Number(x) - Number(y)) <= TOLERANCE * most)) return { joined: x, alone: y }
  }
  return undefined
}

/** Joins requests, row after row. */
function join(requests: readonly Feeds[]): Feeds {
  return Object.fromEntries(
    Object.entries(requests[0]!).map(
      ([
        name,
        {
          type,
          dims: [, ...inner],
        },
      ]) => {
        const parts = requests.map((request) => request[name]!)
        const rows = parts.reduce((sum, { dims }) => sum + dims[0]!, 0)
        const data = parts.flatMap((part) => [...(part.data as unknown as unknown[])])
        if (type === 'string') return [name, new Tensor('string', data as string[], [rows, ...inner])]
        return [name, new Tensor('float32', Float32Array.from(data as number[]), [rows, ...inner])]
      },
    ),
  )
}
