import type { ModelView } from '../core/model-view.ts'
import type { OfferedExample } from '../core/offered-example.ts'
import { toCheckedView } from './meaning/checked-view.ts'
import type { ModelOptions } from './model-options.ts'
import type { Sessions } from './sessions.ts'
import { chooseBatching } from './tuning/batching.ts'
import type { Batching } from './tuning/batching.ts'
import { chooseExecution } from './tuning/execution.ts'
import type { Computing } from './tuning/execution.ts'
import { toLimits } from './tuning/limits.ts'
import type { Limits } from './tuning/limits.ts'
import { findOfferedExample } from './tuning/find-offered-example.ts'

/** A model that was tried: its meaning is known, and everything that depends on measurements is chosen. */
export interface TunedModel extends Computing {
  readonly view: ModelView
  readonly warnings: readonly string[]
  readonly example: OfferedExample
  readonly batching: Batching
  readonly limits: Limits
}

/**
 * Tries a model: reads its meaning, finds an example, warms it up and measures it.
 *
 * @throws Error if model.json does not fit the model. The caller frees the sessions then.
 */
export async function tuneModel(sessions: Sessions, options: ModelOptions): Promise<TunedModel> {
  const { trial, workers, openInline } = sessions
  const { info, modelJson, fileBytes } = options
  const { view, warnings } = await toCheckedView(trial, options)
  const realRows = options.realRows(view)
  const example = await findOfferedExample({ session: trial, view, realRows }, options.offerExample)
  const batching = await chooseBatching(trial, { view, proof: info.rows, realRows, asked: modelJson.batching })
  const file = { harmless: info.harmless, rows: info.rows, bytes: fileBytes }
  const computing = await chooseExecution(openInline, { file, view, batching, asked: modelJson.execution })
  const limits = toLimits(options, modelJson.limits, batching, workers.parallelism)
  return { view, warnings, example, batching, limits, ...computing }
}
