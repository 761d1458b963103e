import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ModelView } from '../../src/core/model-view.ts'
import { combineObservers } from '../../src/core/observer.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { describeModel } from '../../src/http/describe-model.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { createFolder } from '../support/folders.ts'
import type { Content } from '../support/folders.ts'
import { recordEvents } from '../support/observers.ts'
import { startPool } from '../support/pool.ts'
import { loadRegistry, openRegistry } from '../support/registry.ts'

const regressor = { model: 'regressor' }
const classifier = { model: 'int-labels' }

describe('the registry', () => {
  test('the registry has the only model as the default, and reports each model that it loads', async () => {
    const registry = await openRegistry({ 'r.onnx': regressor })
    expect(registry.list()).toMatchObject([{ name: 'r', version: '1', status: 'loading' }])
    expect(() => registry.get()).toThrow('model r version 1 is still loading')
    const settled: string[] = []
    await registry.load(({ name, status }) => settled.push(`${name} ${status}`))
    expect(settled).toEqual(['r ready'])
    expect(registry.get()).toBe(registry.get('r', '1'))
    expect(registry.get().view).toMatchObject({ name: 'r', version: '1', maxRows: 100, task: { kind: 'regressor' } })
  })

  test('a model that is proven harmless is loaded without a worker', async () => {
    const noWorkers = startPool({ entry: new URL('file:///nowhere/worker.js') })
    const registry = await loadRegistry({ 'r.onnx': regressor, 'slow.onnx': { model: 'slow' } }, {}, noWorkers)
    expect(registry.list()).toMatchObject([
      { name: 'r', status: 'ready' },
      { name: 'slow', status: 'failed' },
    ])
    const x: Tensor = { dataType: 'float32', shape: [1, 2], data: new Float32Array([1, 2]) }
    const { outputs } = await registry.get('r').infer({ inputs: new Map([['X', x]]) })
    expect([...outputs.values()]).toMatchObject([{ shape: [1, 1] }])
  })

  test('the registry loads several models at once, and reports them in order', async () => {
    const pool = startPool()
    const waiting: (() => void)[] = []
    // Each waits for the other: loaded one after the other, neither would ever be.
    const both = async (): Promise<void> => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        if (waiting.length === 2) for (const go of waiting) go()
      })
    }
    const runtime: Runtime = {
      load: (source) => both().then(() => pool.load(source)),
      loadInline: (source) => pool.loadInline(source),
      openTried: (...args) => pool.openTried(...args),
      settle: () => pool.settle(),
      kill: () => pool.kill(),
      close: () => pool.close(),
    }
    const files = { 'a.onnx': { model: 'slow' }, 'b.onnx': 'broken', 'c.onnx': { model: 'slow' } }
    const registry = await openRegistry(files, {}, runtime)
    const settled: string[] = []
    await registry.load(({ name, status }) => settled.push(`${name} ${status}`))
    expect(settled).toEqual(['a ready', 'b failed', 'c ready'])
  })

  test('the registry finds the newest version by default, and each version by its number', async () => {
    const files = { 'r/2/model.onnx': regressor, 'r/10/model.onnx': regressor }
    const registry = await loadRegistry(files)
    expect(registry.get('r').view.version).toBe('10')
    expect(registry.get('r', '2').view.version).toBe('2')
    expect(() => registry.get('r', '3')).toThrow('model r has no version "3"; served: 2, 10')
  })

  test('the registry finds the newest version that is loaded if a newer one failed', async () => {
    const registry = await loadRegistry({ 'r/1/model.onnx': regressor, 'r/2/model.onnx': 'broken' })
    expect(registry.get('r').view.version).toBe('1')
    expect(() => registry.get('r', '2')).toThrow('model r version 2 failed to load: model.onnx is no ONNX model')
  })

  test('the registry has no default among several models unless the settings name one', async () => {
    const files = { 'a.onnx': regressor, 'b.onnx': regressor }
    const text =
      'none of the models is the default (a, b): use /models/{name}/predict, or set DEFAULT_MODEL on the server'
    await expect(loadRegistry(files).then((registry) => registry.get())).rejects.toThrow(text)
    const registry = await loadRegistry(files, { defaultName: 'b' })
    expect(registry.get().view.name).toBe('b')
  })

  test('the error about an unknown model lists the served models, and shortens a long name', async () => {
    const registry = await loadRegistry({ 'a.onnx': regressor, 'b.onnx': regressor })
    expect(() => registry.get('c')).toThrow('no model is named "c"; served: a, b')
    expect(() => registry.get('x'.repeat(500))).toThrow(/^no model is named "x{100}…"/)
  })

  test.each<[string, Readonly<Record<string, Content>>, RegExp]>([
    [
      'a broken file',
      { 'm.onnx': 'broken' },
      /^m\.onnx is no ONNX model, or is cut off: the file ends within its field 12/,
    ],
    ['a broken model.json', { 'm/1/model.onnx': regressor, 'm/model.json': '{' }, /^model\.json is not valid JSON/],
    ['a name that is used twice', { 'm/1/model.onnx': regressor, 'm.onnx': regressor }, /^two models are named m/],
    [
      'features that do not fit',
      { 'm/1/model.onnx': regressor, 'm/model.json': '{"features":[{"name":"a"}]}' },
      /describes 1 features, but the model has 2 columns/,
    ],
    [
      'labels for a regressor',
      { 'm/1/model.onnx': regressor, 'm/model.json': '{"labels":["a"]}' },
      /has 1 label, but a classifier has two classes or more/,
    ],
    [
      'another number of labels',
      { 'm/1/model.onnx': classifier, 'm/model.json': '{"labels":["a","b"]}' },
      /has 2 labels, but the model has 3 classes/,
    ],
  ])('a model with %s fails without a path in its error, and other models are served', async (_case, files, error) => {
    const registry = await loadRegistry({ ...files, 'good.onnx': regressor })
    const entry = registry.find('m')
    expect(entry).toMatchObject({ status: 'failed', error: expect.stringMatching(error) })
    expect(JSON.stringify(describeModel(entry))).not.toContain('/')
    expect(registry.get('good').view.name).toBe('good')
  })

  test.each<[unknown, RegExp]>([
    [['a', 'b'], /has 2 labels, but the model has 3 classes/],
    [[1, 2, 3], /labels are 1, 2, 3, but the file says 10, 20, 30/],
    [[30, 10, 20], /labels are 30, 10, 20, but the file says 10, 20, 30/],
  ])('labels in model.json that contradict the file are refused: %j', async (labels, error) => {
    const files = { 'm/1/model.onnx': classifier, 'm/model.json': JSON.stringify({ labels }) }
    expect((await loadRegistry(files)).find('m')).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(error),
    })
  })

  test('labels are read from the file, and model.json may give them names', async () => {
    const registry = await loadRegistry({
      'plain.onnx': classifier,
      'zipmap.onnx': { model: 'zipmap' },
      'named/1/model.onnx': classifier,
      'named/model.json': '{"labels":["low","middle","high"]}',
    })
    expect(registry.get('plain').view.labels).toEqual([10, 20, 30])
    expect(registry.get('zipmap').view.labels).toEqual([0, 1])
    expect(registry.get('named').view.labels).toEqual(['low', 'middle', 'high'])
    expect([...registry.get('named').view.labelIndex]).toEqual([
      ['10', 0],
      ['20', 1],
      ['30', 2],
    ])
  })

  test('the registry distinguishes the probabilities of a classifier from other scores', async () => {
    const registry = await loadRegistry({ 'p.onnx': classifier, 's.onnx': { model: 'scores' } })
    expect(registry.get('p').view.task).toMatchObject({ kind: 'classifier', scores: 'probabilities' })
    expect(registry.get('s').view.task).toMatchObject({ kind: 'classifier', scores: 'scores' })
  })

  test('the error about a model file that cannot be read has its name and the system error', async () => {
    const folder = createFolder({})
    symlinkSync('/nowhere/at-all.onnx', join(folder, 'm.onnx'))
    const registry = await loadRegistry(folder)
    expect(registry.find('m')).toMatchObject({ error: 'm.onnx cannot be read (ENOENT)' })
  })

  test('the error about an empty model file says that it is empty', async () => {
    expect((await loadRegistry({ 'm.onnx': '' })).find('m')).toMatchObject({ error: 'm.onnx is empty' })
  })

  test('a model with an output that is no tensor has a warning', async () => {
    const registry = await loadRegistry({ 'z.onnx': { model: 'sequence' } })
    expect(registry.get().warnings[0]).toMatch(/^output probabilities is sequence\(tensor\(float32\)\)/)
  })

  test('a model has the lower limit of rows, either that of model.json or that of the server', async () => {
    const files = { 'r/1/model.onnx': regressor, 'r/model.json': '{"limits":{"maxRows":7}}' }
    expect((await loadRegistry(files)).get().view.maxRows).toBe(7)
    expect((await loadRegistry(files, { maxRows: 3 })).get().view.maxRows).toBe(3)
  })

  test.each<[string, object, RegExp]>([
    ['regressor', { maxBatchSize: 32 }, /times less in a batch/],
    ['every-type', { maxBatchSize: 32 }, /times less in a batch/],
    ['columns', { maxBatchSize: 32 }, /times less in a batch/],
  ])('the registry measures how to batch the model "%s"', async (model, batching, reason) => {
    const entry = (await loadRegistry({ 'm.onnx': { model } })).get()
    expect(entry.batching).toMatchObject({ ...batching, reason: expect.stringMatching(reason) })
    expect(entry.batching.measured.map(({ rows }) => rows)).toEqual([1, 8, 32])
  })

  test.each<[unknown, object]>([
    [false, { maxBatchSize: 1, reason: 'model.json forbids it', measured: [{ rows: 1 }] }],
    [
      { maxBatchSize: 7, maxDelayMs: 2 },
      { maxBatchSize: 7, maxDelayMs: 2, reason: 'model.json says so' },
    ],
    [{ maxDelayMs: 3 }, { maxDelayMs: 3, reason: expect.stringContaining('times less') }],
  ])('a model is batched as model.json says: %j', async (batching, expected) => {
    const files = { 'r/1/model.onnx': regressor, 'r/model.json': JSON.stringify({ batching }) }
    expect((await loadRegistry(files)).get().batching).toMatchObject(expected)
  })

  test('a registry that closes answers accepted requests, and refuses later ones', async () => {
    const registry = await loadRegistry({ 's.onnx': { model: 'slow' } })
    const iterations = { dataType: 'int64', shape: [1, 1], data: new BigInt64Array([300n]) } as const
    const model = registry.get()
    const results = [1, 2].map(() => {
      return model.infer({ inputs: new Map([['iterations', { ...iterations, data: iterations.data.slice() }]]) })
    })
    await registry.close()
    expect(await Promise.all(results)).toHaveLength(2)
    await expect(model.infer({ inputs: new Map() })).rejects.toMatchObject({ code: 'MODEL_NOT_READY' })
  })

  test('the observer gets the runs and answers of a model, and the model counts waiting requests', async () => {
    const { events, observer } = recordEvents()
    const views: ModelView[] = []
    const ofModel = (view: ModelView) => {
      views.push(view)
      return observer
    }
    const files = { 'r/1/model.onnx': regressor, 'r/model.json': '{"batching":{"maxBatchSize":8}}' }
    const registry = await loadRegistry(files, { observer: combineObservers([{ ofModel }]) })
    const model = registry.get()
    expect(views).toEqual([model.view])
    const x: Tensor = { dataType: 'float32', shape: [1, 2], data: new Float32Array([1, 2]) }
    const answers = [1, 2].map(() => model.infer({ inputs: new Map([['X', x]]) }))
    expect(model.queued).toBe(2)
    const [first, second] = await Promise.all(answers)
    expect(model.queued).toBe(0)
    expect(events).toEqual([
      ['ran', 2, expect.any(Number)],
      ['completed', first!.timings],
      ['completed', second!.timings],
    ])
  })

  test('the registry reads the description and features of a model from model.json', async () => {
    const description = { description: 'Adds.', features: [{ name: 'a' }, { name: 'b' }] }
    const files = { 'r/1/model.onnx': regressor, 'r/model.json': JSON.stringify(description) }
    const { view } = (await loadRegistry(files)).get()
    expect(view.description).toBe('Adds.')
    expect(view.features.map(({ name }) => name)).toEqual(['a', 'b'])
  })
})
