import type { Feature } from '../../core/feature.ts'
import type { ModelView } from '../../core/model-view.ts'
import { show } from '../../json/error-texts.ts'
import { invalid } from '../../json/input-problems.ts'
import type { InputProblems } from '../../json/input-problems.ts'
import type { Reading } from '../reading.ts'
import { featureNames, resolveNames } from '../unknown-names.ts'

// A header with more columns than features is compared name by name up to this number of columns.
const MAX_NAMED_COLUMNS = 1000

/** A column whose name is not exactly that of a feature. */
interface Stranger {
  readonly at: number
  readonly name: string
}

/**
 * Finds the feature of each column of a table.
 *
 * @param names The header. A number means its digits, because pandas numbers columns without names.
 * @param path The place of the header in the request.
 * @returns One feature for each column; undefined for a column without one. Such columns are problems, unless the model
 *   ignores unknown names.
 * @throws ServingError INVALID_INPUT if there are far too many columns.
 */
export function matchColumns(names: readonly unknown[], path: string, reading: Reading): (Feature | undefined)[] {
  const { model, problems } = reading
  const { features, ignoresUnknown } = model
  if (names.length > maxNamed(model) && !ignoresUnknown) {
    throw invalid(path, `expected ${features.length} columns, got ${names.length}`)
  }
  const columns = Array.from<Feature | undefined>({ length: names.length })
  const strangers = matchExactNames(names, columns, path, reading)
  matchOtherNames(strangers, columns, path, reading)
  reportMissingColumns(columns, features, path, problems)
  return columns
}

function maxNamed({ features }: ModelView): number {
  return Math.max(MAX_NAMED_COLUMNS, features.length)
}

/** Sets the columns whose names are those of features. Returns the others that may still be found. */
function matchExactNames(
  names: readonly unknown[],
  columns: (Feature | undefined)[],
  path: string,
  { model, problems }: Reading,
): Stranger[] {
  const strangers: Stranger[] = []
  const given = new Set<Feature>()
  for (const [at, value] of names.entries()) {
    const name = typeof value === 'number' ? String(value) : value
    const feature = typeof name === 'string' ? model.features[model.featureIndex.get(name) ?? -1] : undefined
    if (feature && given.has(feature)) problems.add(`${path}[${at}]`, `${String(name)} is given twice`)
    else if (feature) {
      columns[at] = feature
      given.add(feature)
    } else if (typeof name === 'string' && strangers.length < maxNamed(model)) strangers.push({ at, name })
    else if (!model.ignoresUnknown) problems.add(`${path}[${at}]`, `${show(name)} is no feature of this model`)
  }
  return strangers
}

/** Sets the columns whose names stand for a feature, such as a name that a converter has changed. */
function matchOtherNames(
  strangers: readonly Stranger[],
  columns: (Feature | undefined)[],
  path: string,
  { model, problems }: Reading,
): void {
  const names = strangers.map(({ name }) => name)
  const given = new Set(columns)
  const isGiven = (index: number): boolean => given.has(model.features[index])
  const found = resolveNames(names, isGiven, featureNames(model), (at, text) => {
    problems.add(`${path}[${strangers[at]!.at}]`, `${show(names[at])} ${text}`)
  })
  for (const [at, index] of found.entries()) if (index !== undefined) columns[strangers[at]!.at] = model.features[index]
}

function reportMissingColumns(
  columns: readonly (Feature | undefined)[],
  features: readonly Feature[],
  path: string,
  problems: InputProblems,
): void {
  const given = new Set(columns)
  for (const feature of features) {
    if (!given.has(feature)) problems.add(path, `the column ${show(feature.name)} is missing`)
  }
}
