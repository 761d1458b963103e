import { describe, expect, test } from 'vitest'
import type { Model } from '../../src/models/model.ts'
import { readinessOf } from '../../src/models/readiness.ts'
import type { ModelEntry } from '../../src/models/model-entry.ts'
import { openRegistry } from '../support/registry.ts'

const NO_MODEL = {} as Model

function entry(status: ModelEntry['status']): ModelEntry {
  const file = { name: 'm', version: '1', file: 'm.onnx' }
  if (status === 'failed') return { ...file, status, error: 'broken' }
  return status === 'loading' ? { ...file, status } : { ...file, status, model: NO_MODEL }
}

function readiness(statuses: readonly ModelEntry['status'][], { isStarting = false, isDraining = false } = {}) {
  return readinessOf({ isStarting, list: () => statuses.map(entry) }, isDraining)
}

describe('readiness', () => {
  test.each<[string, readonly ModelEntry['status'][], object]>([
    ['is ready if every model is ready', ['ready', 'ready'], { status: 'ok', isReady: true, isAllReady: true }],
    [
      'is ready but degraded if one model failed',
      ['ready', 'failed'],
      { status: 'degraded', isReady: true, isAllReady: false },
    ],
    [
      'is ready but degraded if one model is paused',
      ['ready', 'paused'],
      { status: 'degraded', isReady: true, isAllReady: true },
    ],
    [
      'is ready but degraded if the only model is paused',
      ['paused'],
      { status: 'degraded', isReady: true, isAllReady: true },
    ],
    ['is not ready if every model failed', ['failed'], { status: 'failed', isReady: false, isAllReady: false }],
    [
      'is ready if a model loads beside ready ones',
      ['ready', 'loading'],
      { status: 'ok', isReady: true, isAllReady: true },
    ],
    [
      'is not ready if a model loads beside a failed one',
      ['failed', 'loading'],
      { status: 'loading', isReady: false, isAllReady: false },
    ],
    [
      'is not ready if the only model loads again',
      ['loading'],
      { status: 'loading', isReady: false, isAllReady: false },
    ],
  ])('after the first load, the server %s', (_case, statuses, expected) => {
    expect(readiness(statuses)).toEqual(expected)
  })

  test('the server is not ready before its first load is over, although some models are', () => {
    const expected = { status: 'loading', isReady: false, isAllReady: false }
    expect(readiness(['ready', 'loading'], { isStarting: true })).toEqual(expected)
    expect(readiness(['ready', 'ready'], { isStarting: true })).toEqual(expected)
  })

  test('a server that stops is not ready', () => {
    const expected = { status: 'draining', isReady: false, isAllReady: false }
    expect(readiness(['ready'], { isDraining: true })).toEqual(expected)
    expect(readiness(['loading'], { isDraining: true, isStarting: true })).toEqual(expected)
  })

  test('the server becomes ready when the last model of the first load is done, before it is reported', async () => {
    const registry = await openRegistry({ 'a.onnx': { model: 'regressor' }, 'b.onnx': 'broken' }, { maxLoading: 1 })
    const seen: string[] = []
    const see = (when: string): void => void seen.push(`${when}: ${readinessOf(registry, false).status}`)
    see('at the start')
    await registry.load(({ name }) => see(name))
    see('later')
    expect(seen).toEqual(['at the start: loading', 'a: loading', 'b: degraded', 'later: degraded'])
  })
})
