import { along, axisOf, hasRank, ints, isFloat, isFloats, node, toFloat, weights } from './draft.ts'
import type { Drafter } from './draft.ts'
import { pick } from './random.ts'

export const reduce: Drafter = ({ random, name, value, opset }) => {
  const [x, output, axesName] = [value(isFloats), name(), name()]
  const operator = pick(random, ['ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceMean', 'ReduceL1', 'ReduceSumSquare'])
  const axes = random(6) === 0 ? [] : [axisOf(random, x)]
  const keepdims = random(2)
  if (operator === 'ReduceSum' && opset >= 13) {
    const inputs = axes.length > 0 ? [x.name, axesName] : [x.name]
    return {
      nodes: [node(operator, inputs, output, { keepdims })],
      constants: axes.length > 0 ? { [axesName]: ints(axes) } : {},
      output,
    }
  }
  return { nodes: [node(operator, [x.name], output, axes.length > 0 ? { axes, keepdims } : { keepdims })], output }
}

export const argMax: Drafter = ({ random, name, value }) => {
  const [x, made, output] = [value(isFloat), name(), name()]
  const attributes = { axis: axisOf(random, x), keepdims: random(2) }
  return {
    nodes: [node(pick(random, ['ArgMax', 'ArgMin']), [x.name], made, attributes), toFloat(made, output)],
    output,
  }
}

export const softmax = along(['Softmax', 'LogSoftmax', 'Hardmax'], (random, x) =>
  random(3) === 0 ? {} : { axis: axisOf(random, x) },
)

export const lpNormalization = along(['LpNormalization'], (random, x) => ({
  axis: axisOf(random, x),
  p: 1 + random(2),
}))

export const cumSum: Drafter = ({ random, name, value }) => {
  const [x, axis, output] = [value(isFloat), name(), name()]
  return {
    nodes: [node('CumSum', [x.name, axis], output)],
    constants: { [axis]: { shape: [], values: [axisOf(random, x)], type: 'int64' } },
    output,
  }
}

export const normalize: Drafter = ({ random, name, value, opset }) => {
  const [x, s, output] = [value(isFloat), name(), name()]
  const channels = x.shape[1] ?? 1
  if (random(3) === 0)
    return {
      nodes: [node('BatchNormalization', [x.name, s, s, s, `${s}v`], output)],
      constants: {
        [s]: weights([channels], random),
        [`${s}v`]: { shape: [channels], values: Array.from({ length: channels }, () => 1) },
      },
      output,
    }
  if (random(2) === 0 || opset < 17)
    return {
      nodes: [node('InstanceNormalization', [x.name, s, s], output)],
      constants: { [s]: weights([channels], random) },
      output,
    }
  const axis = axisOf(random, x)
  const from = axis < 0 ? axis + x.shape.length : axis
  return {
    nodes: [node('LayerNormalization', [x.name, s], output, { axis })],
    constants: { [s]: weights(x.shape.slice(from), random) },
    output,
  }
}

export const convolve: Drafter = ({ random, name, value }) => {
  const [x, w, output] = [value(hasRank(3, 4)), name(), name()]
  const spatial = x.shape.length - 2
  if (random(2) === 0) {
    const operator = pick(random, ['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool'])
    const attributes = operator.startsWith('Global')
      ? {}
      : { kernel_shape: Array.from({ length: spatial }, () => 1 + random(2)) }
    return { nodes: [node(operator, [x.name], output, attributes)], output }
  }
  const kernel = Array.from({ length: spatial }, () => 1 + random(2))
  const operator = pick(random, ['Conv', 'Conv', 'ConvTranspose'])
  const shape = operator === 'Conv' ? [2, x.shape[1] ?? 1, ...kernel] : [x.shape[1] ?? 1, 2, ...kernel]
  const strides = Array.from({ length: spatial }, () => 1 + random(2))
  return {
    nodes: [node(operator, [x.name, w], output, { strides })],
    constants: { [w]: weights(shape, random) },
    output,
  }
}

export const recur: Drafter = ({ random, name, value }) => {
  const [x, w, r, output] = [value(hasRank(3)), name(), name(), name()]
  const features = x.shape.at(-1)!
  return {
    nodes: [
      {
        op: 'GRU',
        inputs: [x.name, w, r],
        outputs: random(2) === 0 ? [output] : ['', output],
        attributes: { hidden_size: 2 },
      },
    ],
    constants: { [w]: weights([1, 6, features], random), [r]: weights([1, 6, 2], random) },
    output,
  }
}

export const learned: Drafter = ({ random, name, value }) => {
  const [x, output, index] = [value(hasRank(1, 2)), name(), name()]
  const columns = x.shape.at(-1)!
  const kind = random(4)
  const ml = 'ai.onnx.ml'
  if (kind === 0)
    return { nodes: [node('Normalizer', [x.name], output, { norm: pick(random, ['L1', 'MAX']) }, ml)], output }
  if (kind === 1) return { nodes: [node('Scaler', [x.name], output, { offset: [1], scale: [2] }, ml)], output }
  if (kind === 2)
    return {
      nodes: [node('ArrayFeatureExtractor', [x.name, index], output, {}, ml)],
      constants: { [index]: ints([0, columns - 1]) },
      output,
    }
  const coefficients = Array.from({ length: 3 * columns }, () => random(5) - 2)
  const attributes = { coefficients, intercepts: [0, 1, 2], classlabels_ints: [0, 1, 2] }
  return {
    nodes: [{ op: 'LinearClassifier', inputs: [x.name], outputs: [`${output}l`, output], attributes, domain: ml }],
    output,
  }
}
