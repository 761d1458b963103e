import { execFileSync } from 'node:child_process'
import { chmodSync, symlinkSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../../src/core/tensor.ts'
import { describeModel } from '../../../src/http/describe-model.ts'
import { readFeatureNames } from '../../../src/models/meaning/feature-names.ts'
import type { ModelEntry } from '../../../src/models/model-entry.ts'
import { predictCodec } from '../../../src/protocols/predict/predict.ts'
import { SUPPORTED } from '../../../src/runtime/runtime.ts'
import type { Runtime, Session } from '../../../src/runtime/runtime.ts'
import { createFolder } from '../../support/folders.ts'
import { externalModel, linearClassifier, smallModel } from '../../support/onnx-writer.ts'
import { fixtureModel } from '../../support/paths.ts'
import { startPool } from '../../support/pool.ts'
import { loadRegistry } from '../../support/registry.ts'
import { textOf } from '../../support/answers.ts'

async function failureOf(bytes: Buffer): Promise<ModelEntry> {
  return (await loadRegistry({ 'm.onnx': bytes })).find('m')
}

describe('a file that the runtime cannot compute', () => {
  test.each<[string, Parameters<typeof smallModel>[0], RegExp]>([
    [
      'a newer opset',
      { opset: 27 },
      /^the file uses opset 27 of ai\.onnx, and the runtime computes up to 26: export it again with target_opset .* of 26$/,
    ],
    [
      'a newer opset of ai.onnx.ml',
      { mlOpset: 6 },
      /^the file uses opset 6 of ai\.onnx\.ml, and the runtime computes up to 5/,
    ],
    [
      'a newer IR version',
      { irVersion: 14 },
      /^the file has IR version 14, and the runtime reads up to 13: .* model\.ir_version = 13$/,
    ],
    [
      'a custom operator',
      { operator: 'Foo', domain: 'my.ops' },
      /^it uses operators that are no part of ONNX: my\.ops\.Foo; those of ai\.onnx, .* are computed: export it without others$/,
    ],
    [
      'an input of bfloat16',
      { elementType: 16 },
      /^input x holds bfloat16, which is not supported: export it with float32 or float16$/,
    ],
    ['an input of complex numbers', { elementType: 14 }, /^input x holds complex64/],
    [
      'a negative opset',
      { opset: -3 },
      /^the file uses opset -3 of ai\.onnx, and the runtime computes from 1 up to 26/,
    ],
    [
      'an operator of onnxruntime-extensions',
      { operator: 'BertTokenizer', domain: 'ai.onnx.contrib' },
      /^it uses operators that are no part of ONNX: ai\.onnx\.contrib\.BertTokenizer; .* export it without others$/,
    ],
    [
      'an operator for training',
      { operator: 'Adam', domain: 'ai.onnx.preview.training' },
      /^it uses operators that are no part of ONNX: ai\.onnx\.preview\.training\.Adam; /,
    ],
    [
      'an unknown standard operator',
      { operator: 'Frobnicate' },
      /^m\.onnx cannot be loaded: it uses the operator Frobnicate, which opset 17 of ai\.onnx does not have; up to 26 are computed: export it with a target_opset that has it, or without it$/,
    ],
    [
      'an unknown operator of ONNX Runtime',
      { operator: 'Frobnicate', domain: 'com.microsoft' },
      /^m\.onnx cannot be loaded: it uses the operator Frobnicate of com\.microsoft, which the runtime does not have: export it without$/,
    ],
    [
      'only outputs of bfloat16',
      { outputs: [['Cast', 16]] },
      /^none of its outputs can be served: output y0 is tensor\(bfloat16\), and only numbers of 8 to 64 bits, booleans and strings can be answered: export it with a cast to float32 before it$/,
    ],
    [
      'only outputs that are sequences',
      { outputs: [['SequenceConstruct', 'sequence']] },
      /^none of its outputs can be served: output y0 is sequence\(tensor\(float32\)\), .*: export it with a tensor as output$/,
    ],
  ])('a file with %s fails to load, and the error shows the cause', async (_case, options, error) => {
    expect(await failureOf(smallModel(options))).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(error),
    })
  })

  test.each<[string, number, number]>([
    ['bfloat16', 16, 17],
    ['float8e4m3fn', 17, 19],
    ['int4', 22, 21],
  ])(
    'an output of %s is left out with a warning, and the other outputs are served',
    async (type, elementType, opset) => {
      const bytes = smallModel({
        opset,
        irVersion: 10,
        outputs: [
          ['Cast', elementType],
          ['Identity', 1],
        ],
      })
      const model = (await loadRegistry({ 'm.onnx': bytes })).get()
      expect(model.warnings).toEqual([
        `output y0 is tensor(${type}), and only numbers of 8 to 64 bits, booleans and strings can be answered: export it with a cast to float32 before it; it is left out`,
      ])
      const x: Tensor = { dataType: 'float32', shape: [1, 3], data: Float32Array.of(1, 2, 3) }
      const { outputs } = await model.infer({ inputs: new Map([['x', x]]) })
      expect([...outputs]).toMatchObject([['y1', { data: Float32Array.of(1, 2, 3) }]])
    },
  )

  test('a model with the newest supported opsets and IR version is loaded', async () => {
    const [opset, mlOpset] = ['', 'ai.onnx.ml'].map((domain) => SUPPORTED.opsets.get(domain)!)
    const newest = smallModel({ opset: opset!, mlOpset: mlOpset!, irVersion: SUPPORTED.irVersion })
    expect(await failureOf(newest)).toMatchObject({ status: 'ready' })
  })
})

describe('weights in a separate file', () => {
  const weights = Buffer.from(Float32Array.of(2, 0, 0, 3).buffer)
  const x: Tensor = { dataType: 'float32', shape: [1, 2], data: Float32Array.of(5, 7) }

  test('weights in a separate file are found beside the model, even if its folder cannot be written', async () => {
    const folder = createFolder({ 'm/1/model.onnx': externalModel('w.bin', 2), 'm/1/w.bin': weights })
    for (const path of ['m/1/w.bin', 'm/1/model.onnx', 'm/1', 'm']) chmodSync(join(folder, path), 0o555)
    const { outputs } = await (await loadRegistry(folder)).get().infer({ inputs: new Map([['x', x]]) })
    expect(outputs.get('y')!.data).toEqual(Float32Array.of(10, 21))
    for (const path of ['m', 'm/1']) chmodSync(join(folder, path), 0o755)
  })

  test('a model whose weights are missing fails to load, and the error has no path of the machine', async () => {
    const entry = await failureOf(externalModel('w.bin', 2))
    expect(entry).toMatchObject({
      status: 'failed',
      error: 'its weights are in the file "w.bin", which cannot be read (ENOENT): put it beside the model',
    })
    expect(JSON.stringify(describeModel(entry))).not.toContain(tmpdir())
  })
})

test('weights behind a link out of the folder are refused, and the error has no path of the machine', async () => {
  const folder = createFolder({ 'models/m/1/model.onnx': externalModel('w.bin', 2), 'w.bin': Buffer.alloc(16) })
  symlinkSync(join(folder, 'w.bin'), join(folder, 'models/m/1/w.bin'))
  const [entry] = (await loadRegistry(join(folder, 'models'))).list()
  expect(entry).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/"w.bin", a link that leads out of its folder: put the file itself beside the model$/),
  })
  expect(JSON.stringify(describeModel(entry!))).not.toContain(tmpdir())
})

test.each([
  ['/etc/passwd', /outside of its folder/],
  ['../w.bin', /outside of its folder/],
  ['a\0b', /outside of its folder/],
  ['x'.repeat(5000), /cannot be read \(ENAMETOOLONG\)/],
])('weights at the location $0 are refused, and the error has no path of the machine', async (location, error) => {
  const entry = await failureOf(externalModel(location, 2))
  expect(entry).toMatchObject({ status: 'failed', error: expect.stringMatching(error) })
  expect(JSON.stringify(describeModel(entry))).not.toContain(tmpdir())
})

describe('names of features', () => {
  test.each<[string, string, string[]]>([
    ['read from a JSON array', '["a b","c"]', ['a b', 'c']],
    ['read from a Python list', "['a b', 'c']", ['a b', 'c']],
    ['read from a Python tuple', "('a', 'b',)", ['a', 'b']],
    ['read from a Python list with quotes of both kinds', `["O'Brien", 'x']`, ["O'Brien", 'x']],
    ['read from a Python list with an apostrophe in its last name', `['a b', "it's"]`, ['a b', "it's"]],
    [
      'read from a Python list with commas, brackets and escapes',
      String.raw`['a, b', 'c]', 'd\'"\\', 'e\n\xa0']`,
      ['a, b', 'c]', `d'"\\`, 'e\n\u00a0'],
    ],
    ['not read from a Python list that is cut off', `['a', "it's`, []],
    ['not read from a Python list with something other than strings', `['a', Column(1)]`, []],
    ['not read from a number', '12', []],
    ['read from a text with commas', 'a, b', ['a', 'b']],
    ['read from lines of text', 'a\nb', ['a', 'b']],
    ['not read if a name comes twice', '["a","a"]', []],
    ['not read if one of them is empty', '["a",""]', []],
    ['not read from an empty text', '', []],
  ])('the names of features in the metadata are %s', (_case, text, names) => {
    expect(readFeatureNames(new Map([['feature_names', text]]))).toEqual(names)
  })

  test('a warning says that names of features in the metadata are not read, unless model.json has names', async () => {
    const unread = smallModel({ metadata: { feature_names: `['a', Column(1), 'c']` } })
    const registry = await loadRegistry({
      'm.onnx': unread,
      'd/1/model.onnx': unread,
      'd/model.json': '{"features":[{"name":"x"},{"name":"y"},{"name":"z"}]}',
      'read.onnx': smallModel({ metadata: { feature_names: `['a', "it's", 'c']` } }),
    })
    expect(['m', 'd', 'read'].map((name) => registry.get(name).warnings)).toEqual([
      ['the names of the columns under feature_names in the metadata are not read: name them in model.json'],
      [],
      [],
    ])
    expect(registry.get('read').view.features.map(({ name }) => name)).toEqual(['a', "it's", 'c'])
  })

  test('names of features come from model.json, else from the metadata, else they are x0, x1, …', async () => {
    const named = smallModel({ metadata: { feature_names: '["a","b","c"]' } })
    const registry = await loadRegistry({
      'named.onnx': named,
      'described/1/model.onnx': named,
      'described/model.json': '{"features":[{"name":"x"},{"name":"y"},{"name":"z"}]}',
      'other.onnx': smallModel({ metadata: { feature_names: '["a","b"]' } }),
    })
    const names = ['named', 'described', 'other'].map((model) =>
      registry.get(model).view.features.map(({ name }) => name),
    )
    expect(names).toEqual([
      ['a', 'b', 'c'],
      ['x', 'y', 'z'],
      ['x0', 'x1', 'x2'],
    ])
  })
})

describe('an input with more than 100000 columns', () => {
  test.each([2 ** 31, 2 ** 40])(
    'a model with %i columns is loaded without features and without made-up values',
    async (columns) => {
      const registry = await loadRegistry({
        'm.onnx': smallModel({ columns }),
        'd/1/model.onnx': smallModel({ columns }),
        'd/model.json': '{"features":[{"name":"a"}]}',
      })
      const text = `input x has ${columns} columns, more than 100000: it takes tensors only, and no records`
      const { view, warnings, batching, execution } = registry.get('m')
      expect({ features: view.features, warnings }).toEqual({ features: [], warnings: [text] })
      expect(batching).toMatchObject({
        maxBatchSize: 1,
        reason: `made-up values cannot be computed in a batch: those for input x, [1,${columns}], would take more than 64 MB`,
      })
      expect(execution).toEqual({ mode: 'workers', reason: 'its runs could not be measured' })
      expect(describeModel(registry.find('m'))).toMatchObject({ status: 'ready', features: [] })
      expect(registry.find('d')).toMatchObject({
        status: 'failed',
        error: `model.json: describes 1 features, but ${text}`,
      })
    },
  )

  test('a model with more than 100000 columns answers tensors', async () => {
    const x: Tensor = { dataType: 'float32', shape: [1, 100_001], data: new Float32Array(100_001).fill(3) }
    const model = (await loadRegistry({ 'm.onnx': smallModel({ columns: 100_001 }) })).get()
    const { outputs } = await model.infer({ inputs: new Map([['x', x]]) })
    expect(outputs.get('y')!.data).toEqual(new Float32Array(100_001).fill(3))
  })
})

describe('outputs in model.json', () => {
  const files = (outputs: unknown) => ({
    'm/1/model.onnx': readFileSync(fixtureModel('zipmap')),
    'm/model.json': JSON.stringify({ outputs }),
  })

  test('model.json chooses and renames an output by its name in the file, also if its ZipMap is removed', async () => {
    const { view } = (
      await loadRegistry(files([{ tensor: 'output_probability', name: 'p', columns: ['no', 'yes'] }]))
    ).get()
    expect(view.outputs).toEqual([
      { tensor: 'scores', fileName: 'output_probability', name: 'p', columns: ['no', 'yes'] },
    ])
    expect(view.task).toEqual({ kind: 'regressor', value: 'scores' })
  })

  test.each<[unknown, RegExp]>([
    [[{ tensor: 'nothing' }], /the model has no output nothing that can be served; it has label, output_probability/],
    [[{ tensor: 'scores', columns: ['a'] }], /names 1 columns of output scores, whose shape is \[-1,2\]/],
    [[{ tensor: 'label' }, { tensor: 'scores', name: 'label' }], /two outputs have the same name/],
  ])('a model with wrong outputs in model.json fails to load: %j', async (outputs, error) => {
    expect((await loadRegistry(files(outputs))).find('m')).toMatchObject({ error: expect.stringMatching(error) })
  })
})

describe('labels and outputs in model.json', () => {
  const answer = async (description: object, fixture = 'int-labels') => {
    const files = { 'm/1/model.onnx': { model: fixture }, 'm/model.json': JSON.stringify(description) }
    const registry = await loadRegistry(files)
    if (registry.find('m').status === 'failed') return registry.find('m')
    const model = registry.get('m')
    const { view } = model
    const request = predictCodec.decode({ bytes: Buffer.from('[[5,0],[0,5]]'), isCsv: false }, view)
    return JSON.parse(textOf(predictCodec.encode(await model.infer(request), request, view))) as unknown
  }
  const labels = ['low', 'middle', 'high']
  const byClass = { low: expect.any(Number), middle: expect.any(Number), high: expect.any(Number) }

  test('labels in model.json name the classes in an answer, also if it has only one output', async () => {
    expect(await answer({ labels, outputs: [{ tensor: 'label' }] })).toMatchObject({
      predictions: [{ label: 'low' }, { label: 'middle' }],
    })
    expect(await answer({ labels, outputs: [{ tensor: 'label', name: 'size' }] })).toMatchObject({
      predictions: [{ size: 'low' }, { size: 'middle' }],
    })
    expect(await answer({ labels, outputs: [{ tensor: 'probabilities' }] })).toMatchObject({
      predictions: [byClass, byClass],
    })
    expect(await answer({ labels, outputs: [{ tensor: 'probabilities', name: 'p' }] })).toMatchObject({
      predictions: [{ p: byClass }, { p: byClass }],
    })
  })

  test.each<[object, RegExp, string?]>([
    [
      { labels: ['a', 'b'], outputs: [{ tensor: 'probabilities' }] },
      /2 labels, but output probabilities has 3 numbers/,
    ],
    [{ labels: ['a', 'b'], outputs: [{ tensor: 'label' }] }, /2 labels, but the model has 3 classes/],
    [{ labels: ['a'] }, /has 1 label, but a classifier has two classes or more/, 'regressor'],
    [{ labels: ['a', 'b'] }, /has labels, but the model is no classifier: choose one output of numbers/, 'image'],
  ])(
    'a model with labels in model.json that do not fit its outputs fails to load: %j',
    async (description, error, model) => {
      expect(await answer(description, model)).toMatchObject({ error: expect.stringMatching(error) })
    },
  )

  test.each([
    [[{ tensor: 'label', name: 'probabilities' }, { tensor: 'probabilities' }]],
    [[{ tensor: 'label', name: 'scores' }, { tensor: 'probabilities' }]],
    [[{ tensor: 'label' }, { tensor: 'probabilities', name: 'label' }]],
  ])('outputs in model.json that may have the same key in an answer are refused: %j', async (outputs) => {
    expect(await answer({ outputs })).toMatchObject({ error: expect.stringMatching(/two outputs/) })
  })
})

describe('a file in which two things have the same name', () => {
  const classifier = (classes: readonly string[], outputs = ['y', 'p']) => linearClassifier({ classes, outputs })

  test('a model with two equal classes answers its probabilities in an array, and has a warning', async () => {
    const model = (await loadRegistry({ 'm.onnx': classifier(['a', 'a', 'b']) })).get()
    const { view, warnings } = model
    expect(warnings).toEqual([
      'two classes in the file are named a: their numbers are answered in an array; export it with a name for each',
    ])
    const request = predictCodec.decode({ bytes: Buffer.from('[[5,0]]'), isCsv: false }, view)
    const reply = textOf(predictCodec.encode(await model.infer(request), request, view))
    expect(JSON.parse(reply)).toMatchObject({ predictions: [{ label: 'a', probabilities: expect.any(Array) }] })
    expect(reply.match(/"a":/g)).toBe(null)
  })

  test('labels in model.json are refused if the file has two equal classes', async () => {
    const files = { 'm/1/model.onnx': classifier(['a', 'a', 'b']), 'm/model.json': '{"labels":["x","y","z"]}' }
    expect((await loadRegistry(files)).find('m')).toMatchObject({ error: expect.stringContaining('the class a') })
  })

  test('a file with two outputs of the same name fails to load', async () => {
    expect(await failureOf(classifier(['a', 'b', 'c'], ['y', 'y']))).toMatchObject({
      status: 'failed',
      error: 'two of its outputs are named y: export it with a name for each',
    })
  })
})

describe('examples.json', () => {
  const load = async (examples: unknown) => {
    const text = typeof examples === 'string' ? examples : JSON.stringify(examples)
    const files = { 'm/1/model.onnx': { model: 'regressor' }, 'm/1/examples.json': text }
    return (await loadRegistry(files)).find('m')
  }

  test('a model is ready if it answers every row of examples.json as expected', async () => {
    const examples = Array.from({ length: 250 }, (_, x1) => ({ input: { x0: 1, x1 }, prediction: 2 + 3 * x1 + 1 }))
    expect(await load({ examples })).toMatchObject({ status: 'ready' })
  })

  test.each<[string, unknown, string | RegExp]>([
    [
      'another number than the model answers',
      {
        examples: [
          { input: [1, 1], prediction: 6 },
          { input: [1, 2], prediction: 9.5 },
        ],
      },
      'examples.json: examples[1].prediction: expected 9.5, got 9, further off than 0.00001',
    ],
    [
      'another form of prediction',
      { examples: [{ input: [1, 1], prediction: { label: 1 } }] },
      'examples.json: examples[0].prediction: expected an object, got 6',
    ],
    [
      'an input that does not fit',
      { examples: [{ input: [1], prediction: 6 }] },
      /\[0\]: expected 2 values \(x0, x1\), got 1/,
    ],
    ['no examples', { examples: [] }, /examples\.json: examples: /],
    ['broken JSON', '{', /examples\.json is not valid JSON/],
  ])('an examples.json with %s makes the load fail, and the error shows the fault', async (_case, examples, error) => {
    const entry = await load(examples)
    expect(entry).toMatchObject({ status: 'failed' })
    if (typeof error === 'string') expect(entry).toMatchObject({ error })
    else expect(entry).toMatchObject({ error: expect.stringMatching(error) })
  })

  test('a model whose examples.json fails does not stay loaded, neither in workers nor inline', async () => {
    const pool = startPool()
    const opened: string[] = []
    const loaded = new Set<string>()
    const watch = (where: string, session: Session): Session => {
      opened.push(where)
      loaded.add(where)
      const dispose = async () => {
        loaded.delete(where)
        await session.dispose()
      }
      return { ...session, dispose }
    }
    const runtime: Runtime = {
      load: async (source) => watch('trial in a worker', await pool.load(source)),
      loadInline: async (source) => watch('inline', await pool.loadInline(source)),
      openTried: (...args) => watch('workers', pool.openTried(...args)),
      settle: () => pool.settle(),
      kill: () => pool.kill(),
      close: () => pool.close(),
    }
    const examples = { 'm/1/examples.json': '{"examples":[{"input":[1,1],"prediction":7}]}' }
    for (const execution of ['inline', 'workers']) {
      const files = {
        'm/1/model.onnx': { model: 'regressor' },
        'm/model.json': JSON.stringify({ execution }),
        ...examples,
      }
      expect((await loadRegistry(files, {}, runtime)).find('m')).toMatchObject({ status: 'failed' })
      expect([...loaded]).toEqual([])
    }
    expect(opened).toEqual(['inline', 'workers', 'trial in a worker'])
  })

  test('labels in examples.json are compared exactly, even with a tolerance', async () => {
    const loadWith = async (label: number) => {
      const prediction = { label, probabilities: { 10: 0.5, 20: 0.5, 30: 0.5 } }
      const examples = { tolerance: 1, examples: [{ input: [5, 0], prediction }] }
      const files = { 'm/1/model.onnx': { model: 'int-labels' }, 'm/1/examples.json': JSON.stringify(examples) }
      return (await loadRegistry(files)).find('m')
    }
    expect(await loadWith(10)).toMatchObject({ status: 'ready' })
    expect(await loadWith(9)).toMatchObject({
      status: 'failed',
      error: 'examples.json: examples[0].prediction.label: expected 9, got 10',
    })
  })

  test('integers beyond 2^53 in examples.json are exact', async () => {
    const loadAs = async (got: string) => {
      const text = `{"examples":[{"input":[9007199254740993,1,-9007199254740995],"prediction":{"y":[${got}]}}]}`
      const files = { 'm/1/model.onnx': smallModel({ elementType: 7 }), 'm/1/examples.json': text }
      return (await loadRegistry(files)).find('m')
    }
    expect(await loadAs('9007199254740993,1,-9007199254740995')).toMatchObject({ status: 'ready' })
    expect(await loadAs('9007199254740992,1,-9007199254740995')).toMatchObject({
      error: 'examples.json: examples[0].prediction.y.0: expected 9007199254740992, got 9007199254740993',
    })
  })

  test('examples.json may set its own tolerance', async () => {
    expect(await load({ tolerance: 0.1, examples: [{ input: [1, 1], prediction: 6.5 }] })).toMatchObject({
      status: 'ready',
    })
  })
})

describe('labels of the file and labels of model.json', () => {
  test('two labels in model.json are refused for three classes, which otherwise have the labels of the file', async () => {
    const labels = ['a', 'b']
    const registry = await loadRegistry({
      'r/1/model.onnx': { model: 'int-labels' },
      'r/model.json': JSON.stringify({ labels }),
      'ok.onnx': { model: 'int-labels' },
    })
    expect(registry.find('r')).toMatchObject({ status: 'failed', error: expect.stringContaining('2 labels') })
    expect(registry.get('ok').view.labels).toEqual([10, 20, 30])
  })
})

describe('features in model.json', () => {
  test.each<[object, RegExp]>([
    [
      { name: 'n', missing: 1.5, type: 'integer' },
      /"missing" of feature n: expected an integer, "nan" or "refuse", got 1\.5$/,
    ],
    [{ name: 'n', example: 'yesterday', type: 'date' }, /"example" of feature n: expected a date, got "yesterday"$/],
    [{ name: 'n', type: 'datetime' }, /seconds do not fit into float32: export with float64/],
  ])('a model with a feature in model.json that does not fit its column fails to load: %j', async (feature, error) => {
    const features = JSON.stringify({ features: [feature, { name: 'b' }] })
    const registry = await loadRegistry({ 'm/1/model.onnx': { model: 'regressor' }, 'm/model.json': features })
    expect(registry.find('m')).toMatchObject({ status: 'failed', error: expect.stringMatching(error) })
  })
})

test('a pipe is never opened as a model', async () => {
  const folder = createFolder({ 'good.onnx': { model: 'regressor' } })
  execFileSync('mkfifo', [join(folder, 'pipe.onnx')])
  const registry = await loadRegistry(folder)
  expect(registry.find('pipe')).toMatchObject({ status: 'failed', error: 'pipe.onnx is no file' })
  expect(registry.get('good').view.name).toBe('good')
})
