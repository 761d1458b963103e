import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export const ROOT = join(import.meta.dirname, '../..')
export const FIXTURES = join(ROOT, 'test/fixtures')
export const MODELS = join(ROOT, 'models')

/** The built entry of the runtime's thread: worker threads cannot run TypeScript on every supported Node. */
export const WORKER_ENTRY = pathToFileURL(join(ROOT, 'dist/runtime/worker.js'))

export function fixtureModel(name: string): string {
  return join(FIXTURES, 'models', `${name}.onnx`)
}
