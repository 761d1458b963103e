import { describe, expect, test } from 'vitest'
import { get, post } from '../support/http.ts'
import { PARITY, deviation, examplesOf, fixtures } from '../support/parity.ts'
import type { Fixture } from '../support/parity.ts'
import { startServer } from '../support/server-process.ts'

const REQUESTS = 32

/** Requests of one to three rows, no two alike: single rows cannot show every fault of joining. */
function requestsOf(name: string): unknown[][] {
  const inputs = examplesOf(name).map(({ input }) => input)
  return Array.from({ length: REQUESTS }, (_, index) => inputs.slice(index, index + 1 + (index % 3)))
}

async function predict(url: string, name: string, instances: unknown[]): Promise<unknown> {
  const { status, body } = await post(`${url}/models/${name}/predict`, { instances })
  expect({ name, status, body }).toMatchObject({ status: 200 })
  return body.predictions
}

/** The runs that a model has computed since it was loaded. */
async function runsOf(url: string, name: string): Promise<number> {
  const { body } = await get(`${url}/v2/models/${name}/stats`)
  return body.model_stats[0].execution_count
}

/** Compares the requests at once with the same requests alone. Returns in how many runs they were computed at once. */
async function compare(url: string, { name, tolerance }: Fixture): Promise<number> {
  const requests = requestsOf(name)
  const alone: unknown[] = []
  for (const instances of requests) alone.push(await predict(url, name, instances))
  const before = await runsOf(url, name)
  const together = await Promise.all(requests.map((instances) => predict(url, name, instances)))
  const runs = (await runsOf(url, name)) - before
  // A kernel adds up several rows in another order, so the last bits of a float32 may differ.
  const worst = deviation(alone, together)
  expect({ name, isAlike: worst <= tolerance, worst }).toMatchObject({ isAlike: true })
  return runs
}

describe('32 different requests at once', () => {
  test('every model of the suite answers 32 requests at once as it answers each alone', async () => {
    const { url } = await startServer({ args: ['--model-dir', PARITY] })
    const unproven: string[] = []
    let [joined, runsOfJoined] = [0, 0]
    for (const fixture of fixtures) {
      const { name } = fixture
      const runs = await compare(url, fixture)
      const { batching } = (await get(`${url}/models/${name}`)).body
      if (!batching.isIndependent) unproven.push(`${name}: ${batching.reason}`)
      // A measurement may find that joining brings nothing. Then nothing may be joined.
      if (batching.maxBatchSize === 1) expect({ name, runs }).toEqual({ name, runs: REQUESTS })
      else {
        joined++
        runsOfJoined += runs
      }
    }
    expect(unproven).toEqual([])
    expect(joined).toBeGreaterThan(fixtures.length / 2)
    expect(runsOfJoined).toBeLessThan((joined * REQUESTS) / 2)
  }, 120_000)
})
