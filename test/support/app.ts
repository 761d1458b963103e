import { Writable } from 'node:stream'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { BufferPool } from '../../src/core/buffer-pool.ts'
import { combineObservers } from '../../src/core/observer.ts'
import { Turns } from '../../src/core/turns.ts'
import { buildApp } from '../../src/http/app.ts'
import type { AppOptions } from '../../src/http/app.ts'
import { createRegistry } from '../../src/models/registry.ts'
import type { RegistryOptions } from '../../src/models/registry.ts'
import { StatisticsObserver } from '../../src/models/statistics.ts'
import { findModels } from '../../src/models/files/repository.ts'
import { checkExamples, exampleGaps, exampleRows } from '../../src/protocols/predict/check-examples.ts'
import { offerExample } from '../../src/protocols/predict/offer-example.ts'
import { MODELS } from './paths.ts'
import { startPool } from './pool.ts'

type LogLine = Readonly<Record<string, unknown>>

interface TestAppOptions
  extends
    Partial<RegistryOptions>,
    Partial<Pick<AppOptions, 'bodyLimitBytes' | 'requestTimeoutMs' | 'isDraining' | 'serverName'>> {
  readonly platform?: Partial<AppOptions['platform']>
  readonly folder?: string
  /** Leaves the models loading. */
  readonly isLoading?: boolean
}

/** The HTTP transport over real models, the default one unless told otherwise; for supertest, it need not listen. */
export async function startApp({ folder = MODELS, isLoading = false, ...options }: TestAppOptions = {}) {
  const lines: LogLine[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as LogLine)
      done()
    },
  })
  const runtime = startPool()
  const statistics = new StatisticsObserver()
  const limits = {
    defaultName: undefined,
    maxLoading: 1,
    maxRows: 1000,
    maxAnswerBytes: options.maxAnswerBytes ?? 2 ** 26,
    jsonNan: 'null' as const,
    maxQueued: 100,
    maxQueuedRows: 10_000,
    maxRunMs: 60_000,
    observer: combineObservers([statistics]),
    onWarning: () => undefined,
    examples: { gaps: exampleGaps, rows: exampleRows, check: checkExamples },
    offerExample,
  }
  const registry = createRegistry(await findModels(folder), runtime, { ...limits, ...options })
  if (!isLoading) await registry.load(() => undefined)
  const app = buildApp({
    registry,
    buffers: new BufferPool(),
    logger: pino({ level: 'debug', base: null }, stream),
    version: '0.0.0',
    serverName: options.serverName ?? 'onnx-serve',
    bodyLimitBytes: options.bodyLimitBytes ?? 100_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    turns: new Turns(),
    statisticsOf: statistics.statisticsOf,
    maxAnswerBytes: limits.maxAnswerBytes,
    isDraining: options.isDraining ?? (() => false),
    platform: { healthPath: undefined, predictPath: undefined, isMultiModel: false, ...options.platform },
  })
  await app.ready()
  onTestFinished(async () => {
    await app.close()
    await registry.close()
    await runtime.close()
  })
  return { server: app.server, app, registry, lines }
}
