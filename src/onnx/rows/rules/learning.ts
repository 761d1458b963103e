import { checkConstant, input, integer } from '../operation.ts'
import type { Operation, Rule } from '../operation.ts'
import { NotProven, ROWS, isEqual, isOne, over, product, sizeOf } from '../sizes.ts'
import type { Size } from '../sizes.ts'
import { constant, reshaped, rowAxis, rowsAlong, shapeOf } from '../value.ts'
import type { Value } from '../value.ts'

// Operators of ai.onnx.ml, and of text. Most of them take a vector as one sample, so rows must be the first of two axes.

/** Returns the sizes of a table [rows, columns]. */
function tableOf(operation: Operation): { readonly data: Value; readonly rows: Size; readonly columns: Size } {
  const data = input(operation, 0)
  checkConstant(operation, 1)
  const sizes = shapeOf(data)
  if (data.kind === 'count') throw new NotProven('the number of rows becomes part of the data')
  if (sizes.length !== 2 || rowAxis(data) > 0) throw new NotProven('its input is no table of rows and columns')
  return { data, rows: sizes[0]!, columns: sizes[1]! }
}

/** Scaler, Imputer and Normalizer. The output is a table of the same size. */
export const table: Rule = (operation) => {
  const { data, rows, columns } = tableOf(operation)
  return reshaped(data, [rows, columns], 0)
}

/** Classifiers. The outputs are labels [rows] and scores [rows, classes]. */
export const classifier: Rule = (operation) => {
  const { data, rows } = tableOf(operation)
  const classes = countClasses(operation)
  const width = classes === undefined || classes < 2 ? operation.unknownSize() : sizeOf(classes)
  return [reshaped(data, [rows], 0), reshaped(data, [rows, width], 0)]
}

/** @returns undefined for SVMClassifier, which may answer one number for each pair of classes. */
function countClasses(operation: Operation): number | undefined {
  const labels = countElements(operation, 'classlabels_strings', 'classlabels_int64s', 'classlabels_ints')
  if (operation.operator === 'TreeEnsembleClassifier') return labels
  if (operation.operator !== 'LinearClassifier') return undefined
  const targets = countElements(operation, 'intercepts')
  return targets === 1 && labels === 2 ? 2 : targets
}

/** Counts the elements of the first of these lists. @returns undefined if there is no list, or if it is too long. */
function countElements(operation: Operation, ...names: string[]): number | undefined {
  const attributes = operation.attributes(...names)
  for (const name of names) {
    const found = attributes.get(name)
    const count = found && Math.max(found.integers.length, found.floats.length, found.texts.length)
    if (count) return found.isCut ? undefined : count
  }
  return undefined
}

/** Regressors. The output is [rows, targets]. An attribute holds the number of targets. */
export function regressor(attribute: string, fallback: number): Rule {
  return (operation) => {
    const { data, rows } = tableOf(operation)
    const targets = integer(operation.attributes(attribute), attribute) ?? fallback
    return reshaped(data, [rows, sizeOf(targets)], 0)
  }
}

/** TreeEnsemble of opset 5. The output is [rows, targets]. */
export const treeEnsemble: Rule = regressor('n_targets', 1)

/** FeatureVectorizer. It joins tables side by side. */
export const featureVectorizer: Rule = (operation) => {
  const values = operation.inputs.map((_, index) => input(operation, index))
  const [first] = values
  for (const value of values) {
    const sizes = shapeOf(value)
    if (sizes.length !== 2 || rowAxis(value) !== 0) throw new NotProven('its input is no table of rows and columns')
    if (!isEqual(sizes[0]!, shapeOf(first!)[0]!)) throw new NotProven('its inputs differ in their rows')
  }
  return reshaped(first!, [shapeOf(first!)[0]!, operation.unknownSize()], 0)
}

/** ai.onnx.ml's OneHotEncoder adds an axis. */
export const oneHotEncoder: Rule = (operation) => {
  const data = input(operation, 0)
  const categories = countElements(operation, 'cats_strings', 'cats_int64s')
  const width = categories === undefined ? operation.unknownSize() : sizeOf(categories)
  return reshaped(data, [...shapeOf(data), width], rowAxis(data))
}

/** ArrayFeatureExtractor. It picks along the last axis. The indices are all elements of its second input. */
export const arrayFeatureExtractor: Rule = (operation) => {
  const [data, indices] = [input(operation, 0), input(operation, 1)]
  const [sizes, chosen] = [shapeOf(data), shapeOf(indices)]
  const [a, b] = [rowAxis(data), rowAxis(indices)]
  const last = sizes.length - 1
  if (b < 0) {
    if (a === last) throw new NotProven('rows are chosen by their number')
    const shape = [...sizes.slice(0, -1), product(chosen)]
    // A vector becomes a table of one line.
    return reshaped(data, last === 0 ? [sizeOf(1), ...shape] : shape, a)
  }
  if (a >= 0) throw new NotProven('rows are chosen by the values of rows')
  if (b !== 0) throw new NotProven('rows get mixed with another axis')
  const shape = [...sizes.slice(0, -1), product(chosen)]
  return last === 0 ? rowsAlong(1, [sizeOf(1), ...shape]) : rowsAlong(last, shape)
}

/** StringNormalizer. Without stop words it keeps the number of texts. */
export const stringNormalizer: Rule = (operation) => {
  const data = input(operation, 0)
  if (operation.attributes('stopwords').get('stopwords')?.texts.length) throw new NotProven('it leaves texts out')
  return reshaped(data, shapeOf(data), rowAxis(data))
}

/** Tokenizer of com.microsoft. Each row is padded to the number of words in the longest text of the run. */
export const tokenizer: Rule = (operation) => {
  const data = input(operation, 0)
  const padding = operation.attributes('pad_value').get('pad_value')?.texts[0]
  if (data.kind !== 'rows' || padding === undefined) throw new NotProven('its rows are padded')
  return rowsAlong(data.axis, [...data.shape, operation.unknownSize()], padding)
}

/** TfIdfVectorizer. It counts words for each row. The padding must not be a word of its vocabulary. */
export const tfIdf: Rule = (operation) => {
  const data = input(operation, 0)
  const sizes = shapeOf(data)
  if (data.kind !== 'rows') return constant()
  if (sizes.length !== 2 || data.axis !== 0 || !isOne(over(sizes[0]!, ROWS)))
    throw new NotProven('its input is no table of rows and words')
  if (data.padding !== undefined) checkPadding(operation, data.padding)
  return rowsAlong(0, [sizes[0]!, operation.unknownSize()])
}

function checkPadding(operation: Operation, padding: string): void {
  if (operation.hasText('pool_strings', padding)) throw new NotProven('what fills shorter rows up may be counted')
}
