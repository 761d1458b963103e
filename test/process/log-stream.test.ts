import { execFileSync, spawn } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { createLogStream } from '../../src/process/log-stream.ts'
import { createFolder } from '../support/folders.ts'
import { ROOT } from '../support/paths.ts'
import { waitFor } from '../support/wait.ts'

const notice = (count: number): string => `dropped ${count}\n`

function openLog() {
  const file = join(createFolder({}), 'log')
  const fd = openSync(file, 'w')
  onTestFinished(() => closeSync(fd))
  return { stream: createLogStream(fd, notice), read: () => readFileSync(file, 'utf8') }
}

test('log lines of one turn are written together and in order at its end', async () => {
  const { stream, read } = openLog()
  stream.write('one\n')
  stream.write('twö\n')
  expect(read()).toBe('')
  await new Promise((resolve) => setImmediate(resolve))
  expect(read()).toBe('one\ntwö\n')
})

test('flushing the log writes every line, and none twice', async () => {
  const { stream, read } = openLog()
  stream.write('one\n')
  stream.flushSync()
  expect(read()).toBe('one\n')
  await new Promise((resolve) => setImmediate(resolve))
  expect(read()).toBe('one\n')
})

/** A pipe that nobody reads, and what can be read of it. */
function openPipe() {
  const path = join(createFolder({}), 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  onTestFinished(() => [reader, writer].forEach((fd) => closeSync(fd)))
  const read = (): string => {
    const bytes = Buffer.alloc(2 ** 22)
    try {
      return bytes.toString('utf8', 0, readSync(reader, bytes))
    } catch {
      return ''
    }
  }
  return { stream: createLogStream(writer, notice), read }
}

const LINE = `${'x'.repeat(1023)}\n`

test('a stalled reader of the log loses the lines beyond the buffer, and later gets their number', async () => {
  const { stream, read } = openPipe()
  for (let count = 0; count < 2000; count++) stream.write(LINE)
  await new Promise((resolve) => setImmediate(resolve))
  let got = ''
  await waitFor(() => {
    got += read()
    expect(got.length).toBe(2 ** 20)
  })
  stream.write('next\n')
  await waitFor(() => {
    got += read()
    expect(got.slice(2 ** 20)).toBe('dropped 976\nnext\n')
  })
})

test('flushing the log waits for a stalled reader only once, for a tenth of a second', () => {
  const { stream } = openPipe()
  for (let count = 0; count < 200; count++) stream.write(LINE)
  const startedAt = performance.now()
  stream.flushSync()
  const firstMs = performance.now() - startedAt
  expect(firstMs).toBeGreaterThanOrEqual(100)
  for (let count = 0; count < 50; count++) stream.flushSync()
  // Fifty more waits would take five seconds.
  expect(performance.now() - startedAt - firstMs).toBeLessThan(4000)
})

test('flushing a log whose reader is gone throws no error', () => {
  const path = join(createFolder({}), 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  onTestFinished(() => closeSync(writer))
  closeSync(reader)
  const stream = createLogStream(writer, notice)
  stream.write('one\n')
  expect(() => stream.flushSync()).not.toThrow()
})

test('a slow reader of the log gets every line', async () => {
  const module = pathToFileURL(join(ROOT, 'dist/process/log-stream.js')).href
  const script = `import { createLogStream } from '${module}'
    const stream = createLogStream(1, String)
    for (let line = 0; line < 20000; line++) stream.write('line ' + line + ' of many that fill the pipe\\n')
    stream.flushSync()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = (await text(child.stdout)).trim().split('\n')
  expect(lines).toHaveLength(20_000)
  expect(lines.at(-1)).toBe('line 19999 of many that fill the pipe')
})
