import { expect, onTestFinished } from 'vitest'
import type { Engine } from './engine.ts'

/** The parts of `docker inspect` that tests look at. */
export interface ContainerState {
  readonly State: {
    readonly Status: string
    readonly ExitCode: number
    readonly Health: { readonly Status: string; readonly Log: readonly { readonly Output: string }[] }
  }
  readonly HostConfig: {
    readonly Memory: number
    readonly PidsLimit: number
    readonly RestartPolicy: { readonly Name: string }
  }
  readonly Config: { readonly StopTimeout: number }
}

export interface RunOptions {
  /** Arguments of `docker run`, before the image. */
  readonly run?: readonly string[]
  /** Flags of the server, behind the image. */
  readonly flags?: readonly string[]
  /** Where the server is expected to listen inside of the container. */
  readonly port?: number
}

/** Starts a container that goes with the test; its health is checked each second. */
export async function startContainer(engine: Engine, image: string, options: RunOptions = {}): Promise<string> {
  const { run = [], flags = [], port = 8000 } = options
  const checks = ['--health-interval=1s', '--health-start-period=1s']
  const id = await engine.docker('run', '-d', '-p', `127.0.0.1::${port}`, ...checks, ...run, image, ...flags)
  onTestFinished(async () => void (await engine.docker('rm', '--force', '--volumes', id)))
  return id
}

/** Where the published port of a container is reached from here. */
export async function addressOf(engine: Engine, id: string, port = 8000): Promise<string> {
  return `http://${await engine.docker('port', id, `${port}/tcp`)}`
}

export async function inspect(engine: Engine, id: string): Promise<ContainerState> {
  const [state] = JSON.parse(await engine.docker('inspect', id)) as [ContainerState]
  return state
}

/** Waits until the engine finds the container healthy or unhealthy; one that has ended is neither. */
export async function waitForHealth(
  engine: Engine,
  id: string,
  health: 'healthy' | 'unhealthy',
  timeoutMs = 30_000,
): Promise<void> {
  let last = ''
  const read = async (): Promise<string> => {
    const { State } = await inspect(engine, id)
    return (last = State.Status === 'running' ? State.Health.Status : State.Status)
  }
  await expect.poll(read, { timeout: timeoutMs, interval: 200 }).toBeOneOf([health, 'exited', 'restarting', 'dead'])
  expect(last).toBe(health)
}

/** Runs a shell command in the container; what it wrote on both streams. */
export async function shell(engine: Engine, id: string, command: string, user = '1000'): Promise<string> {
  const { stdout, stderr } = await engine.tryDocker('exec', '--user', user, id, 'sh', '-c', command)
  return `${stdout}${stderr}`.trim()
}

/** Asks the default model for one prediction. */
export async function predict(address: string): Promise<unknown> {
  const record = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }
  const response = await fetch(`${address}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(record),
  })
  return response.json()
}

/** The answer to that. */
export const SETOSA = {
  model: 'iris',
  version: '1',
  predictions: [expect.objectContaining({ label: 'setosa' })],
}
