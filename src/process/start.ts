import { readFileSync } from 'node:fs'
import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'
import { helpText, parseCommand } from './command.ts'
import type { Config } from './config.ts'
import { createLogStream, openLogOutput } from './log-stream.ts'
import type { ModelEntry } from '../models/model-entry.ts'
import { findModels } from '../models/files/repository.ts'
import type { ModelFile } from '../models/files/repository.ts'
import { NativeLibraryError } from '../runtime/native-library.ts'
import { createServer } from '../server.ts'
import type { Server } from '../server.ts'
import type { StopSignals } from './signals.ts'

// Starts a server by the flags and the environment. No other file reads them.

const EXIT_FAILED = 1
const EXIT_SET_UP_WRONGLY = 2
// The number of the level in pino.
const WARN = 40
const LAYOUT = '<name>/<version>/model.onnx or <name>.onnx'

/** Runs the command line: starts a server, or prints a text and ends. */
export async function start(signals: StopSignals): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const command = parseCommand(process.argv.slice(2), process.env)
  if (command.kind === 'help') process.stdout.write(helpText())
  else if (command.kind === 'version') process.stdout.write(`${version}\n`)
  else if (command.kind === 'invalid') refuse(command.problems)
  else await serve(command, version, signals)
}

/** Writes coloured text to a terminal, and JSON to any other output. */
async function createLogOutput(): Promise<DestinationStream> {
  const format = process.stdout.isTTY ? await prettyFormat() : (line: string) => line
  const stream = createLogStream(openLogOutput(process.stdout.fd), (dropped) => format(dropNotice(dropped)))
  process.once('exit', () => stream.flushSync())
  return { write: (line) => stream.write(format(line)), flushSync: () => stream.flushSync() } as DestinationStream
}

async function prettyFormat(): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty')
  return prettyFactory({ singleLine: true, colorize: true })
}

function dropNotice(dropped: number): string {
  const msg = `${dropped} lines of the log were dropped: whoever reads the log is too slow`
  return `${JSON.stringify({ level: WARN, time: Date.now(), dropped, msg })}\n`
}

function refuse(problems: readonly string[]): void {
  process.stderr.write(`onnx-serve cannot start:\n${problems.map((problem) => `  ${problem}\n`).join('')}`)
  process.stderr.write('--help lists all flags.\n')
  process.exitCode = EXIT_SET_UP_WRONGLY
}

async function serve(
  { config, warnings }: { config: Config; warnings: readonly string[] },
  version: string,
  signals: StopSignals,
): Promise<void> {
  const files = await findServable(config)
  if (typeof files === 'string') return refuse([files])

  const logger = pino({ level: config.logLevel, base: null }, await createLogOutput())
  for (const warning of warnings) logger.warn(warning)
  logWarnings(logger)
  const server = createServer({
    config,
    files,
    logger,
    version,
    workerEntry: new URL('../runtime/worker.js', import.meta.url),
  })
  stopOnSignal(signals, server, config, logger)
  const problem = await listen(server, config, logger)
  if (problem !== undefined) {
    logger.fatal(problem)
    return end(server, EXIT_FAILED)
  }
  try {
    logServed(await server.load(), server, logger)
  } catch (error) {
    if (!(error instanceof NativeLibraryError)) throw error
    logger.fatal(error.message)
    await end(server, EXIT_SET_UP_WRONGLY)
  }
}

/** Logs the warnings of Node. Without a listener, Node would print them as lines that are no JSON. */
function logWarnings(logger: Logger): void {
  process.removeAllListeners('warning')
  process.on('warning', (err) => logger.warn({ err }, `Node warns: ${err.message}`))
}

/** Finds the models. @returns The problem as a text if the folder cannot be read, or lacks a model that is needed. */
async function findServable({ modelDir, modelName, defaultModel }: Config): Promise<readonly ModelFile[] | string> {
  const folder = JSON.stringify(modelDir)
  try {
    const files = await findModels(modelDir, modelName)
    const names = [...new Set(files.map(({ name }) => name))]
    if (names.length === 0) return `no model found in ${folder}: put a file there as ${LAYOUT}, or set --model-dir`
    if (defaultModel === undefined || names.includes(defaultModel)) return files
    return `no model is named ${JSON.stringify(defaultModel)}, the default model; found: ${names.join(', ')}`
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return `the model folder ${folder} cannot be read (${code}): set --model-dir to the folder of your models`
  }
}

/** @returns The problem, if there is one. */
async function listen({ app, grpc }: Server, { host, port, grpcPort }: Config, logger: Logger): Promise<string | void> {
  try {
    await app.listen({ host, port, listenTextResolver: (url) => `listening on ${url}` })
  } catch (error) {
    return listenProblem(error as Error, host, port, '--port')
  }
  try {
    const bound = await grpc?.listen(host, grpcPort)
    if (bound !== undefined) logger.info({ port: bound }, `listening for gRPC on ${host}:${bound}`)
  } catch (error) {
    return listenProblem(error as Error, host, grpcPort, '--grpc-port; 0 turns gRPC off')
  }
}

function listenProblem({ message }: Error, host: string, port: number, flag: string): string {
  // Errors of Node have the code of the system in their text.
  if (message.includes('EADDRINUSE'))
    return `port ${port} is in use: stop what listens there, or choose another with ${flag}`
  if (message.includes('EACCES')) return `port ${port} needs more rights: choose one above 1023 with ${flag}`
  return `cannot listen on ${host}, port ${port}: ${message}`
}

function logServed(entries: readonly ModelEntry[], { app }: Server, logger: Logger): void {
  const address = app.server.address()
  // The server was asked to stop while it loaded.
  if (address === null || typeof address === 'string') return
  const { port } = address
  const ready = entries.filter(({ status }) => status === 'ready')
  const models = ready.map(({ name, version }) => `${name} ${version}`)
  const docs = `http://localhost:${port}/docs`
  if (ready.length > 0) logger.info({ port, models, docs }, `ready: serving ${models.join(', ')}; docs at ${docs}`)
  else logger.error({ port, docs }, 'no model could be loaded: /health answers 503, and /models says why')
}

/** Ends the process, also while models compute. Every accepted request gets an answer. */
async function end(server: Server, exitCode: number): Promise<void> {
  await server.giveUp()
  process.exit(exitCode)
}

/** Drains the server on the first request to stop. Gives up on the second one, or at the deadline. */
function stopOnSignal(signals: StopSignals, server: Server, config: Config, logger: Logger): void {
  const giveUp = (reason: string): void => {
    logger.fatal(`${reason}: what is left is given up`)
    void end(server, EXIT_FAILED)
  }
  const drain = async (): Promise<void> => {
    await server.drain()
    logger.info('stopped')
    process.exit(0)
  }
  const stop = (): void => {
    logger.info('shutting down: unready from now on, accepted requests are answered')
    setTimeout(giveUp, config.shutdownDeadlineMs, 'the shutdown deadline has passed')
    void drain()
  }
  signals.handle((isAgain) => (isAgain ? giveUp('asked to stop again') : stop()))
}
