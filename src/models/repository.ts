import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** One version of a model, as found on disk and not read yet. */
export interface ModelFile {
  readonly name: string
  readonly version: string
  readonly file: string
  /** The model.json beside it, if there is one. */
  readonly packageFile?: string
  /** Why it cannot be loaded, whatever is in it. */
  readonly problem?: string
}

/**
 * Finds the models under a folder: `<name>/<version>/model.onnx` with an optional `<name>/model.json`,
 * and plain `<name>.onnx` files as version 1. Hidden entries are passed over.
 *
 * @returns Sorted by name, then by version, the newest last.
 * @throws Error when the folder cannot be read.
 */
export async function findModels(folder: string): Promise<ModelFile[]> {
  const plain: ModelFile[] = []
  const foldered: ModelFile[] = []
  for (const entry of await visibleEntries(folder)) {
    const path = join(folder, entry)
    if (await isFolder(path)) foldered.push(...(await findVersions(path, entry)))
    else if (entry.endsWith('.onnx')) plain.push({ name: entry.slice(0, -'.onnx'.length), version: '1', file: path })
  }
  const folders = new Set(foldered.map(({ name }) => name))
  const plainNames = new Set(plain.map(({ name }) => name))
  return [
    ...plain.filter(({ name }) => !folders.has(name)),
    ...foldered.map((model) => (plainNames.has(model.name) ? { ...model, problem: nameClash(model.name) } : model)),
  ].toSorted((a, b) => a.name.localeCompare(b.name) || compareVersions(a.version, b.version))
}

/** `2` before `10`, `1.9` before `1.10`. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

async function findVersions(folder: string, name: string): Promise<ModelFile[]> {
  const entries = await visibleEntries(folder).catch((error: NodeJS.ErrnoException) => error)
  if (entries instanceof Error) {
    return [{ name, version: '1', file: folder, problem: `the folder ${name} cannot be read (${entries.code})` }]
  }
  const packageFile = entries.includes('model.json') ? { packageFile: join(folder, 'model.json') } : {}
  const versions: ModelFile[] = []
  for (const version of entries) {
    const file = join(folder, version, 'model.onnx')
    if (await exists(file)) versions.push({ name, version, file, ...packageFile })
  }
  if (versions.length > 0) return versions
  const stray = await findStray(folder, entries)
  if (!packageFile.packageFile && stray === undefined) return []
  const hint = stray === undefined ? 'put the file there' : `move ${name}/${stray} to ${name}/1/model.onnx`
  return [{ name, version: '1', file: folder, problem: `no ${name}/<version>/model.onnx was found: ${hint}` }]
}

/** A model file in a place or under a name where none is looked for. */
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
  // A volume's own folder is none of the user's.
  return (await readdir(folder)).filter((entry) => !entry.startsWith('.') && entry !== 'lost+found').toSorted()
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false
}
