import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { codeBlocks, expectAnswer } from '../support/markdown.ts'
import { pagesIn } from '../support/pages.ts'
import { ROOT } from '../support/paths.ts'
import { freePort } from '../support/ports.ts'
import { hasProgram } from '../support/programs.ts'
import { startServer } from '../support/server-process.ts'

// The commands of the pages work as pasted against the default server. The clients in Python run only if CLIENTS_PYTHON names
// a Python with the packages of tools/requirements-clients.txt.

const run = promisify(execFile)
const python = process.env['CLIENTS_PYTHON']
const clientPages = [...pagesIn('docs/protocols'), ...pagesIn('docs/platforms')]
// moved-services.test.ts runs the commands of this page, because they need Python.
const MOVED = 'docs/from-fastapi.md'
const pages = [...pagesIn('docs').filter((page) => page !== MOVED), ...clientPages]

/** Runs the blocks of one language; how many there were. */
async function paste(page: string, language: string, toCommand: (text: string) => string[]): Promise<number> {
  const grpcPort = await freePort()
  const { url } = await startServer({ args: [`--grpc-port=${grpcPort}`] })
  const blocks = codeBlocks(readFileSync(join(ROOT, page), 'utf8'))
  let ran = 0
  for (const [index, block] of blocks.entries()) {
    if (block.language !== language) continue
    const text = block.text.replaceAll('8000', new URL(url).port).replaceAll('8001', String(grpcPort))
    const [program, ...args] = toCommand(text)
    const { stdout } = await run(program!, args, { timeout: 60_000 })
    expectAnswer(stdout, blocks[index + 1])
    ran++
  }
  return ran
}

const hasBlock = (page: string, language: string): boolean =>
  codeBlocks(readFileSync(join(ROOT, page), 'utf8')).some((block) => block.language === language)

test.skipIf(!hasProgram('curl') || !hasProgram('bash')).each(pages.filter((page) => hasBlock(page, 'sh')))(
  'the commands of %s work and print the answers of the page',
  async (page) => {
    expect(await paste(page, 'sh', (text) => ['bash', '-euc', text.replaceAll('curl ', 'curl -sS ')])).toBeGreaterThan(
      0,
    )
  },
)

test.skipIf(!python).each(pages.filter((page) => hasBlock(page, 'python')))(
  'the Python code of %s works and prints the answers of the page',
  async (page) => {
    expect(await paste(page, 'python', (text) => [python!, '-c', text])).toBeGreaterThan(0)
  },
)

test('each protocol and platform has a page, and README.md links it', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  expect(clientPages.toSorted().map((page) => [page, readme.includes(`(${page})`)])).toEqual(
    [
      'docs/platforms/azure-ml.md',
      'docs/platforms/kserve.md',
      'docs/platforms/mlflow.md',
      'docs/platforms/sagemaker.md',
      'docs/platforms/vertex-ai.md',
      'docs/protocols/v1.md',
      'docs/protocols/v2-binary.md',
      'docs/protocols/v2-grpc.md',
      'docs/protocols/v2-rest.md',
    ].map((page) => [page, true]),
  )
})
