import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export const ROOT = join(import.meta.dirname, '../..')
export const FIXTURES = join(ROOT, 'test/fixtures')
export const MODELS = join(ROOT, 'models')

/** The built entry of a worker: not every supported Node runs TypeScript. */
export const WORKER_ENTRY = pathToFileURL(join(ROOT, 'dist/runtime/worker.js'))

export function fixtureModel(name: string): string {
  return join(FIXTURES, 'models', `${name}.onnx`)
}
