import type { Constant, Node } from '../graph-writer.ts'
import { axisOf, hasRank, ints, isFloat, isFloats, node, toFloat } from './draft.ts'
import type { Drafter, Known } from './draft.ts'
import { pick } from './random.ts'

// Numbers that are computed from sizes, and what they can do: many say how many rows there are.

const isNumber = ({ type, shape }: Known): boolean => type === 'int64' && shape.length === 1 && shape[0]! <= 4
const isAny = ({ type }: Known): boolean => type === 'float32' || type === 'string' || type === 'int64'

/** One size of a value, several, or all of them as one number. */
export const measure: Drafter = ({ random, name, value }) => {
  const [x, all, from, to, output] = [value(isAny), name(), name(), name(), name()]
  const kind = random(5)
  if (kind === 0) return { nodes: [node('Shape', [x.name], output)], output }
  if (kind === 1) {
    const nodes = [node('Size', [x.name], all), node('Reshape', [all, from], output)]
    return { nodes, constants: { [from]: ints([1]) }, output }
  }
  const axis = random(3) > 0 ? 0 : random(x.shape.length)
  if (kind === 2) {
    const nodes = [node('Shape', [x.name], all), node('Gather', [all, from], output)]
    return { nodes, constants: { [from]: ints([axis]) }, output }
  }
  const nodes = [node('Shape', [x.name], all), node('Slice', [all, from, to], output)]
  return { nodes, constants: { [from]: ints([axis]), [to]: ints([axis + 1]) }, output }
}

/** Arithmetic on such numbers. */
export const calculate: Drafter = ({ random, name, value }) => {
  const [a, b, made, output] = [value(isNumber), name(), name(), name()]
  const constants = { [b]: ints([pick(random, [0, 1, 2, 3, PROBE, -1])]) }
  const other = random(3) === 0 ? value(isNumber).name : b
  const kind = random(8)
  if (kind === 0) return { nodes: [node('Concat', [a.name, other], output, { axis: 0 })], constants, output }
  if (kind === 1) return { nodes: [node('Concat', [other, a.name], output, { axis: 0 })], constants, output }
  if (kind === 2) {
    const nodes = [node('Equal', [a.name, b], made), node('Where', [made, b, a.name], output)]
    return { nodes, constants, output }
  }
  if (kind === 3) return { nodes: [node('ReduceProd', [a.name], output, { axes: [0] })], output }
  const operator = pick(random, ['Mul', 'Div', 'Add', 'Sub', 'Max', 'Min', 'Mod'])
  return { nodes: [node(operator, [a.name, other], output)], constants, output }
}

const PROBE = 5

/** A value whose shape, length or content is by such a number. */
export const byNumber: Drafter = (maker) => {
  const { random, name, value } = maker
  const [n, x, given, output] = [value(isNumber), value(isFloat), name(), name()]
  const rest = `${given}r`
  const joined = random(2) === 0 ? [n.name, given] : [given, n.name]
  const whole: Node = node('Concat', joined, rest, { axis: 0 })
  const constants: Record<string, Constant> = { [given]: ints([pick(random, [-1, 0, 1, 2])]) }
  const shape = random(2) === 0 ? n.name : rest
  const nodes = random(2) === 0 && shape === n.name ? [] : [whole]
  const kinds: readonly (() => Node)[] = [
    () => node('Reshape', [x.name, shape], output),
    () => node('Expand', [x.name, shape], output),
    () => node('Tile', [x.name, shape], output),
    () => node('ConstantOfShape', [shape], output),
    () => node('Gather', [x.name, n.name], output, { axis: axisOf(random, x) }),
    () => node('TopK', [x.name, n.name], output, { axis: axisOf(random, x) }),
    () => toFloat(n.name, output),
    () => node('Add', [x.name, `${output}f`], output),
  ]
  const made = pick(random, kinds)()
  const last = made.op === 'Add' ? [toFloat(n.name, `${output}f`), made] : [made]
  return { nodes: [...nodes, ...last], constants, output }
}

/** Cuts a value from a number on, or up to one; an axis may get empty. */
export const cutByNumber: Drafter = ({ random, name, value }) => {
  const [n, x, constant, axes, output] = [value(isNumber), value(isFloats), name(), name(), name()]
  const bounds = random(2) === 0 ? [constant, n.name] : [n.name, constant]
  const constants = { [constant]: ints([pick(random, [0, 1, 2 ** 31])]), [axes]: ints([axisOf(random, x)]) }
  return { nodes: [node('Slice', [x.name, ...bounds, axes], output)], constants, output }
}

/** A constant whose length only its values tell. */
export const unknownConstant: Drafter = ({ random, name }) => {
  const [values, found, output] = [name(), name(), name()]
  const length = pick(random, [4, 6, 12])
  const constants = {
    [values]: { shape: [length], values: Array.from({ length }, (_, index) => (index % 3 === 0 ? 0 : 1)) },
  }
  if (random(2) === 0) return { nodes: [node('NonZero', [values], output)], constants, output }
  return { nodes: [node('NonZero', [values], found), toFloat(found, output)], constants, output }
}

/** An axis of size 0, and what is left of it. */
export const empty: Drafter = ({ random, name, value }) => {
  const [x, start, end, axes, none, output] = [value(hasRank(1, 2, 3)), name(), name(), name(), name(), name()]
  const axis = axisOf(random, x)
  const constants = { [start]: ints([0]), [end]: ints([0]), [axes]: ints([axis]) }
  const cut = node('Slice', [x.name, start, end, axes], none)
  const kinds: readonly (() => Node)[] = [
    () => node('Concat', [none, x.name], output, { axis }),
    () => node('ReduceSumSquare', [none], output, { axes: [axisOf(random, x)], keepdims: random(2) }),
    () => node('Identity', [none], output),
    () => node('Transpose', [none], output),
  ]
  return { nodes: [cut, pick(random, kinds)()], constants, output }
}
