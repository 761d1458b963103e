import type { NameIndex } from '../core/name-index.ts'
import type { ModelView } from '../core/model-view.ts'
import { hintsFor } from './name-hints.ts'
import { show } from '../json/error-texts.ts'

/** Names of a model: of its features, or of its inputs. */
export interface KnownNames {
  readonly index: NameIndex
  /** The features or inputs with these names, by index. */
  readonly named: readonly { readonly name: string }[]
  readonly what: 'feature' | 'input'
  /** True if unknown names are ignored. */
  readonly ignoresUnknown: boolean
}

export function featureNames({ features, featureIndex, ignoresUnknown }: ModelView): KnownNames {
  return { index: featureIndex, named: features, what: 'feature', ignoresUnknown }
}

export function inputNames({ signature, inputIndex }: ModelView): KnownNames {
  return { index: inputIndex, named: signature.inputs, what: 'input', ignoresUnknown: false }
}

/**
 * Resolves names that are not exactly those of the model.
 *
 * @param strangers The names to resolve.
 * @param isGiven Returns true if the request also has the exact name with this index.
 * @param report Called with the index in `strangers` of each wrong name, and the reason.
 * @returns For each stranger the index of the name that it means, or undefined.
 */
export function resolveNames(
  strangers: readonly string[],
  isGiven: (index: number) => boolean,
  { index, named, what, ignoresUnknown }: KnownNames,
  report: (at: number, problem: string) => void,
): (number | undefined)[] {
  const taken = new Set<number>()
  const unknown: number[] = []
  const resolved = strangers.map((stranger, at) => {
    const found = index.find(stranger)
    // If unknown names are ignored and the exact name was sent too, the exact name counts.
    if (found === undefined || (ignoresUnknown && isGiven(found))) unknown.push(at)
    else if (isGiven(found) || taken.has(found)) {
      report(at, `stands for ${show(named[found]!.name)}, which is given twice`)
    } else {
      taken.add(found)
      return found
    }
    return undefined
  })
  if (ignoresUnknown || unknown.length === 0) return resolved
  const missing = named.flatMap(({ name }, at) => (isGiven(at) || taken.has(at) ? [] : [name]))
  const names = unknown.map((at) => strangers[at]!)
  for (const [each, hint] of hintsFor(names, missing, index, named).entries()) {
    report(unknown[each]!, `is no ${what} of this model${hint}`)
  }
  return resolved
}
