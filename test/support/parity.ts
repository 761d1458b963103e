import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFolder } from './folders.ts'
import { FIXTURES } from './paths.ts'

/** Files as exporters write them, each with fifty rows and what the original library answered. */
export const PARITY = join(FIXTURES, 'parity')

/** One model of the suite, as index.json lists it. */
export interface Fixture {
  readonly name: string
  readonly family: string
  readonly estimator: string
  readonly library: string
  readonly exporter: string
  readonly options: string
  readonly classes: string
  readonly tolerance: number
  readonly note?: string
}

/** A row, and what the original answers. */
export interface Example {
  readonly input: unknown
  readonly prediction: unknown
}

/** A row with missing values, and what the original answers, or the error that it raises. */
export type MissingCase = Example | { readonly input: unknown; readonly raises: string }

export const fixtures = read('index.json') as readonly Fixture[]

export function examplesOf(name: string): readonly Example[] {
  return (read(name, '1/examples.json') as { examples: readonly Example[] }).examples
}

/** The cases of every model by name: each feature missing in some rows, and last one row with all of them missing. */
export const missingCases = read('missing.json') as Readonly<Record<string, readonly MissingCase[]>>

/** A folder with the model files alone: no example tells the server how the models behave. */
export function copyModelFiles(): string {
  const files = fixtures.map(({ name }) => join(name, '1/model.onnx'))
  return createFolder(Object.fromEntries(files.map((file) => [file, readFileSync(join(PARITY, file))])))
}

function read(...path: string[]): unknown {
  return JSON.parse(readFileSync(join(PARITY, ...path), 'utf8'))
}

/** The largest difference between numbers, relative above 1; infinite where anything else differs. */
export function deviation(expected: unknown, got: unknown): number {
  if (typeof expected === 'number' && typeof got === 'number') {
    return Math.abs(expected - got) / Math.max(1, Math.abs(expected))
  }
  if (typeof expected !== 'object' || typeof got !== 'object' || expected === null || got === null) {
    return expected === got ? 0 : Infinity
  }
  const [a, b] = [expected as Record<string, unknown>, got as Record<string, unknown>]
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return Math.max(0, ...Array.from(keys, (key) => deviation(a[key], b[key])))
}
