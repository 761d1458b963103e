import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SETTING_LIST } from '../../src/process/settings.ts'
import { pages } from '../support/pages.ts'
import { ROOT } from '../support/paths.ts'

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** What a page has in inline code. */
const inlineCode = (page: string): string[] => {
  const prose = read(page).replace(/^```.*?^```$/gms, '')
  return Array.from(prose.matchAll(/`([^`\n]+)`/g), ([, code]) => code!)
}

const sources = ['src', 'test', 'bench', 'tools'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => `/${folder}/${file}`),
)

// Names of KServe and Triton, and flags of other programs.
const OTHERS = ['http-port', 'model-repository', 'help', 'version', 'init']

const nodeFlags = Array.from(process.allowedNodeEnvironmentFlags, (flag) => flag.replace(/^--/, ''))
const scriptFlags = ['tools/export_sklearn.py', 'examples/recommender/build.py'].flatMap((script) =>
  Array.from(read(script).matchAll(/"--([a-z-]+)"/g), ([, flag]) => flag!),
)
const flags = new Set([...SETTING_LIST.map(([, { flag }]) => flag), ...OTHERS, ...nodeFlags, ...scriptFlags])

const flagsIn = (page: string): string[] =>
  inlineCode(page).flatMap((code) =>
    Array.from(code.matchAll(/(?:^|\s)--([a-z][\w-]*)/g), ([, flag]) => flag!.replaceAll('_', '-')),
  )

const filesIn = (page: string): string[] => inlineCode(page).filter((code) => /^[\w./-]+\.(?:ts|mjs|proto)$/.test(code))

test('the reader of pages finds flags and files in inline code', () => {
  expect(flagsIn('docs/settings.md')).toContain('http-port')
  expect(filesIn('docs/architecture.md')).toContain('http/connections.ts')
  expect(flags.has('no-such-flag')).toBe(false)
})

// A record tells what held then, and so does the changelog.
const current = pages.filter((page) => !/^docs\/decisions|^CHANGELOG/.test(page))

test.each(current)('every flag that %s names exists', (page) => {
  expect(flagsIn(page).filter((flag) => !flags.has(flag))).toEqual([])
})

const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts)

test.each(current)('every npm script that %s names exists', (page) => {
  const named = Array.from(read(page).matchAll(/\bnpm run ([a-z]+(?::[a-z\d]+)*)/g), ([, script]) => script!)
  expect(named.filter((script) => !scripts.includes(script))).toEqual([])
})

test.each(current)('every source file that %s names exists', (page) => {
  expect(filesIn(page).filter((file) => !sources.some((source) => source.endsWith(`/${file}`)))).toEqual([])
})

test('docs/predict.md explains every error code that a client of /predict can get', () => {
  const codes = Array.from(
    (
      read('src/core/errors.ts') +
      read('src/http/errors/error-answer.ts') +
      read('src/http/errors/broken-requests.ts')
    ).matchAll(/'([A-Z]+_[A-Z_]+)'/g),
    ([, code]) => code!,
  )
  expect(codes).toContain('INFERENCE_FAILED')
  // A client that has left gets no answer, and Fastify's and Node's own codes are translated.
  const internal = /^(?:CANCELLED|FST_|HPE_|ERR_)/
  const page = read('docs/predict.md')
  expect(codes.filter((code) => !internal.test(code) && !page.includes(`\`${code}\``))).toEqual([])
})
