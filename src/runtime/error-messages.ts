import { existsSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { explainProblem } from './load-problems.ts'

// ONNX Runtime copies texts of the model into its messages, and they may be long.
const MAX_MESSAGE = 1000

/**
 * Makes a message of ONNX Runtime fit for clients. It removes the source paths of its build and all absolute paths of
 * this machine.
 *
 * @param file The file of the model, if the message is about loading it.
 */
export function cleanMessage(error: unknown, file?: string): string {
  const text = withoutFolder((error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE), file)
  const explained = explainProblem(text)
  if (explained !== undefined) return explained
  const hinted = text.includes('ZipMap') ? `${text.trim()}; export with options={"zipmap": False}` : text
  const cleaned = hinted
    .replace(/\/[^\s:]+\.(?:cc|h|cpp|hpp):\d+ .*?\)(?: const)? /gs, '')
    // A path without a function name behind it, or at the end of a cut message.
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

// The name of a node may look like a path. So only texts that begin with a folder of this machine count as paths.
const UNIX_PATH = /(?<![\w./-])(\/[^\s/"':;,()]+)(?:\/[^\s"':;,()]*)+/g
const WINDOWS_PATH = /\b[A-Za-z]:\\[^\s"';,()]*/g

function withoutPaths(text: string): string {
  return text
    .replace(UNIX_PATH, (path: string, root: string) => (existsSync(root) ? basename(path) : path))
    .replace(WINDOWS_PATH, (path) => path.slice(path.lastIndexOf('\\') + 1))
}
