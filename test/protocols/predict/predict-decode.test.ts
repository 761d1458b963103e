import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelView } from '../../../src/core/model-view.ts'
import { predictCodec } from '../../../src/protocols/predict/predict.ts'
import { errorOf, problemsOf } from '../../support/errors.ts'
import { createView, spec, tableView } from '../../support/views.ts'

function decode(body: unknown, model: ModelView) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return predictCodec.decode({ bytes, isCsv: false }, model).inputs
}

const columns = createView({
  signature: {
    inputs: [spec('age', 'float32', [-1, 1]), spec('name', 'string', [-1, 1]), spec('member', 'bool', [-1, 1])],
    outputs: [spec('y', 'float32', [-1, 1])],
  },
})

const image = createView({
  signature: { inputs: [spec('image', 'float32', [-1, 1, 2, 2])], outputs: [spec('y', 'float32', [-1, 4])] },
})

const pair = createView({
  signature: {
    inputs: [spec('ids', 'int64', [-1, -1]), spec('mask', 'int64', [-1, -1])],
    outputs: [spec('y', 'float32', [-1, 4])],
  },
})

describe('instances keyed by input', () => {
  const table = tableView()
  const people = [
    { age: [36.5], name: ['Ada'], member: [true] },
    { age: [1], name: ['Bob'], member: [false] },
  ]

  test('instances keyed by input are accepted by a model with one input', () => {
    const rows = [{ X: [1, 2, 3] }, { X: [4, 5, 6] }]
    expect(decode({ instances: rows }, table)).toEqual(decode({ instances: [first(1), first(4)] }, table))
  })

  test('instances keyed by input are accepted, as arrays of one, by a model with an input for each column', () => {
    expect(decode({ instances: people }, columns)).toEqual(
      decode(
        { instances: people.map(({ age: [age], name: [name], member: [member] }) => ({ age, name, member })) },
        columns,
      ),
    )
  })

  test.each<[string, unknown, string]>([
    ['if an input is missing', [people[0], { age: [1], name: ['x'] }], 'instances[1].member: is missing'],
    ['if an input is unknown', [people[0], { ...people[1], x: [1] }], 'instances[1].x: is no input of this model'],
    ['if an input has a wrong shape', [people[0], { ...people[1], age: [1, 2] }], 'inputs.age[1]: expected 1 elements'],
    [
      'if an input is given twice',
      '{"instances":[{"age":[1],"age":[2],"name":["x"],"member":[true]}]}',
      'instances[0].age: is given twice',
    ],
  ])('instances keyed by input are refused %s', (_case, instances, problem) => {
    const body = typeof instances === 'string' ? instances : { instances }
    expect(problemsOf(() => decode(body, columns))).toEqual([expect.stringContaining(problem)])
  })

  function first(value: number): number[] {
    return [value, value + 1, value + 2]
  }
})

describe('a body that is accepted', () => {
  const expected = new Map([['X', { dataType: 'float32', shape: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, 6]) }]])
  const first = { a: 1, b: 2, c: 3 }

  test.each<[string, unknown]>([
    ['an array of records', [first, { a: 4, b: 5, c: 6 }]],
    [
      'records in any order of keys',
      [
        { c: 3, a: 1, b: 2 },
        { b: 5, c: 6, a: 4 },
      ],
    ],
    [
      'instances of rows',
      {
        instances: [
          [1, 2, 3],
          [4, 5, 6],
        ],
      },
    ],
    ['instances of records', { instances: [first, { a: 4, b: 5, c: 6 }] }],
    ['a mix of rows and records', { instances: [first, [4, 5, 6]] }],
    [
      'an array of rows',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    [
      'tensors by name',
      {
        inputs: {
          X: [
            [1, 2, 3],
            [4, 5, 6],
          ],
        },
      },
    ],
  ])('a predict request may be %s', (_form, body) => {
    expect(decode(body, tableView())).toEqual(expected)
  })

  test('a predict request may be one flat record', () => {
    expect(decode(first, tableView()).get('X')).toMatchObject({ shape: [1, 3], data: new Float32Array([1, 2, 3]) })
  })

  test('rows, and records with any order of keys, give the same tensor in a predict request', () => {
    const row = fc.record({ a: fc.integer(), b: fc.integer(), c: fc.integer() })
    const rows = fc.array(row, { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.boolean()), (records, flips) => {
        const shuffled = records.map(({ a, b, c }) => {
          const { value: flip } = flips.next()
          return flip ? { c, b, a } : [a, b, c]
        })
        const { data } = decode({ instances: shuffled }, tableView()).get('X')!
        expect(data).toEqual(new Float32Array(records.flatMap(({ a, b, c }) => [a, b, c])))
      }),
    )
  })

  test('a predict request fills an input for each column, of different types', () => {
    const inputs = decode([{ name: 'Ada', member: true, age: 36 }, [40, 'Alan', false]], columns)
    expect(inputs).toEqual(
      new Map<string, unknown>([
        ['age', { dataType: 'float32', shape: [2, 1], data: new Float32Array([36, 40]) }],
        ['name', { dataType: 'string', shape: [2, 1], data: ['Ada', 'Alan'] }],
        ['member', { dataType: 'bool', shape: [2, 1], data: new Uint8Array([1, 0]) }],
      ]),
    )
  })

  test('instances for a model without features are its one input, row by row', () => {
    const { shape, data } = decode(
      {
        instances: [
          [
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ],
      },
      image,
    ).get('image')!
    expect(shape).toEqual([1, 1, 2, 2])
    expect(data).toEqual(new Float32Array([1, 2, 3, 4]))
  })

  test('a predict request may have several tensors with free dimensions', () => {
    const inputs = decode({ inputs: { mask: [[1, 1, 0]], ids: [[7, '9007199254740993', 0]] } }, pair)
    expect(inputs.get('ids')).toMatchObject({ shape: [1, 3], data: new BigInt64Array([7n, 2n ** 53n + 1n, 0n]) })
    expect([...inputs.keys()]).toEqual(['ids', 'mask'])
  })

  test.each<[string, unknown, ModelView, Record<string, number[]>]>([
    ['for one input', { X: [] }, tableView(), { X: [0, 3] }],
    ['with fixed inner axes', { image: [] }, image, { image: [0, 1, 2, 2] }],
    ['for several inputs', { ids: [], mask: [] }, pair, { ids: [0, 0], mask: [0, 0] }],
    ['with empty inner axes', { ids: [[], []], mask: [[], []] }, pair, { ids: [2, 0], mask: [2, 0] }],
    ['for one input without a name', [], tableView(), { X: [0, 3] }],
  ])('a predict request may have empty tensors %s', (_case, inputs, model, shapes) => {
    const tensors = decode({ inputs }, model)
    for (const [name, shape] of Object.entries(shapes))
      expect(tensors.get(name)).toMatchObject({ shape, data: { length: 0 } })
  })

  test('the keys instances and inputs are read as features if the model has features of these names', () => {
    const model = tableView({ features: [{ name: 'instances' }, { name: 'inputs' }, { name: 'c' }] })
    expect(decode({ instances: 1, inputs: 2, c: 3 }, model).get('X')!.data).toEqual(new Float32Array([1, 2, 3]))
  })

  test('a feature may have the name of a member of every object, such as __proto__', () => {
    const model = tableView({ features: [{ name: '__proto__' }, { name: 'constructor' }, { name: 'c' }] })
    expect(decode('{"__proto__":1,"constructor":2,"c":3}', model).get('X')!.data).toEqual(new Float32Array([1, 2, 3]))
  })

  test('model.json decides the number of columns if the model leaves it free', () => {
    const model = tableView({ signature: { inputs: [spec('X', 'float32', [-1, -1])], outputs: [] } })
    expect(decode({ a: 1, b: 2, c: 3 }, model).get('X')!.shape).toEqual([1, 3])
  })
})

describe('a body that is refused', () => {
  test.each<[string, unknown, string[]]>([
    ['a missing feature', { a: 1, c: 3 }, ['b: is missing: expected a number']],
    ['an unknown feature', { a: 1, b: 2, c: 3, d: 4 }, ['d: is no feature of this model']],
    ['a feature of the wrong type', { a: 1, b: 'wide', c: 3 }, ['b: expected a number, got "wide"']],
    [
      'a key named like a member of every object',
      { a: 1, b: 2, c: 3, toString: 1 },
      ['toString: is no feature of this model'],
    ],
    ['a duplicate feature', '{"a":1,"b":2,"c":3,"a":1}', ['a: is given twice']],
    ['a duplicate feature in a batch', '[[1,2,3],{"a":1,"b":2,"c":3,"b":2}]', ['[1].b: is given twice']],
    ['a duplicate envelope', '{"instances":[[1,2,3]],"instances":[[4,5,6]]}', ['instances: is given twice']],
    ['a duplicate tensor', '{"inputs":{"X":[[1,2,3]],"X":[[1,2,3]]}}', ['inputs.X: is given twice']],
    [
      'a missing feature beside a duplicate one',
      '{"a":1,"a":2,"c":3}',
      ['b: is missing: expected a number', 'a: is given twice'],
    ],
    ['an empty batch', { instances: [] }, ['instances: the batch is empty: expected at least one row']],
    ['only an empty array', [], [': the batch is empty: expected at least one row']],
    [
      'a short row',
      {
        instances: [
          [1, 2, 3],
          [4, 5],
        ],
      },
      ['instances[1]: expected 3 values (a, b, c), got 2'],
    ],
    ['a wrong value in a row', { instances: [[1, 'x', 3]] }, ['instances[0][1]: b: expected a number, got "x"']],
    [
      'a number instead of a row',
      { instances: [7] },
      ['instances[0]: expected a record or an array of features, got 7'],
    ],
    ['a number that is too large', { a: 1e39, b: 2, c: 3 }, ['a: expected a number that float32 can hold, got 1e+39']],
    ['instances that are no array', { instances: {} }, ['instances: expected an array of rows, got an object']],
    [
      'another key beside instances',
      { instances: [[1, 2, 3]], extra: 1 },
      ['extra: is not expected beside "instances"'],
    ],
    ['inputs that are no object', { inputs: 1 }, ['inputs: expected an object of tensors by name, got 1']],
    ['an unknown tensor', { inputs: { X: [[1, 2, 3]], Y: 1 } }, ['inputs.Y: is no input of this model']],
    ['a missing tensor', { inputs: {} }, ['inputs.X: is missing: expected a tensor']],
    ['a tensor of the wrong shape', { inputs: { X: [[1, 2]] } }, ['inputs.X: expected shape [any,3], got [1,2]']],
    ['a tensor of the wrong rank', { inputs: { X: [1, 2, 3] } }, ['inputs.X: expected shape [any,3], got [3]']],
    [
      'a tensor of rows with different lengths',
      {
        inputs: {
          X: [
            [1, 2, 3],
            [4, 5],
          ],
        },
      },
      ['inputs.X[1]: expected 3 elements as in the first row, got 2'],
    ],
    [
      'a tensor whose first row is empty',
      { inputs: { X: [[], [1, 2, 3]] } },
      ['inputs.X: expected shape [any,3], got [2,0]'],
    ],
    ['a tensor of mixed depth', { inputs: { X: [[1, 2, 3], 4] } }, ['inputs.X[1]: expected an array, got 4']],
    [
      'a wrong element in a tensor',
      { inputs: { X: [[1, 2, [3]]] } },
      ['inputs.X[0][2]: expected a number, got an array'],
    ],
    ['only a number', '5', [': expected a record, an array of records, or "instances", got 5']],
    ['only null', 'null', [': expected a record, an array of records, or "instances", got null']],
  ])('a predict request with %s is refused', (_case, body, problems) => {
    expect(problemsOf(() => decode(body, tableView()))).toEqual(problems)
  })

  test('the error of a model without features says what the model takes', () => {
    const text = ': expected "instances" or "inputs": this model has no features, but the inputs image'
    expect(problemsOf(() => decode({ image: 1 }, image))).toEqual([text])
    expect(errorOf(() => decode({ instances: [1] }, pair)).message).toContain(
      'expected an object with the inputs ids, mask, got 1',
    )
  })

  test('a predict request with more rows than the limit is refused', () => {
    const text = 'instances: expected at most 2 rows in one request, got 3'
    expect(problemsOf(() => decode({ instances: [[], [], []] }, tableView({ maxRows: 2 })))).toEqual([text])
    const tensor = {
      inputs: {
        X: [
          [1, 2, 3],
          [1, 2, 3],
          [1, 2, 3],
        ],
      },
    }
    expect(errorOf(() => decode(tensor, tableView({ maxRows: 2 }))).message).toContain('at most 2 rows')
  })

  test('a model of fixed batch refuses a predict request with another number of rows', () => {
    const model = tableView({ signature: { inputs: [spec('X', 'float32', [2, 3])], outputs: [] } })
    const text = 'this model takes exactly 2 rows in one request, got 1'
    expect(problemsOf(() => decode({ a: 1, b: 2, c: 3 }, model))).toEqual([`: ${text}`])
    expect(problemsOf(() => decode([[1, 2, 3]], model))).toEqual([`: ${text}`])
    expect(
      decode(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        model,
      ).get('X')!.shape,
    ).toEqual([2, 3])
  })

  test('the error of a predict request names ten wrong elements, and says that there are more', () => {
    const rows = Array.from({ length: 50 }, () => ['x', 'y', 'z'])
    const error = errorOf(() => decode({ instances: rows }, tableView()))
    expect(error.details).toHaveLength(10)
    expect(error.message).toBe('instances[0][0]: a: expected a number, got "x" (and at least 9 more)')
  })

  test('a tensor with a long first row takes no memory for other rows if they are empty', () => {
    const wide = Array.from({ length: 1000 }, () => 1)
    const model = createView({ signature: { inputs: [spec('X', 'float64', [-1, -1])], outputs: [] }, maxRows: 1e9 })
    const body = { inputs: { X: [wide, ...Array.from({ length: 100_000 }, () => [])] } }
    const before = process.memoryUsage().arrayBuffers
    expect(problemsOf(() => decode(body, model))[0]).toMatch(/inputs\.X\[1\]: expected 1000 elements/)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100e6)
  })

  test('a predict request that is nested too deeply is refused without recursion', () => {
    const model = createView({ signature: { inputs: [spec('X', 'float32', [])], outputs: [] } })
    const deep = `${'['.repeat(100_000)}1${']'.repeat(100_000)}`
    expect(problemsOf(() => decode(`{"inputs":{"X":${deep}}}`, model))).toEqual([
      ': expected at most 1000 nested arrays and objects',
    ])
    const shallow = `${'['.repeat(900)}1${']'.repeat(900)}`
    expect(problemsOf(() => decode(`{"inputs":{"X":${shallow}}}`, model))).toEqual([
      'inputs.X: expected at most 32 nested arrays',
    ])
    expect(problemsOf(() => decode(`{"a":${shallow}}`, tableView()))[0]).toBe('a: expected a number, got an array')
    // Brackets in a text are none.
    const text = columns.features.find(({ type }) => type === 'string')!
    expect(decode({ age: 1, [text.name]: '['.repeat(100_000), member: true }, columns).size).toBe(3)
  })

  test('a hostile predict request costs little more than its parsing, and gets a short error', () => {
    const keys = Array.from({ length: 200_000 }, (_, index) => `"k${index}":0`).join()
    const deep = `${'['.repeat(100_000)}{${Array.from({ length: 12 }, () => '"x":1').join()}}${']'.repeat(100_000)}`
    for (const body of [`{${keys}}`, `[{${keys}}]`, deep, `[${deep}]`]) {
      const error = errorOf(() => decode(body, tableView()))
      expect(JSON.stringify(error).length + error.message.length).toBeLessThan(5000)
    }
  })

  test('the predict codec throws only its own error, for any JSON or text', () => {
    const views = [tableView(), columns, image, pair]
    const bodies = fc.oneof(
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ instances: [value, value] })),
      fc.jsonValue().map((value) => JSON.stringify({ inputs: { X: value, image: value } })),
      fc.string(),
    )
    fc.assert(
      fc.property(bodies, fc.constantFrom(...views), (body, model) => {
        try {
          decode(body, model)
        } catch (error) {
          expect(error).toMatchObject({ name: 'ServingError', code: 'INVALID_INPUT' })
        }
      }),
      { numRuns: 2000 },
    )
  })
})

test('tensors of one batch must have the same number of rows, unless the file names their axes differently', () => {
  const ids = { inputs: { ids: [[1], [2]], mask: [[1]] } }
  expect(problemsOf(() => decode(ids, pair))).toEqual(['inputs.mask: expected 2 rows as in ids, got 1'])
  const [a, b] = pair.signature.inputs
  const inputs = [
    { ...a!, freeNames: ['n', undefined] },
    { ...b!, freeNames: ['m', undefined] },
  ]
  expect(decode(ids, createView({ signature: { inputs, outputs: [] } })).size).toBe(2)
})
