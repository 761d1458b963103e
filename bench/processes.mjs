// Starts each measured program in its own process, and ends it by its id.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

/** @returns {Promise<{ url: string, grpcPort: number, pid: number, stop(): Promise<void> }>} once `/health` answers 200 */
async function start(command, args, env = {}) {
  const [port, grpcPort] = [await freePort(), await freePort()]
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', ...env, PORT: String(port), GRPC_PORT: String(grpcPort) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exited = once(child, 'exit')
  // A failed measurement leaves no process behind.
  process.once('exit', () => child.kill())
  const url = `http://127.0.0.1:${port}`
  for (;;) {
    const isReady = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) break
    if (child.exitCode !== null) throw new Error(`${command} ${args.join(' ')} ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    url,
    grpcPort,
    pid: child.pid,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** Starts another build of the server. */
export const startProgram = (program, ...flags) => start(process.execPath, [program, ...flags])
export const startServer = (...flags) => startProgram('dist/main.js', ...flags)
export const startProfiled = (folder, entry) =>
  start(process.execPath, ['--cpu-prof', '--cpu-prof-interval=200', `--cpu-prof-dir=${folder}`, entry])
export const startBare = () => start(process.execPath, ['bench/peers/bare.mjs'])
export const startLeast = () => start(process.execPath, ['bench/peers/least.mjs'])
export const startGrpcEcho = () => start(process.execPath, ['bench/peers/echo-grpc.mjs'])
export const startInline = (model) => start(process.execPath, ['bench/peers/inline.mjs'], { MODEL: model })

/** The FastAPI service, set up in a virtual environment of its own; undefined where Python or its packages are missing. */
export async function startFastApi() {
  const python = `${ROOT}bench/.venv/bin/python`
  const run = (file, ...args) => spawnSync(file, args, { cwd: ROOT, stdio: 'ignore' }).status === 0
  if (!existsSync(python) && !run('python3', '-m', 'venv', 'bench/.venv')) return undefined
  const requirements = 'bench/peers/fastapi/requirements.txt'
  if (!run(python, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', requirements)) return undefined
  return start(python, ['bench/peers/fastapi/app.py'])
}

/** Puts load on a server from a process of its own; see load.mjs. */
export const load = (options) => print('bench/load.mjs', options)

/** The same over gRPC; see load-grpc.mjs. */
export const loadGrpc = (options) => print('bench/load-grpc.mjs', options)

async function print(program, options) {
  const child = spawn(process.execPath, [program, JSON.stringify(options)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  for await (const chunk of child.stdout) printed += chunk
  return JSON.parse(printed)
}

/** Processor time that a process has used, in seconds. */
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Memory of a process that is in use, in MB. */
export function residentMb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
}
