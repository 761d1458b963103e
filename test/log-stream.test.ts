import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { createLogStream } from '../src/log-stream.ts'
import { createFolder } from './support/folders.ts'
import { ROOT } from './support/paths.ts'

function openLog() {
  const file = join(createFolder({}), 'log')
  const fd = openSync(file, 'w')
  onTestFinished(() => closeSync(fd))
  return { stream: createLogStream(fd), read: () => readFileSync(file, 'utf8') }
}

test('lines of one turn are written together, in order, by its end', async () => {
  const { stream, read } = openLog()
  stream.write('one\n')
  stream.write('twö\n')
  expect(read()).toBe('')
  await new Promise((resolve) => setImmediate(resolve))
  expect(read()).toBe('one\ntwö\n')
})

test('flushing leaves nothing behind, and nothing twice', async () => {
  const { stream, read } = openLog()
  stream.write('one\n')
  stream.flushSync()
  expect(read()).toBe('one\n')
  await new Promise((resolve) => setImmediate(resolve))
  expect(read()).toBe('one\n')
})

test('a reader that is slow gets every line', async () => {
  const module = pathToFileURL(join(ROOT, 'dist/log-stream.js')).href
  const script = `import { createLogStream } from '${module}'
    const stream = createLogStream(1)
    for (let line = 0; line < 50000; line++) stream.write('line ' + line + ' of many that fill the pipe\\n')
    stream.flushSync()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = (await text(child.stdout)).trim().split('\n')
  expect(lines).toHaveLength(50_000)
  expect(lines.at(-1)).toBe('line 49999 of many that fill the pipe')
})
