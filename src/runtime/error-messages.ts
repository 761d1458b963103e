import { existsSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { explainProblem } from './load-problems.ts'

// ONNX Runtime copies texts of the model into its messages, however long these are.
const MAX_MESSAGE = 1000

/**
 * Makes a message of ONNX Runtime fit for clients. The source paths of its build and all absolute paths of this machine
 * are taken out, since they tell of the machine.
 *
 * @param file The file of the model, where the message is about loading it.
 */
export function cleanMessage(error: unknown, file?: string): string {
  const text = withoutFolder((error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE), file)
  const explained = explainProblem(text)
  if (explained !== undefined) return explained
  const hinted = text.includes('ZipMap') ? `${text.trim()}; export with options={"zipmap": False}` : text
  const cleaned = hinted
    .replace(/\/[^\s:]+\.(?:cc|h|cpp|hpp):\d+ .*?\)(?: const)? /gs, '')
    // One without a function's name behind it, or cut off there.
    .replace(/\/?[\w.+-]*\/[\w./+-]*\.(?:cc|cpp|cxx|h|hpp)(?::\d+)?:?/g, '')
    .replace(/^Load model from \S+ failed:\s*/, '')
  return withoutPaths(cleaned).trim()
}

function withoutFolder(text: string, file: string | undefined): string {
  if (file === undefined) return text
  const folder = dirname(file)
  const named = text.replaceAll(file, basename(file))
  return folder.length > 1 ? named.replaceAll(`${folder}/`, '').replaceAll(folder, '.') : named
}

// A name of a node may look like a path as well: those that begin with a folder of this machine are paths.
const UNIX_PATH = /(?<![\w./-])(\/[^\s/"':;,()]+)(?:\/[^\s"':;,()]*)+/g
const WINDOWS_PATH = /\b[A-Za-z]:\\[^\s"';,()]*/g

function withoutPaths(text: string): string {
  return text
    .replace(UNIX_PATH, (path: string, root: string) => (existsSync(root) ? basename(path) : path))
    .replace(WINDOWS_PATH, (path) => path.slice(path.lastIndexOf('\\') + 1))
}
