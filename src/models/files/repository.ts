import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'

const VERSION = /^\d+$/

/** One version of a model on disk. It is not read yet. */
export interface ModelFile {
  readonly name: string
  readonly version: string
  readonly file: string
  /** The model.json beside the file, or else the one in the folder above the version. */
  readonly modelJsonFile?: string
  /** The examples.json beside the file. */
  readonly examplesFile?: string
  /** The MLmodel beside the file, if the folder comes from MLflow. */
  readonly mlmodelFile?: string
  /** The reason why the file cannot be loaded, if its place already shows it. */
  readonly problem?: string
}

/**
 * Finds the models in a folder. Hidden entries are ignored. The first of these layouts that has a model is taken:
 *
 * 1. The path is a file.
 * 2. `<name>/<version>/model.onnx`, and `<name>.onnx` as version 1. A model.json may stand in `<name>/` or beside the file.
 * 3. The folder is one model, as platforms mount it: `model.onnx` or `<version>/model.onnx`.
 * 4. There is exactly one file of a model, up to four folders deep.
 *
 * @param given Name of a model whose place has no name.
 * @returns Sorted by name, then by version, the newest last.
 * @throws Error if the folder cannot be read.
 */
export async function findModels(folder: string, given?: string): Promise<ModelFile[]> {
  if (await exists(folder)) return [{ name: given ?? basename(folder, '.onnx'), version: '1', file: folder }]
  const named = await findNamed(folder)
  const [only, second] = named
  if (only && !second && only.problem === undefined && dirname(only.file) === folder) {
    return [{ ...only, name: given ?? only.name, ...(await findSideFiles(folder)) }]
  }
  if (named.some(({ problem }) => problem === undefined)) return named
  const versions = await findVersions(folder, given ?? 'model')
  // A folder with another name is meant for a model whose file is in the wrong place.
  const numbered = versions.filter(({ version, problem }) => problem === undefined && VERSION.test(version))
  if (numbered.length > 0) return numbered
  const files = await findFiles(folder, MAX_DEPTH)
  return files.length === 1 ? [await toOnly(folder, files[0]!, given)] : named
}

// Azure ML mounts a registered folder as `<name>/<version>/<folder>/model.onnx`.
const MAX_DEPTH = 4

/** Returns the paths of all model files, relative to the folder. */
async function findFiles(folder: string, depth: number): Promise<string[]> {
  const files: string[] = []
  for (const entry of await visibleEntries(folder).catch(() => [])) {
    const path = join(folder, entry)
    if (!(await isFolder(path))) files.push(...(entry.endsWith('.onnx') ? [entry] : []))
    else if (depth > 1) files.push(...(await findFiles(path, depth - 1)).map((file) => join(entry, file)))
  }
  return files
}

/** Makes the only model of a folder. The names of the folders around the file give its name and version. */
async function toOnly(folder: string, path: string, given: string | undefined): Promise<ModelFile> {
  const folders = path.split(sep).slice(0, -1)
  const name = folders.find((each) => !VERSION.test(each)) ?? 'model'
  const version = folders.find((each) => VERSION.test(each)) ?? '1'
  const file = join(folder, path)
  const sideFiles = { ...(await findSideFiles(folder)), ...(await findSideFiles(dirname(file))) }
  return { name: given ?? name, version, file, ...sideFiles }
}

/** Finds the side files in a folder. */
async function findSideFiles(folder: string): Promise<Partial<Record<keyof typeof BESIDE, string>>> {
  const files: Partial<Record<keyof typeof BESIDE, string>> = {}
  for (const [key, name] of Object.entries(BESIDE) as [keyof typeof BESIDE, string][]) {
    if (await exists(join(folder, name))) files[key] = join(folder, name)
  }
  return files
}

const BESIDE = { modelJsonFile: 'model.json', examplesFile: 'examples.json', mlmodelFile: 'MLmodel' } as const

async function findNamed(folder: string): Promise<ModelFile[]> {
  const plain: ModelFile[] = []
  const foldered: ModelFile[] = []
  for (const entry of await visibleEntries(folder)) {
    const path = join(folder, entry)
    if (await isFolder(path)) foldered.push(...(await findVersions(path, entry)))
    else if (entry.endsWith('.onnx')) plain.push(await toPlain(entry.slice(0, -'.onnx'.length), path))
  }
  const folders = new Set(foldered.map(({ name }) => name))
  const plainNames = new Set(plain.map(({ name }) => name))
  return [
    ...plain.filter(({ name }) => !folders.has(name)),
    ...foldered.map((model) => (plainNames.has(model.name) ? { ...model, problem: nameClash(model.name) } : model)),
  ].toSorted((a, b) => a.name.localeCompare(b.name) || compareVersions(a.version, b.version))
}

/** A pipe is never opened, because that could wait for ever. A missing file fails when it is read. */
async function toPlain(name: string, file: string): Promise<ModelFile> {
  const found = await stat(file).catch(() => undefined)
  const problem = found && !found.isFile() ? { problem: `${name}.onnx is no file` } : {}
  return { name, version: '1', file, ...problem }
}

/** Sorts `2` before `10`, and `1.9` before `1.10`. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

async function findVersions(folder: string, name: string): Promise<ModelFile[]> {
  const entries = await visibleEntries(folder).catch((error: NodeJS.ErrnoException) => error)
  if (entries instanceof Error) {
    return [{ name, version: '1', file: folder, problem: `the folder ${name} cannot be read (${entries.code})` }]
  }
  const modelJsonFile = entries.includes('model.json') ? { modelJsonFile: join(folder, 'model.json') } : {}
  const versions: ModelFile[] = []
  for (const version of entries) {
    const file = await findFile(join(folder, version))
    if (file === undefined) continue
    const own = await findSideFiles(join(folder, version))
    // A model.json beside a version replaces the one of the whole model: versions may have other features.
    versions.push({ name, version, file, ...modelJsonFile, ...own })
  }
  if (versions.length > 0) return versions
  const stray = await findStray(folder, entries)
  if (!modelJsonFile.modelJsonFile && stray === undefined) return []
  const hint = stray === undefined ? 'put the file there' : `move ${name}/${stray} to ${name}/1/model.onnx`
  return [{ name, version: '1', file: folder, problem: `no ${name}/<version>/model.onnx was found: ${hint}` }]
}

/** Finds the file of a version: model.onnx, or the only `.onnx` file under another name. */
async function findFile(folder: string): Promise<string | undefined> {
  const usual = join(folder, 'model.onnx')
  if (await exists(usual)) return usual
  const [only, second] = (await visibleEntries(folder).catch(() => [])).filter((entry) => entry.endsWith('.onnx'))
  return only !== undefined && second === undefined && (await exists(join(folder, only)))
    ? join(folder, only)
    : undefined
}

/** Finds a model file in a wrong place, for the error text. */
async function findStray(folder: string, entries: readonly string[]): Promise<string | undefined> {
  const direct = entries.find((entry) => entry.endsWith('.onnx'))
  if (direct !== undefined) return direct
  for (const entry of entries) {
    const inner = await visibleEntries(join(folder, entry)).catch(() => [])
    const file = inner.find((each) => each.endsWith('.onnx'))
    if (file !== undefined) return `${entry}/${file}`
  }
  return undefined
}

function nameClash(name: string): string {
  return `two models are named ${name}: the file ${name}.onnx and the folder ${name}; rename or remove one`
}

async function visibleEntries(folder: string): Promise<string[]> {
  // The file system of a volume makes this folder.
  return (await readdir(folder)).filter((entry) => !entry.startsWith('.') && entry !== 'lost+found').toSorted()
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false
}
