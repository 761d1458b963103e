import type { Model } from './model.ts'
import type { ModelEntry } from './model-entry.ts'
import type { Registry } from './registry.ts'

type ServerStatus = 'ok' | 'degraded' | 'loading' | 'failed' | 'draining'

/** The state of the whole server. The readiness probes of the server answer by it; the probes of one model do not. */
export interface Readiness {
  readonly status: ServerStatus
  /** True if at least one model answers, the first load is over, and the server does not stop. */
  readonly isReady: boolean
  /** True if `isReady`, and no model has failed. This is what V2 calls a ready server. */
  readonly isAllReady: boolean
}

/**
 * Decides whether the server is ready. It is not ready before the first load is over. Later, a model that loads does not
 * count while others serve, so loading a model takes no server out of rotation.
 *
 * @param isDraining True once the server has been asked to stop.
 */
export function readinessOf(registry: Pick<Registry, 'list' | 'isStarting'>, isDraining: boolean): Readiness {
  if (isDraining) return unready('draining')
  if (registry.isStarting) return unready('loading')
  const entries = registry.list()
  const settled = entries.filter(({ status }) => status !== 'loading')
  if (!settled.some(isServed)) return unready(settled.length < entries.length ? 'loading' : 'failed')
  const isAllReady = settled.every(isServed)
  return { status: settled.every(({ status }) => status === 'ready') ? 'ok' : 'degraded', isReady: true, isAllReady }
}

function unready(status: ServerStatus): Readiness {
  return { status, isReady: false, isAllReady: false }
}

/** A paused model counts: its pause is short. Otherwise one client could take every replica out of rotation. */
function isServed({ status }: ModelEntry): boolean {
  return status === 'ready' || status === 'paused'
}

/**
 * Finds the models that are loaded: one version, every version of a name, or all.
 *
 * @throws ServingError as `Registry.get` if a name is given, and no version that is meant is loaded.
 */
export function loadedModels(registry: Registry, name?: string, version?: string): readonly Model[] {
  if (version !== undefined) return [registry.get(name, version)]
  const entries = registry.list().filter((entry) => name === undefined || entry.name === name)
  const models = entries.flatMap((entry) => ('model' in entry ? [entry.model] : []))
  return models.length > 0 || name === undefined ? models : [registry.get(name)]
}
