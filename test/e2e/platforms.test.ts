import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../support/paths.ts'
import { PLATFORMS } from '../support/platforms.ts'
import { freePort } from '../support/ports.ts'
import { spawnServer } from '../support/server-process.ts'

// The image is started in the same way by the tests of the container.

test.each(PLATFORMS)(
  'the server answers if it is started as $name starts it',
  async ({ args, env, mounted, isFound = false, check }) => {
    const place = { port: await freePort(), grpcPort: await freePort(), models: join(ROOT, mounted) }
    const server = spawnServer({
      args: args(place),
      env: {
        // Nothing of this machine's, but for the folder that a platform mounts where this machine has none.
        PATH: process.env['PATH'],
        GRPC_PORT: String(place.grpcPort),
        ...(isFound && { MODEL_DIR: place.models }),
        ...env(place),
      },
    })
    await server.line(({ msg }) => msg?.startsWith('ready: ') ?? false)
    await check(`http://127.0.0.1:${place.port}`, place.grpcPort)
    server.kill('SIGTERM')
    expect(await server.exited).toEqual({ code: 0, signal: null })
  },
)
