import type { ModelView } from '../core/model-view.ts'
import type { Label } from '../core/task.ts'

/** The labels of a model as JSON. */
export interface LabelJson {
  /** Labels as values, in the order of `ModelView.labels`. */
  readonly texts: readonly string[]
  /** Labels as keys, each with its colon. `maxBytes`: bytes of all keys together. */
  readonly keys: { readonly texts: readonly string[]; readonly maxBytes: number }
  /** Bytes of the longest key. */
  readonly maxLabelBytes: number
}

// A model may have thousands of labels. They are written once for all answers of the model.
const written = new WeakMap<readonly Label[], LabelJson>()

export function labelJsonOf({ labels }: ModelView): LabelJson {
  const known = written.get(labels)
  if (known) return known
  const json = writeLabels(labels)
  written.set(labels, json)
  return json
}

function writeLabels(labels: readonly Label[]): LabelJson {
  const keys = labels.map((label) => `${JSON.stringify(String(label))}:`)
  const sizes = keys.map((key) => Buffer.byteLength(key))
  return {
    texts: labels.map((label) => JSON.stringify(label)),
    keys: { texts: keys, maxBytes: sizes.reduce((sum, size) => sum + size, 0) },
    maxLabelBytes: sizes.reduce((most, size) => Math.max(most, size), 0),
  }
}
