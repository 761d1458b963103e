import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runCommand, tryCommand } from './command.ts'
import type { Output } from './command.ts'

// BuildKit came into the engine's own client with 18.09 and moved to a plugin, buildx, with 23.
const FIRST_CLIENT_WITHOUT_BUILDKIT = 23
const BUILDKIT = { DOCKER_BUILDKIT: '1', COMPOSE_DOCKER_CLI_BUILD: '1' }
const DOWNLOAD_TIMEOUT_MS = 300_000
const BUILD_TIMEOUT_MS = 580_000
/** What the Dockerfile builds on by default, and what `tools/base-image.sh` makes where it cannot be had. */
const STAND_IN = 'node:24-bookworm-slim'

/** A container engine that answers, reached through its command line. */
export interface Engine {
  /** For programs that call the client themselves. */
  readonly env: NodeJS.ProcessEnv
  /** Rejects when the command fails; the other does not. */
  docker(...args: string[]): Promise<string>
  tryDocker(...args: string[]): Promise<Output>
  compose(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string>
}

/** An engine that can build this project's image, or why there is none. */
export async function findEngine(): Promise<Engine | string> {
  // A client that stands first in PATH may lack BuildKit where the distribution's own has it.
  const folders = [...new Set(['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)])]
  let reason = 'no docker client is installed'
  for (const folder of folders) {
    const client = join(folder, 'docker')
    if (!existsSync(client)) continue
    const env = { ...process.env, PATH: [folder, ...folders].join(delimiter), ...BUILDKIT }
    const problem = await findProblem(client, env)
    if (problem === undefined) return withCompose(client, env)
    reason = problem
  }
  return reason
}

async function findProblem(client: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const version = await tryCommand(client, ['version', '--format', '{{.Client.Version}} {{.Server.Version}}'], { env })
  if (version.code !== 0) return `no docker engine answers: ${lastLine(version)}`
  if (Number.parseInt(version.stdout, 10) < FIRST_CLIENT_WITHOUT_BUILDKIT) return undefined
  const buildx = await tryCommand(client, ['buildx', 'version'], { env })
  return buildx.code === 0 ? undefined : `${client} cannot build: it has neither BuildKit nor buildx`
}

async function withCompose(client: string, env: NodeJS.ProcessEnv): Promise<Engine | string> {
  const plugin = await tryCommand(client, ['compose', 'version'], { env })
  const [file, first] = plugin.code === 0 ? [client, ['compose']] : ['docker-compose', []]
  const { code } = await tryCommand(file, [...first, 'version'], { env })
  if (code !== 0) return 'neither docker compose nor docker-compose is installed'
  return {
    env,
    docker: (...args) => runCommand(client, args, { env, timeoutMs: DOWNLOAD_TIMEOUT_MS }),
    tryDocker: (...args) => tryCommand(client, args, { env, timeoutMs: DOWNLOAD_TIMEOUT_MS }),
    compose: (args, extra) =>
      runCommand(file, [...first, ...args], { env: { ...env, ...extra }, timeoutMs: BUILD_TIMEOUT_MS }),
  }
}

/**
 * Makes sure that there is an image to build on: a local one, a registry's, or the stand-in.
 *
 * @returns Why there is none, or undefined.
 * @throws Error when the stand-in could have been built and was not.
 */
export async function findMissingBaseImage(engine: Engine): Promise<string | undefined> {
  const image = process.env['NODE_IMAGE'] || STAND_IN
  const local = await engine.tryDocker('image', 'inspect', image)
  if (local.code === 0) return undefined
  const pulled = await engine.tryDocker('pull', '--quiet', image)
  if (pulled.code === 0) return undefined
  if (image !== STAND_IN || process.getuid?.() !== 0) return `${image} cannot be pulled: ${lastLine(pulled)}`
  await runCommand('tools/base-image.sh', [], { env: engine.env, timeoutMs: BUILD_TIMEOUT_MS })
  return undefined
}

function lastLine({ stderr }: Output): string {
  return stderr.trim().split('\n').at(-1) ?? ''
}
