import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const SRC = join(import.meta.dirname, '../src')

// Each floor, and the floors that it may import; the same table stands in docs/architecture.md.
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  json: ['core'],
  onnx: ['core'],
  runtime: ['core', 'onnx'],
  scheduling: ['core'],
  protocols: ['core', 'json'],
  models: ['core', 'json', 'onnx', 'runtime', 'scheduling'],
  serving: ['core', 'models', 'protocols'],
  http: ['core', 'models', 'protocols', 'serving'],
  grpc: ['core', 'models', 'protocols', 'serving'],
}

// The entry and the composition root may import anything.
const TOP = new Set(['main.ts', 'server.ts'])

// The process around the server may import anything as well. It alone knows the settings.
const PROCESS = 'process'

interface Import {
  readonly file: string
  readonly from: string
}

function importsOf(file: string, source: string): Import[] {
  const specifiers = source.matchAll(/(?:^|\s)(?:from|import)\s*\(?\s*'([^']+)'/g)
  return [...specifiers].map(([, from]) => ({ file, from: from! }))
}

function floorOf(path: string): string {
  const [first, ...rest] = path.split(/[/\\]/)
  return rest.length === 0 ? '' : first!
}

/** Describes an import that the floors do not allow. */
function climb({ file, from }: Import): string | undefined {
  if (!from.startsWith('.')) return undefined
  const floor = floorOf(file)
  const target = floorOf(relative(SRC, join(SRC, dirname(file), from)))
  if (floor === '' || floor === PROCESS || floor === target) return undefined
  return FLOORS[floor]?.includes(target) ? undefined : `${file} imports ${from}`
}

function sources(): { file: string; source: string }[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, source: readFileSync(join(SRC, file), 'utf8') }))
}

/** Finds the libraries that are loaded with a file, because it or a file that it imports imports them. */
function loadedBy(file: string): string[] {
  const libraries = new Set<string>()
  const files = new Set([file])
  for (const each of files) {
    const source = readFileSync(join(SRC, each), 'utf8')
    for (const [, from] of source.matchAll(/^(?:import|export)(?! type)[^'";]*?from '([^']+)'/gm)) {
      if (from!.startsWith('.')) files.add(join(dirname(each), from!))
      else libraries.add(from!)
    }
  }
  return [...libraries]
}

// Functions at the top of a file: declared, or constants that hold an arrow function.
const FUNCTION =
  /^(?:export )?(?:async )?function\*? (\w+)|^(?:export )?const (\w+)(?:: [^=]+)? = (?:async )?(?:<[^>]*>)?(?:\([^)]*\)(?::[^=]+)? =>|\w+ =>)/gm

/** The names of functions that stand in several files, with these files. */
function sharedNames(files: readonly { file: string; source: string }[]): Map<string, string[]> {
  const places = new Map<string, Set<string>>()
  for (const { file, source } of files) {
    for (const [, declared, constant] of source.matchAll(FUNCTION)) {
      const name = (declared ?? constant)!
      places.set(name, (places.get(name) ?? new Set()).add(file))
    }
  }
  return new Map([...places].filter(([, each]) => each.size > 1).map(([name, each]) => [name, [...each]]))
}

describe('architecture', () => {
  const imports = sources().flatMap(({ file, source }) => importsOf(file, source))

  test('every folder of src is a floor', () => {
    const unknown = sources().filter(
      ({ file }) => floorOf(file) !== '' && floorOf(file) !== PROCESS && !(floorOf(file) in FLOORS),
    )
    expect(unknown.map(({ file }) => file)).toEqual([])
  })

  test('only the entry and the composition root stand beside the floors', () => {
    const files = sources().map(({ file }) => file)
    expect(files.filter((file) => floorOf(file) === '' && !TOP.has(file))).toEqual([])
  })

  test('no floor imports a floor above it', () => {
    expect(imports.length).toBeGreaterThan(50)
    expect(imports.map(climb).filter(Boolean)).toEqual([])
  })

  test('an import of a floor above is found', () => {
    const [climbing] = importsOf('core/tensor.ts', `import type { Model } from '../models/model.ts'`)
    expect(climb(climbing!)).toBe('core/tensor.ts imports ../models/model.ts')
  })

  test('only runtime/ort.ts imports ONNX Runtime', () => {
    const importers = imports.filter(({ from }) => from.startsWith('onnxruntime')).map(({ file }) => file)
    expect(importers).toEqual(['runtime/ort.ts'])
  })

  test('scheduling and runtime know no observer', () => {
    const floors = new Set(['scheduling', 'runtime'])
    const observing = imports.filter(({ file, from }) => floors.has(floorOf(file)) && from.endsWith('/observer.ts'))
    expect(observing).toEqual([])
    expect(imports.some(({ from }) => from.endsWith('/observer.ts'))).toBe(true)
  })

  test('libraries that few servers need are not loaded at the start', () => {
    const late = /^(@grpc|grpc-health-check|protobufjs|@fastify|yaml|pino-pretty|onnxruntime-node)\b/
    expect(loadedBy('process/start.ts').filter((name) => late.test(name))).toEqual([])
    expect(loadedBy('grpc/server.ts').some((name) => late.test(name))).toBe(true)
  })

  // The other one is the entry of a process of its own.
  test('start.ts alone reads the environment and the arguments', () => {
    const readers = sources().filter(({ source }) =>
      /process\.(?:env(?!\['ORT_DISABLE_TELEMETRY'\] =)|argv)/.test(source),
    )
    expect(readers.map(({ file }) => file)).toEqual(['process/start.ts', 'runtime/optimize.ts'])
  })

  test('no floor receives all settings at once', () => {
    const spreading = sources().filter(({ source }) => /\.\.\.config\b/.test(source))
    expect(spreading.map(({ file }) => file)).toEqual([])
  })

  test('the name of a function stands for one thing in the whole source', () => {
    expect(Object.fromEntries(sharedNames(sources()))).toEqual({})
  })

  test('a function name that stands in two files is found, also if it is private or a constant', () => {
    const first = { file: 'a.ts', source: 'export async function one() {}\nconst two = (x: string): string => x\n' }
    const second = { file: 'b.ts', source: 'function one() {}\nconst two = async (x) => x\nconst three = 3\n' }
    const found = sharedNames([first, second, { file: 'c.ts', source: 'const three = 3' }])
    expect([...found.keys()]).toEqual(['one', 'two'])
  })

  test('no file is longer than 200 lines', () => {
    const long = sources().filter(({ source }) => source.split('\n').length > 201)
    expect(long.map(({ file }) => file)).toEqual([])
  })
})
