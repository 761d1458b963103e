import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { codeBlocks } from '../support/markdown.ts'
import { MODELS, ROOT } from '../support/paths.ts'
import { copyProject, startBuild } from '../support/project-copy.ts'
import { startServer } from '../support/server-process.ts'

const blocks = codeBlocks(readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8'))

/** Replaces a text that must occur, and imports a name. */
function change(file: string, text: string, replacement: string, imported: string): void {
  const source = readFileSync(file, 'utf8')
  expect(source).toContain(text)
  writeFileSync(file, `${imported}\n${source.replace(text, replacement)}`)
}

test('the server can be built with the protocol and the metric of CONTRIBUTING.md, and answers in that protocol', async () => {
  const folder = copyProject()
  const files = blocks.filter(({ language }) => language === 'ts')
  for (const { text } of files) {
    const path = join(folder, /^\/\/ (src\/\S+)/.exec(text)![1]!)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  change(
    join(folder, 'src/http/app.ts'),
    'addPredictRoutes(scope, forModels)',
    'addPredictRoutes(scope, forModels)\n    addLinesRoutes(scope, forModels)',
    "import { addLinesRoutes } from './routes/lines.ts'",
  )
  change(
    join(folder, 'src/server.ts'),
    'combineObservers([',
    'combineObservers([slowRunObserver(logger), ',
    "import { slowRunObserver } from './process/slow-runs.ts'",
  )
  expect(await startBuild(folder).ended).toBe(0)
  const { url } = await startServer({ main: join(folder, 'dist/main.js'), args: ['--model-dir', MODELS] })
  const shown = blocks.find(({ language }) => language === 'text')!.text
  const request = { method: 'POST', headers: { 'content-type': 'text/csv' } }
  const reply = await fetch(`${url}/models/iris/lines`, { ...request, body: '5.1 3.5 1.4 0.2\n6.7 3 5.2 2.3\n' })
  expect([reply.status, (await reply.text()).trim()]).toEqual([200, shown])
  const refused = await fetch(`${url}/models/iris/lines`, { ...request, body: '5.1 x 1.4 0.2' })
  expect(await refused.json()).toMatchObject({ error: 'lines[0][1]: sepal_width: expected a number, got "x"' })
})
