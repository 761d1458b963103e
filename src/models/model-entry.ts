import { ServingError } from '../core/errors.ts'
import type { ModelFile } from './files/repository.ts'
import type { Model } from './model.ts'

/** One version of a model, in any state. */
export type ModelEntry = Pick<ModelFile, 'name' | 'version' | 'file'> &
  (
    | { readonly status: 'loading' }
    | { readonly status: 'ready' | 'paused'; readonly model: Model }
    | { readonly status: 'failed'; readonly error: string }
  )

/** Sets the state to `paused` if the model is paused now. A paused model still answers requests that need no worker. */
export function toCurrentEntry(entry: ModelEntry): ModelEntry {
  return 'model' in entry && entry.model.isPaused ? { ...entry, status: 'paused' } : entry
}

/** @throws ServingError MODEL_NOT_READY, with the state of the entry, if it has no model. */
export function loadedModelOf(entry: ModelEntry): Model {
  if ('model' in entry) return entry.model
  throw new ServingError('MODEL_NOT_READY', `model ${entry.name} version ${entry.version} ${stateText(entry)}`)
}

function stateText(entry: ModelEntry): string {
  return entry.status === 'failed' ? `failed to load: ${entry.error}` : 'is still loading'
}
