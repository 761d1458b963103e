import request from 'supertest'
import { describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'

const good = { 'good.onnx': { model: 'regressor' } }
const bad = { 'bad.onnx': 'broken' }

describe('GET /health', () => {
  test.each<[string, () => ReturnType<typeof startApp>, number, object]>([
    [
      'every model is loaded',
      () => startApp({ folder: createFolder(good) }),
      200,
      { status: 'ok', model_loaded: true },
    ],
    [
      'models load',
      () => startApp({ folder: createFolder(good), isLoading: true }),
      503,
      { status: 'loading', model_loaded: false },
    ],
    [
      'no model is loaded because all failed',
      () => startApp({ folder: createFolder(bad) }),
      503,
      { status: 'failed', model_loaded: false },
    ],
    [
      'some models are loaded and others failed',
      () => startApp({ folder: createFolder({ ...good, ...bad }) }),
      200,
      { status: 'degraded', model_loaded: true },
    ],
    ['the server drains', () => startApp({ isDraining: () => true }), 503, { status: 'draining', model_loaded: false }],
  ])('GET /health is answered correctly while %s', async (_case, start, status, body) => {
    const { server } = await start()
    const reply = await request(server).get('/health').expect(status)
    expect(reply.body).toMatchObject(body)
    await request(server).get('/health/ready').expect(status)
    await request(server).get('/health/live').expect(200, { status: 'alive' })
  })

  test('GET /health shows every model', async () => {
    const { server } = await startApp({ folder: createFolder({ ...good, ...bad }) })
    const { body } = await request(server).get('/health')
    expect(body.models).toEqual([
      { name: 'bad', version: '1', status: 'failed' },
      { name: 'good', version: '1', status: 'ready' },
    ])
  })

  test('GET /health closes its connection while the server drains', async () => {
    const { server } = await startApp({ isDraining: () => true })
    const reply = await request(server).get('/health')
    expect(reply.headers['connection']).toBe('close')
  })
})
