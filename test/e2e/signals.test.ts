import { describe, expect, test } from 'vitest'
import { get } from '../support/http.ts'
import { spawnServer, startServer } from '../support/server-process.ts'

describe('a signal', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends a server that has not started yet at once', async (signal) => {
    const server = spawnServer({ args: ['--port=0'] })
    server.kill(signal)
    const { code, signal: by } = await server.exited
    // Before Node has run anything, the signal itself ends the process.
    expect([0, signal]).toContain(code ?? by)
  })

  test('a signal that comes twice at once, as from npm and a terminal, counts as one request to stop', async () => {
    const server = await startServer({ args: ['--shutdown-delay=0.2'] })
    server.kill('SIGINT')
    server.kill('SIGINT')
    expect(await server.exited).toEqual({ code: 0, signal: null })
    expect(server.lines.some(({ msg }) => msg?.startsWith('asked to stop again'))).toBe(false)
  })

  test.each(['SIGHUP', 'SIGUSR1'] as const)('%s neither ends the server nor opens an inspector', async (signal) => {
    const server = await startServer()
    server.kill(signal)
    expect(await get(`${server.url}/health`)).toMatchObject({ status: 200 })
    server.kill('SIGTERM')
    expect(await server.exited).toEqual({ code: 0, signal: null })
    expect(server.stderr()).toBe('')
  })
})
