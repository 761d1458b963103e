import { describe, expect, test } from 'vitest'
import { helpText, parseCommand } from '../../src/process/command.ts'

const DEFAULTS = {
  host: '0.0.0.0',
  port: 8000,
  grpcPort: 8001,
  serverName: 'onnx-serve',
  jsonNan: 'null',
  modelDir: 'models',
  defaultModel: undefined,
  bodyLimitBytes: 8_388_608,
  maxRows: 10_000,
  maxAnswerBytes: 67_108_864,
  workers: 0,
  intraOpThreads: 1,
  modelName: undefined,
  platform: { healthPath: undefined, predictPath: undefined, isMultiModel: false },
  maxQueued: 0,
  maxQueuedRows: 100_000,
  requestTimeoutMs: 30_000,
  maxRunMs: 60_000,
  maxRunMemory: 0,
  maxLoadMs: 120_000,
  logLevel: 'info',
  shutdownDelayMs: 0,
  shutdownDeadlineMs: 25_000,
}

describe('the configuration', () => {
  test('V2 rule 15: the flag --server-name sets the name of the server', () => {
    expect(parseCommand(['--server-name=triton'], {})).toMatchObject({ config: { serverName: 'triton' } })
  })

  test('every setting has a default', () => {
    expect(parseCommand([], {})).toEqual({ kind: 'serve', config: DEFAULTS, warnings: [] })
  })

  test('settings come from environment variables', () => {
    const env = { PORT: '9000', MODEL_DIR: '/m', DEFAULT_MODEL: 'iris', SHUTDOWN_DELAY: '1.5', LOG_LEVEL: 'warn' }
    const config = { port: 9000, modelDir: '/m', defaultModel: 'iris', shutdownDelayMs: 1500, logLevel: 'warn' }
    expect(parseCommand([], env)).toMatchObject({ config })
  })

  test('settings come from flags first, written with - or _, as one word or two', () => {
    const args = ['--port', '9001', '--model_dir=/n', '--body-limit=10', '--max-rows', '5', '--shutdown_deadline', '9']
    const config = { port: 9001, modelDir: '/n', bodyLimitBytes: 10, maxRows: 5, shutdownDeadlineMs: 9000 }
    expect(parseCommand(args, { PORT: '9000', MODEL_DIR: '/m' })).toMatchObject({ config })
  })

  test('an empty variable counts as an absent one', () => {
    expect(parseCommand([], { PORT: '', HOST: '' })).toEqual({ kind: 'serve', config: DEFAULTS, warnings: [] })
  })

  test('all problems of the settings are reported at once, each with its flag or variable', () => {
    const args = ['--port', '99999', '--colour=red', 'serve', '--host']
    expect(parseCommand(args, { LOG_LEVEL: 'loud', MAX_ROWS: '1e3', SHUTDOWN_DELAY: '-1' })).toEqual({
      kind: 'invalid',
      problems: [
        expect.stringMatching(/^unknown flag --colour; known: --host --port .*--version$/),
        'unexpected argument "serve"',
        '--host: expected a value',
        '--port: expected an integer from 0 to 65535, got "99999"',
        'MAX_ROWS: expected an integer from 1 to 10000000, got "1e3"',
        'LOG_LEVEL: expected one of trace, debug, info, warn, error, fatal, silent, got "loud"',
        'SHUTDOWN_DELAY: expected seconds, such as 5 or 0.5, got "-1"',
      ],
    })
  })

  test.each(['--port --host=x', '--port=', '--port'])('a flag without a value is refused: %s', (line) => {
    expect(parseCommand(line.split(' '), {})).toMatchObject({ problems: ['--port: expected a value'] })
  })

  test('one port for two protocols is refused', () => {
    expect(parseCommand(['--port=9000', '--grpc-port=9000'], {})).toMatchObject({
      problems: ['--grpc-port: expected another port than --port'],
    })
  })

  test.each([
    [{}, 8000, 8001],
    [{ PORT: '8001' }, 8001, 8002],
    [{ PORT: '8002' }, 8002, 8001],
  ])('with the variables %j, HTTP gets port %i and gRPC gets port %i', (env, port, grpcPort) => {
    expect(parseCommand([], env)).toMatchObject({ config: { port, grpcPort } })
  })

  test.each(['GRPC_PORT', 'PORT', 'HOST'])(
    'the variable %s is ignored with a warning if Kubernetes has set it for a Service',
    (name) => {
      const env = { [name]: 'tcp://10.0.0.1:8001' }
      expect(parseCommand([], env)).toMatchObject({
        config: { port: 8000, grpcPort: 8001, host: '0.0.0.0' },
        warnings: [expect.stringMatching(`^${name}=tcp://10.0.0.1:8001 is the address of a Service, and is ignored`)],
      })
    },
  )

  test('flags also have the names that KServe and Triton use', () => {
    const args = ['--http_port=8080', '--grpc_port=9000', '--model_name=m', '--model-repository=/mnt/models']
    const config = { port: 8080, grpcPort: 9000, modelName: 'm', modelDir: '/mnt/models' }
    expect(parseCommand(args, {})).toMatchObject({ config })
  })

  test('a shutdown delay is refused if the shutdown deadline would cut it', () => {
    const problems = ['SHUTDOWN_DEADLINE: expected more than the shutdown delay']
    expect(parseCommand(['--shutdown-delay=30'], {})).toMatchObject({ problems })
  })

  test.each(['--toString', '--constructor=1', '--valueOf'])(
    'the flag %s is unknown, although every object has such a property',
    (flag) => {
      expect(parseCommand([flag], {})).toMatchObject({
        problems: [expect.stringContaining(`unknown flag ${flag.split('=')[0]}`)],
      })
    },
  )
})

describe('the help', () => {
  test.each([['--help'], ['-h'], ['--port', 'x', '--help']])(
    'the help is asked for by a command line that begins with %s',
    (...args) => {
      expect(parseCommand(args, {})).toEqual({ kind: 'help' })
    },
  )

  test('the help shows every flag with its variable and default', () => {
    const flags = ['host', 'port', 'model-dir', 'default-model', 'body-limit', 'max-rows', 'log-level']
    const queue = ['workers', 'max-queued', 'max-queued-rows', 'request-timeout', 'max-run']
    for (const flag of [...flags, ...queue, 'shutdown-delay', 'shutdown-deadline']) {
      expect(helpText()).toMatch(new RegExp(`--${flag} +${flag.toUpperCase().replaceAll('-', '_')} +\\w.*[.\\]]\n`))
    }
    expect(helpText()).toContain('Seconds after which a shutdown gives up, with exit code 1. [25]')
    expect(helpText()).toContain('Exit codes: 0 stopped, 1 failed or gave up, 2 wrong settings.')
  })

  test('the flag --version asks for the version', () => {
    expect(parseCommand(['--version'], {})).toEqual({ kind: 'version' })
  })
})
