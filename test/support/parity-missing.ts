import { expect } from 'vitest'
import { post } from './http.ts'
import { deviation, missingCases } from './parity.ts'
import type { Fixture, MissingCase } from './parity.ts'

/**
 * Sends a model rows with missing values and compares with the original. The server may refuse a row that the original
 * answers; it may never answer one otherwise, or one for which the original raises an error.
 *
 * @returns In words for the table of docs/models.md.
 */
export async function compareMissing(url: string, { name, tolerance }: Fixture): Promise<string> {
  const cases = missingCases[name]!
  const taken = new Set<string>()
  const refused: string[][] = []
  for (const each of cases) {
    const missing = missingIn(each.input)
    if (await isAnsweredAsByOriginal(`${url}/models/${name}/predict`, each, tolerance))
      missing.forEach((key) => taken.add(key))
    else refused.push(missing)
  }
  // Which features may be missing depends on the model, and not on the other values of a row.
  expect({ name, both: refused.filter((missing) => missing.every((key) => taken.has(key))) }).toEqual({
    name,
    both: [],
  })
  if (refused.length === 0) return 'as the original'
  if (taken.size > 0) return `${[...taken].join(', ')} as the original, others refused`
  return cases.some((each) => 'prediction' in each) ? 'refused; the original answers' : 'refused, as by the original'
}

async function isAnsweredAsByOriginal(url: string, each: MissingCase, tolerance: number): Promise<boolean> {
  const { status, body } = await post(url, { instances: [each.input] })
  if (status === 400) {
    expect({ url, error: body.error }).toMatchObject({
      error: expect.stringMatching(/expected .*, got null: .* model\.json/),
    })
    return false
  }
  expect({ url, input: each.input, status, body }).toMatchObject({ status: 200 })
  // Where the original raises an error there is no right answer.
  const worst = 'prediction' in each ? deviation(each.prediction, body.predictions[0]) : Infinity
  expect({ url, each, body, isAlike: worst <= tolerance }).toMatchObject({ isAlike: true })
  return true
}

/** Names or positions of the features that have no value. */
function missingIn(input: unknown): string[] {
  const entries = Object.entries(input as Record<string, unknown>)
  return entries.filter(([, value]) => value === null).map(([key]) => key)
}
