import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/ports.ts'
import type { Engine } from './engine.ts'

const ATTEMPTS = 5

/** This repository's `docker-compose.yml` under a name of its own, beside whatever else runs here. */
export interface Project {
  readonly image: string
  build(): Promise<void>
  /** Starts it on a free port; its address. */
  up(): Promise<string>
  /** The container of the service. */
  containerId(): Promise<string>
  stop(): Promise<void>
  /** Removes all that it made: container, network, image. */
  remove(): Promise<void>
}

export async function createProject(engine: Engine): Promise<Project> {
  const name = `onnx-serve-test-${randomUUID().slice(0, 8)}`
  const folder = await mkdtemp(join(tmpdir(), `${name}-`))
  // What differs from the user's: the image's name, and the first check comes after a second instead of thirty.
  const differences = { services: { 'onnx-serve': { image: name, healthcheck: { interval: '1s' } } } }
  const override = join(folder, 'compose.json')
  await writeFile(override, JSON.stringify(differences))
  const compose = (args: readonly string[], port = 0): Promise<string> =>
    engine.compose(['-f', 'docker-compose.yml', '-f', override, '-p', name, ...args], {
      HOST_PORT: `127.0.0.1:${port}`,
      HOST_GRPC_PORT: '127.0.0.1:0',
    })

  return {
    image: name,
    build: async () => void (await compose(['build'])),
    up: () => upOnFreePort((port) => compose(['up', '--detach', '--no-build'], port)),
    containerId: () => compose(['ps', '--quiet', 'onnx-serve']),
    stop: async () => void (await compose(['stop'])),
    async remove() {
      await compose(['down', '--volumes', '--remove-orphans'])
      await engine.tryDocker('image', 'rm', '--force', name)
      await rm(folder, { recursive: true })
    },
  }
}

/** A port that was free a moment ago may be taken again, or linger. */
async function upOnFreePort(up: (port: number) => Promise<unknown>): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      await up(port)
      return `http://127.0.0.1:${port}`
    } catch (error) {
      const isTaken = /port is already allocated|address already in use/.test(String(error))
      if (!isTaken || attempt === ATTEMPTS) throw error
    }
  }
}
