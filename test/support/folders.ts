import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { fixtureModel } from './paths.ts'

/** A file to write: its text or bytes, or the name of a fixture model to copy. */
export type Content = string | Uint8Array | { readonly model: string }

/** Makes a folder of files for one test, and removes it after. */
export function createFolder(files: Readonly<Record<string, Content>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-serve-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(file, content)
    else cpSync(fixtureModel(content.model), file)
  }
  return folder
}

/** Writes one file for one test, and removes it after. */
export function temporaryFile(name: string, content: string | Uint8Array): string {
  return join(createFolder({ [name]: content }), name)
}
