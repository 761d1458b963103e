import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { codeBlocks, expectAnswer } from '../support/markdown.ts'
import { ROOT } from '../support/paths.ts'
import { freePort } from '../support/ports.ts'
import { hasProgram } from '../support/programs.ts'

// Commands that another part of the tests runs, and where to see it.
const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  'docker compose up': 'test/container/container.test.ts',
}

/** A copy of the project as a clone would have it, in an empty folder. */
function cloneProject(): string {
  const clone = createFolder({})
  const lines = readFileSync(join(ROOT, '.gitignore'), 'utf8').trim().split('\n')
  const ignored = new Set(['.git', ...lines.map((line) => line.replace(/\/$/, ''))])
  cpSync(ROOT, clone, {
    recursive: true,
    filter: (path) => !ignored.has(relative(ROOT, path)) && !ignored.has(basename(path)),
  })
  return clone
}

/** Runs a command that goes on as a server; resolves when it says that it is ready. */
async function startCommand(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('sh', ['-c', command], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGTERM')
    await exited
  })
  let output = ''
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  for await (const line of createInterface({ input: child.stdout })) {
    output += `${line}\n`
    if (line.includes('"ready: serving')) return
  }
  throw new Error(`${command} ended: ${output}`)
}

test.skipIf(!hasProgram('curl') || !hasProgram('bash'))(
  'every command of the README works as pasted into a fresh clone, and answers as shown',
  async () => {
    const clone = cloneProject()
    const ports = await Promise.all([8000, 8001, 8002, 8003].map(async (port) => [port, await freePort()] as const))
    const { CI: _ci, NODE_ENV: _mode, ...inherited } = process.env
    const env = { ...inherited, PORT: String(ports[0]![1]), GRPC_PORT: String(ports[1]![1]) }
    const blocks = codeBlocks(readFileSync(join(ROOT, 'README.md'), 'utf8'))
    let ran = 0
    for (const [index, { language, text }] of blocks.entries()) {
      if (language !== 'sh') continue
      const command = ports.reduce((line, [told, free]) => line.replaceAll(String(told), String(free)), text)
      const elsewhere = RUN_ELSEWHERE[text]
      if (elsewhere) expect(readFileSync(join(ROOT, elsewhere), 'utf8')).toContain(text)
      else if (/npm start/.test(command)) await startCommand(command, clone, env)
      else {
        const printed = execFileSync('bash', ['-euc', command.replaceAll('curl ', 'curl -sS ')], {
          cwd: clone,
          env,
          encoding: 'utf8',
        })
        expectAnswer(printed, blocks[index + 1])
      }
      ran++
    }
    expect(ran).toBe(5)
  },
  // It installs all packages and builds twice.
  300_000,
)
